// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Requests about reductions and prior prices.
// reduction_announce  Input: shop, offer, reduced price, from, until, other shops of the advert. Output: the
// reduction
//                     with its certificate, and its event's seq. REFUSED when it is none, or nothing is
//                     known.
// reduction_end       Input: shop, reduction, reason. Output: the same with its end.
// prior_price         Input: shop, offer, from, other shops. Output: certificates.
// reduction_list      Input: shop, an offer or "", which ones, a page. Output: reductions as judged now.
#include "services/campaign/handlers.h"

#include "common/base/clock.h"
#include "services/campaign/decide.h"
#include "services/campaign/views_offer.h"

#include <string.h>

enum { PAGE_DEFAULT = 100, PAGE_MAX = 500, CHAIN_MAX = 100 };
// Prior prices behind which a page ends early, each some queries: reductions of chains cost one a shop.
enum { JUDGED_MAX = 1000 };

static Utarg__V1__Audience audience_of(Utarg__V1__Audience asked)
{
	return asked != 0 ? asked : UTARG__V1__AUDIENCE__AUDIENCE_PUBLIC;
}

// Their prices come out with the answer.
static bool may_see(const struct principal *who, char *const *shops, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		if (!principal_has_shop(who, shops[i], e))
			return false;
	}
	return true;
}

// ---- announce --------------------------------------------------------------------------------------------

// The offer of a reduction; NULL when there is none of that id.
static bool find_sku(struct service *service, struct arena *arena, int32_t shop_id, const char *id,
		     char **sku, struct err *e)
{
	struct db_value values[] = {db_int4(shop_id), db_text(id)};
	struct db_result *result;

	*sku = NULL;
	if (!db_run(service->db, "campaign_reduction_named", values, 2, &result, e))
		return false;
	bool is_there = db_rows(result) > 0;
	if (is_there)
		*sku = arena_printf(arena, "%s", db_get_text(result, 0, 0));
	db_result_free(result);
	return !is_there || *sku != NULL || views_too_large(e);
}

static bool check_new(struct service *service, struct arena *arena, int32_t shop_id,
		      const Utarg__V1__ReductionAnnounceRequest *announce, struct err *e)
{
	char *sku = NULL;
	struct offer_views offers;

	if (announce->reduction_id[0] != '\0' &&
	    !find_sku(service, arena, shop_id, announce->reduction_id, &sku, e))
		return false;
	if (sku != NULL)
		return err_field(e, ERR_CONFLICT, "reduction_id", "there is a reduction %.64s already, of %s",
				 announce->reduction_id, sku);
	if (!offer_views_named(service->db, arena, shop_id, (const char *const[]){announce->sku}, 1, &offers,
			       e))
		return false;
	return offers.count == 1 || err_field(e, ERR_BAD_FIELD, "sku", "there is no offer \"%.64s\" in %s",
					      announce->sku, announce->shop);
}

static bool put_reduction(struct arena *arena, const Utarg__V1__ReductionAnnounceRequest *announce,
			  const struct price_question *question, Utarg__V1__PriorPrice *certificate,
			  Utarg__V1__Event *event, struct err *e)
{
	Utarg__V1__Reduction *out = arena_alloc(arena, sizeof(*out));
	char id[UUID_TEXT_SIZE];

	if (out == NULL)
		return views_too_large(e);
	utarg__v1__reduction__init(out);
	uuid_format(announce->command_id.data, id);
	out->reduction_id =
		announce->reduction_id[0] != '\0' ? announce->reduction_id : arena_printf(arena, "%s", id);
	out->sku = announce->sku;
	out->market = announce->market;
	out->currency = arena_printf(arena, "%s", question->currency);
	out->audience = (Utarg__V1__Audience)question->audience;
	out->price_gross_minor = announce->price_gross_minor;
	out->prior_price_gross_minor = certificate->prior_price_gross_minor;
	out->percentage_bp =
		prior_price_percentage_bp(certificate->prior_price_gross_minor, announce->price_gross_minor);
	out->from_ms = question->from_ms;
	out->until_ms = announce->until_ms;
	out->judged_at_seq = certificate->judged_at_seq;
	out->certificate = certificate;
	out->chain = announce->chain;
	out->n_chain = announce->n_chain;
	event->reduction_announced = out;
	return (out->reduction_id != NULL && out->currency != NULL) || views_too_large(e);
}

