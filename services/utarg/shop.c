// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/shop.h"

#include "common/base/text.h"
#include "services/utarg/remote.h"

enum { ATTRIBUTION_DAYS_USUAL = 30 };

Utarg__V1__Reply *shop_ask(struct cli *cli, const char *slug, struct err *e)
{
	Utarg__V1__ShopListRequest list = UTARG__V1__SHOP_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	list.slug = text_borrow(slug);
	request.body_case = UTARG__V1__REQUEST__BODY_SHOP_LIST;
	request.shop_list = &list;
	if (!remote_call(cli, SVC_CAMPAIGN, &request, &reply, e))
		return NULL;
	if (reply->body_case == UTARG__V1__REPLY__BODY_SHOP_LIST &&
	    (!*slug || reply->shop_list->n_shops == 1))
		return reply;
	client_reply_free(reply);
	err_set(e, ERR_INTERNAL, "campaign answered something else than shops");
	return NULL;
}

bool shop_load(struct cli *cli, const char *slug, struct shop *out, struct err *e)
{
	char name[sizeof out->slug];
	if (!text_copy(name, sizeof name, slug) || !text_is_slug(name))
		return err_field(e, ERR_UNKNOWN_SHOP, "shop",
				 "'%s' cannot be a shop: 1 to 63 of a-z, 0-9 and '-'", slug);
	Utarg__V1__Reply *reply = shop_ask(cli, name, e);
	if (reply == NULL)
		return false;
	bool ok = reply->shop_list->shops[0]->settings != NULL ||
		  err_set(e, ERR_INTERNAL, "shop %s has no settings", name);
	if (ok) {
		const Utarg__V1__ShopSettings *settings = reply->shop_list->shops[0]->settings;
		text_copy(out->slug, sizeof out->slug, name);
		text_copy(out->currency, sizeof out->currency, settings->currency);
		text_copy(out->rate_source, sizeof out->rate_source, settings->rate_source);
		out->attribution_days =
			settings->attribution_days ? (int)settings->attribution_days : ATTRIBUTION_DAYS_USUAL;
		ok = zone_load(&out->zone, settings->zone, e);
	}
	client_reply_free(reply);
	return ok;
}

void shop_fini(struct shop *shop)
{
	zone_fini(&shop->zone);
}
