// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See catalogue.h.
#include "services/utarg/catalogue.h"

#include "common/base/text.h"
#include "services/utarg/remote.h"

static Utarg__V1__Reply *ask(struct cli *cli, const char *shop, const char *sku, const char *after,
			     uint32_t page, struct err *e)
{
	Utarg__V1__OfferListRequest list = UTARG__V1__OFFER_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	list.shop = text_borrow(shop);
	list.sku = text_borrow(sku);
	list.after_sku = text_borrow(after);
	list.limit = page;
	request.body_case = UTARG__V1__REQUEST__BODY_OFFER_LIST;
	request.offer_list = &list;
	return remote_ask(cli, SVC_CAMPAIGN, &request, UTARG__V1__REPLY__BODY_OFFER_LIST, "offers", &reply, e)
		       ? reply
		       : NULL;
}

Utarg__V1__Reply *catalogue_ask(struct cli *cli, const char *shop, const char *after, uint32_t *page,
				struct err *e)
{
	Utarg__V1__Reply *reply = ask(cli, shop, "", after, *page, e);
	while (reply == NULL && e->code == ERR_TOO_LARGE && *page > 1) {
		*page /= 2;
		*e = (struct err){0};
		reply = ask(cli, shop, "", after, *page, e);
	}
	return reply;
}

Utarg__V1__Reply *catalogue_ask_one(struct cli *cli, const char *shop, const char *sku, struct err *e)
{
	return ask(cli, shop, sku, "", 0, e);
}