static bool judge_announce(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
			   Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const Utarg__V1__ReductionAnnounceRequest *announce = command;
	struct price_question question = {
		.sku = announce->sku,
		.market = announce->market,
		.currency = announce->currency,
		.audience = (int32_t)audience_of(announce->audience),
		.gross_minor = announce->price_gross_minor,
		.from_ms = announce->from_ms != 0 ? announce->from_ms : event->occurred_at_ms,
	};
	Utarg__V1__PriorPrice **each = arena_calloc(arena, announce->n_chain + 1, sizeof(*each));
	struct prior_price prior;
	struct price_place *places;
	size_t lowest;

	(void)after_ms; // its id is new: there is nothing it might follow
	if (each == NULL)
		return views_too_large(e);
	if (!reduction_check_times(announce, event->occurred_at_ms, e) ||
	    !check_new(service, arena, shop_id, announce, e) ||
	    !price_places(service->db, arena, shop_id, announce->chain, announce->n_chain, true, &places, e))
		return false;
	if (question.currency[0] == '\0')
		question.currency = places[0].currency;
	if (!price_prior_chain(service->db, arena, places, announce->n_chain + 1, &question, &prior, each,
			       &lowest, e) ||
	    !prior_price_check(&prior, announce->price_gross_minor, question.currency, places[lowest].zone,
			       lowest == 0 ? NULL : places[lowest].slug, e))
		return false;
	return put_reduction(arena, announce, &question, each[lowest], event, e);
}

static bool is_same_announce(const void *command, const Utarg__V1__Event *event)
{
	return reduction_equal(command, event->reduction_announced);
}

static bool answer(struct arena *arena, const struct decided *decided, Utarg__V1__Reduction *reduction,
		   Utarg__V1__Reply *reply, struct err *e)
{
	Utarg__V1__ReductionReply *body = arena_alloc(arena, sizeof(*body));

	if (body == NULL)
		return views_too_large(e);
	utarg__v1__reduction_reply__init(body);
	body->reduction = reduction;
	body->seq = (uint64_t)decided->seq;
	reply->body_case = UTARG__V1__REPLY__BODY_REDUCTION;
	reply->reduction = body;
	return true;
}

enum svc_outcome reduction_announce(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				    struct err *e)
{
	struct service *service = context;
	const Utarg__V1__ReductionAnnounceRequest *announce = (const void *)request->body;
	struct decided decided;
	const struct decision decision = {
		.shop = announce->shop,
		.id = announce->command_id.data,
		.principal = request->principal,
		.kind = UTARG__V1__EVENT__BODY_REDUCTION_ANNOUNCED,
		.judge = judge_announce,
		.is_same = is_same_announce,
		.command = announce,
	};

	if (!principal_may_decide(request->who, "offer", e) || !decide_check_id(&announce->command_id, e) ||
	    !reduction_check(announce, e) || !may_see(request->who, announce->chain, announce->n_chain, e) ||
	    !service_check(service, e) || !decide(service, request->arena, &decision, &decided, e) ||
	    !answer(request->arena, &decided, decided.event->reduction_announced, reply, e))
		return SVC_FAILED;
	return SVC_REPLIED;
}

// ---- end -------------------------------------------------------------------------------------------------

// The reduction as it stands; BAD_FIELD when there is none of that id.
static bool find_view(struct service *service, struct arena *arena, int32_t shop_id, const char *shop,
		      const char *id, int64_t now_ms, const Utarg__V1__ReductionView **out, struct err *e)
{
	struct reduction_views views;
	char *sku;

	if (!find_sku(service, arena, shop_id, id, &sku, e))
		return false;
	if (sku == NULL)
		return err_field(e, ERR_BAD_FIELD, "reduction_id", "there is no reduction \"%.64s\" in %s",
				 id, shop);
	if (!reduction_views(service->db, arena, shop_id, sku,
			     &(struct reduction_wish){.ended = true, .id = id}, now_ms, &views, e))
		return false;
	if (views.count == 0)
		return err_set(e, ERR_INTERNAL, "reduction %.64s is not among those of its offer", id);
	*out = views.items[0];
	return true;
}

