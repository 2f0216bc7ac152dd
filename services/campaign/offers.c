// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Requests about offers.
// offer_list     Input: shop, a sku or "", a page. Output: offers by sku, with stock.
// offer_history  Input: shop, sku. Output: its price intervals.
#include "services/campaign/handlers.h"

#include "services/campaign/service.h"
#include "services/campaign/views.h"

// An offer has 4 KB of texts at most: 1,000 of them fit a message twice.
enum { PAGE_DEFAULT = 500, PAGE_MAX = 1000 };

static bool read_offers(struct service *service, const struct svc_request *request,
			const Utarg__V1__OfferListRequest *list, struct offer_views *views, struct err *e)
{
	uint32_t limit = list->limit == 0 ? PAGE_DEFAULT : list->limit;
	int32_t shop_id;

	if (limit > PAGE_MAX)
		return err_field(e, ERR_TOO_MANY, "limit", "%u offers at once; %d are the most", limit,
				 PAGE_MAX);
	if (!service_check(service, e) || !shops_find(service->shops, service->db, list->shop, &shop_id, e))
		return false;
	if (list->sku[0] != '\0')
		return offer_views_named(service->db, request->arena, shop_id,
					 (const char *const[]){list->sku}, 1, views, e);
	return offer_views_page(service->db, request->arena, shop_id, list->after_sku, (int32_t)limit, views,
				e);
}

enum svc_outcome offer_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			    struct err *e)
{
	Utarg__V1__OfferListReply *body = arena_alloc(request->arena, sizeof(*body));
	struct offer_views views = {0};

	if (body == NULL) {
		views_too_large(e);
		return SVC_FAILED;
	}
	if (!read_offers(context, request, (const void *)request->body, &views, e))
		return SVC_FAILED;
	utarg__v1__offer_list_reply__init(body);
	body->offers = views.items;
	body->n_offers = views.count;
	reply->body_case = UTARG__V1__REPLY__BODY_OFFER_LIST;
	reply->offer_list = body;
	return SVC_REPLIED;
}

enum svc_outcome offer_history(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			       struct err *e)
{
	struct service *service = context;
	const Utarg__V1__OfferHistoryRequest *history = (const void *)request->body;
	Utarg__V1__OfferHistoryReply *body = arena_alloc(request->arena, sizeof(*body));
	int32_t shop_id;

	if (body == NULL) {
		views_too_large(e);
		return SVC_FAILED;
	}
	if (history->sku[0] == '\0') {
		err_field(e, ERR_MISSING_FIELD, "sku", "the offer's sku is missing");
		return SVC_FAILED;
	}
	utarg__v1__offer_history_reply__init(body);
	if (!service_check(service, e) ||
	    !shops_find(service->shops, service->db, history->shop, &shop_id, e) ||
	    !price_history(service->db, request->arena, shop_id, history->sku, &body->intervals,
			   &body->n_intervals, e))
		return SVC_FAILED;
	reply->body_case = UTARG__V1__REPLY__BODY_OFFER_HISTORY;
	reply->offer_history = body;
	return SVC_REPLIED;
}
