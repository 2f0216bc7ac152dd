// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Requests about shops.
// shop_add   Input: slug, settings. Output: the shop as its first event made it, and that event's seq.
// shop_list  Input: a slug or "". Output: shops as they are now.
#include "services/campaign/handlers.h"

#include "services/campaign/core/settings.h"
#include "services/campaign/decide.h"
#include "services/campaign/views.h"

enum { SHOPS_MAX = 10000 };

// What a resend has to equal: the settings with their defaults written out.
static void complete(Utarg__V1__ShopSettings *settings, char *slug)
{
	if (settings->version == 0)
		settings->version = 1;
	if (settings->name[0] == '\0')
		settings->name = slug;
}

bool shop_answer(const struct decided *decided, struct arena *arena, Utarg__V1__Reply *reply, struct err *e)
{
	Utarg__V1__ShopReply *body = arena_alloc(arena, sizeof(*body));
	Utarg__V1__Shop *shop = arena_alloc(arena, sizeof(*shop));

	if (body == NULL || shop == NULL)
		return views_too_large(e);
	utarg__v1__shop_reply__init(body);
	utarg__v1__shop__init(shop);
	shop->slug = decided->event->shop;
	shop->settings = decided->event->shop_settings_changed;
	shop->epoch = (uint64_t)decided->epoch;
	shop->head_seq = (uint64_t)decided->seq;
	shop->created_at_ms = decided->event_time_ms;
	body->shop = shop;
	body->seq = (uint64_t)decided->seq;
	reply->body_case = UTARG__V1__REPLY__BODY_SHOP;
	reply->shop = body;
	return true;
}

enum svc_outcome shop_add(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			  struct err *e)
{
	struct service *service = context;
	// Ours: decoded for this call alone.
	Utarg__V1__ShopAddRequest *add = (Utarg__V1__ShopAddRequest *)(uintptr_t)request->body;
	struct decided decided;

	if (!principal_may_decide(request->who, "shop", e) || !decide_check_id(&add->command_id, e) ||
	    !settings_check_slug("slug", add->slug, e) ||
	    !settings_check(add->settings, fold_zone_known, NULL, e) || !service_check(service, e))
		return SVC_FAILED;
	complete(add->settings, add->slug);
	if (!decide_shop(service, request->arena, add->slug, add->command_id.data, request->principal,
			 add->settings, &decided, e) ||
	    !shop_answer(&decided, request->arena, reply, e))
		return SVC_FAILED;
	return SVC_REPLIED;
}

// Keeps the shops that the key is for.
static void keep_own(const struct principal *who, Utarg__V1__ShopListReply *body)
{
	size_t kept = 0;

	for (size_t i = 0; i < body->n_shops; i++) {
		if (principal_has_shop(who, body->shops[i]->slug, NULL))
			body->shops[kept++] = body->shops[i];
	}
	body->n_shops = kept;
}

enum svc_outcome shop_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			   struct err *e)
{
	struct service *service = context;
	const Utarg__V1__ShopListRequest *list = (const void *)request->body;
	Utarg__V1__ShopListReply *body = arena_alloc(request->arena, sizeof(*body));

	if (body == NULL) {
		views_too_large(e);
		return SVC_FAILED;
	}
	utarg__v1__shop_list_reply__init(body);
	if (!service_check(service, e) ||
	    !shop_views(service->db, request->arena, list->slug, &body->shops, &body->n_shops, e))
		return SVC_FAILED;
	keep_own(request->who, body);
	if (list->slug[0] != '\0' && body->n_shops == 0) {
		err_field(e, ERR_UNKNOWN_SHOP, "slug", "there is no shop \"%.63s\"", list->slug);
		return SVC_FAILED;
	}
	if (body->n_shops > SHOPS_MAX) {
		err_set(e, ERR_TOO_MANY, "there are more than %d shops: ask for one by its slug", SHOPS_MAX);
		return SVC_FAILED;
	}
	reply->body_case = UTARG__V1__REPLY__BODY_SHOP_LIST;
	reply->shop_list = body;
	return SVC_REPLIED;
}