static bool judge_end(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
		      Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const Utarg__V1__ReductionEndRequest *end = command;
	const Utarg__V1__ReductionView *there = NULL;
	Utarg__V1__Reduction *out = arena_alloc(arena, sizeof(*out));
	struct price_place *place;
	char stamp[ZONE_STAMP_SIZE];

	if (out == NULL)
		return views_too_large(e);
	if (!find_view(service, arena, shop_id, end->shop, end->reduction_id, event->occurred_at_ms, &there,
		       e) ||
	    !price_places(service->db, arena, shop_id, NULL, 0, false, &place, e))
		return false;
	if (there->state == UTARG__V1__REDUCTION_STATE__REDUCTION_STATE_ENDED) {
		zone_stamp(place->zone,
			   there->ended_at_ms != 0 ? there->ended_at_ms : there->announced->until_ms, stamp);
		return err_set(e, ERR_REFUSED, "reduction %s is over since %s", end->reduction_id, stamp);
	}
	*after_ms = there->announced_at_ms;
	*out = *there->announced;
	out->until_ms = event->occurred_at_ms;
	out->reason = end->reason;
	event->reduction_ended = out;
	return true;
}

static bool is_same_end(const void *command, const Utarg__V1__Event *event)
{
	const Utarg__V1__ReductionEndRequest *end = command;

	return strcmp(end->reduction_id, event->reduction_ended->reduction_id) == 0 &&
	       strcmp(end->reason, event->reduction_ended->reason) == 0;
}

static bool check_end(const Utarg__V1__ReductionEndRequest *end, struct err *e)
{
	if (end->reduction_id[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "reduction_id", "which reduction? The field is empty");
	return strlen(end->reason) <= 1000 ||
	       err_field(e, ERR_BAD_FIELD, "reason", "a reason has 1000 bytes at most");
}

enum svc_outcome reduction_end(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			       struct err *e)
{
	struct service *service = context;
	const Utarg__V1__ReductionEndRequest *end = (const void *)request->body;
	struct decided decided;
	const struct decision decision = {
		.shop = end->shop,
		.id = end->command_id.data,
		.principal = request->principal,
		.kind = UTARG__V1__EVENT__BODY_REDUCTION_ENDED,
		.judge = judge_end,
		.is_same = is_same_end,
		.command = end,
	};

	if (!principal_may_decide(request->who, "offer", e) || !decide_check_id(&end->command_id, e) ||
	    !check_end(end, e) || !service_check(service, e) ||
	    !decide(service, request->arena, &decision, &decided, e) ||
	    !answer(request->arena, &decided, decided.event->reduction_ended, reply, e))
		return SVC_FAILED;
	return SVC_REPLIED;
}

// ---- questions -------------------------------------------------------------------------------------------

static bool ask_prior(struct service *service, const struct svc_request *request,
		      const Utarg__V1__PriorPriceRequest *asked, Utarg__V1__PriorPriceReply *body,
		      struct err *e)
{
	struct price_question question = {
		.sku = asked->sku,
		.market = asked->market,
		.currency = asked->currency,
		.audience = (int32_t)audience_of(asked->audience),
		.from_ms = asked->from_ms != 0 ? asked->from_ms : clock_now_ms(),
	};
	size_t count = asked->n_chain + 1;
	struct price_place *places;
	int32_t shop_id;
	size_t lowest;

	if (asked->sku[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "sku", "the offer's sku is missing");
	if (asked->n_chain > CHAIN_MAX)
		return err_field(e, ERR_TOO_MANY, "chain", "%zu shops; %d are the most", asked->n_chain,
				 CHAIN_MAX);
	body->shops = arena_calloc(request->arena, count, sizeof(*body->shops));
	if (body->shops == NULL)
		return views_too_large(e);
	if (!may_see(request->who, asked->chain, asked->n_chain, e) || !service_check(service, e) ||
	    !shops_find(service->shops, service->db, asked->shop, &shop_id, e) ||
	    !price_places(service->db, request->arena, shop_id, asked->chain, asked->n_chain, false, &places,
			  e))
		return false;
	if (question.currency[0] == '\0')
		question.currency = places[0].currency;
	if (!price_prior_chain(service->db, request->arena, places, count, &question, NULL, body->shops,
			       &lowest, e))
		return false;
	body->n_shops = count;
	body->lowest = body->shops[lowest];
	return true;
}

enum svc_outcome prior_price(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			     struct err *e)
{
	Utarg__V1__PriorPriceReply *body = arena_alloc(request->arena, sizeof(*body));

	if (body == NULL) {
		views_too_large(e);
		return SVC_FAILED;
	}
	utarg__v1__prior_price_reply__init(body);
	if (!ask_prior(context, request, (const void *)request->body, body, e))
		return SVC_FAILED;
	reply->body_case = UTARG__V1__REPLY__BODY_PRIOR_PRICE;
	reply->prior_price = body;
	return SVC_REPLIED;
}

// A page being answered.
struct listing {
	struct service *service;
	struct arena *arena;
	const Utarg__V1__ReductionListRequest *list;
	int32_t shop_id;
	struct db_result *page;          // reduction, sku
	struct offer_reductions *offers; // read so far
	size_t offer_count;
	size_t judged_count; // prior prices: one a shop of each reduction
	Utarg__V1__ReductionListReply *body;
};

static const struct offer_reductions *read_offer(struct listing *listing, const char *sku, struct err *e)
{
	struct offer_reductions *of = &listing->offers[listing->offer_count];

	for (size_t i = 0; i < listing->offer_count; i++) {
		if (strcmp(listing->offers[i].sku, sku) == 0)
			return &listing->offers[i];
	}
	of->sku = sku;
	if (!price_reductions(listing->service->db, listing->arena, listing->shop_id, sku, &of->items,
			      &of->count, e))
		return NULL;
	listing->offer_count++;
	return of;
}

// The one of this row, when it is among those that are asked for.
static bool add_row(struct listing *listing, int row, struct err *e)
{
	const struct reduction_wish wish = {.ended = listing->list->ended,
					    .id = db_get_text(listing->page, row, 0)};
	const struct offer_reductions *of = read_offer(listing, db_get_text(listing->page, row, 1), e);
	Utarg__V1__ReductionListReply *body = listing->body;
	Utarg__V1__ReductionView *view;

	if (of == NULL)
		return false;
	for (size_t i = 0; i < of->count; i++) {
		if (!reduction_view(listing->service->db, listing->arena, listing->shop_id, of, i, &wish,
				    clock_now_ms(), &view, e))
			return false;
		if (view == NULL)
			continue;
		listing->judged_count += view->announced->n_chain + 1;
		if (!listing->list->changed || view->prior_price_changed)
			body->reductions[body->n_reductions++] = view;
	}
	return true;
}

// Up to the end of the page, or to where it has cost enough.
static bool add_rows(struct listing *listing, uint32_t limit, struct err *e)
{
	int rows = db_rows(listing->page);
	int row = 0;

	while (row < rows && listing->judged_count < JUDGED_MAX) {
		if (!add_row(listing, row++, e))
			return false;
	}
	if (row == rows && rows < (int)limit)
		return true;
	listing->body->next_after =
		arena_printf(listing->arena, "%s", db_get_text(listing->page, row - 1, 0));
	return listing->body->next_after != NULL || views_too_large(e);
}

static bool read_page(struct service *service, const struct svc_request *request,
		      const Utarg__V1__ReductionListRequest *list, uint32_t limit,
		      Utarg__V1__ReductionListReply *body, struct err *e)
{
	struct listing listing = {.service = service, .arena = request->arena, .list = list, .body = body};
	bool ok;

	if (!service_check(service, e) ||
	    !shops_find(service->shops, service->db, list->shop, &listing.shop_id, e))
		return false;
	struct db_value values[] = {db_int4(listing.shop_id),       db_text(list->sku),
				    db_text(list->after_reduction), db_bool(list->ended),
				    db_time_ms(clock_now_ms()),     db_int4((int32_t)limit)};
	if (!db_run(service->db, "campaign_reduction_page", values, 6, &listing.page, e))
		return false;
	body->reductions = arena_calloc(request->arena, limit, sizeof(*body->reductions));
	listing.offers = arena_calloc(request->arena, limit, sizeof(*listing.offers));
	ok = ((body->reductions != NULL && listing.offers != NULL) || views_too_large(e)) &&
	     add_rows(&listing, limit, e);
	db_result_free(listing.page);
	return ok;
}

enum svc_outcome reduction_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				struct err *e)
{
	const Utarg__V1__ReductionListRequest *list = (const void *)request->body;
	Utarg__V1__ReductionListReply *body = arena_alloc(request->arena, sizeof(*body));
	uint32_t limit = list->limit == 0 ? PAGE_DEFAULT : list->limit;

	if (body == NULL || limit > PAGE_MAX) {
		if (body == NULL)
			views_too_large(e);
		else
			err_field(e, ERR_TOO_MANY, "limit", "%u reductions at once; %d are the most", limit,
				  PAGE_MAX);
		return SVC_FAILED;
	}
	utarg__v1__reduction_list_reply__init(body);
	if (!read_page(context, request, list, limit, body, e))
		return SVC_FAILED;
	reply->body_case = UTARG__V1__REPLY__BODY_REDUCTION_LIST;
	reply->reduction_list = body;
	return SVC_REPLIED;
}
