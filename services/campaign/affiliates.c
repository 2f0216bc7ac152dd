// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Requests about affiliates. What they earn, metrics answers (affiliate_ledger).
// affiliate_set      Input: shop, partner. Output: the partner, its event's seq. REFUSED without a key.
// affiliate_key_set  Input: shop, public key. Output: the key as it counts from when on.
// commission_set     Input: shop, rule. Output: the rule as it was set. REFUSED without the partner.
// affiliate_payout   Input: shop, lines of the ledger with what is paid for each. Output: the same. REFUSED
// when
//                    something else was paid for a line before than the command says, so that a line is paid
//                    once.
// affiliate_list     Input: shop, maybe one partner. Output: partners, rules in force or to come, paid; the
// key.
#include "services/campaign/handlers.h"

#include "common/base/clock.h"
#include "services/campaign/core/affiliate.h"
#include "services/campaign/decide.h"
#include "services/campaign/views_affiliate.h"

#include <string.h>

// ---- what the shop has ----

static bool find_shop(struct service *service, struct arena *arena, int32_t shop_id, const char *affiliate,
		      const char *category, const char *rule_id, struct affiliate_shop *out,
		      int64_t *after_ms, struct err *e)
{
	struct db_value values[] = {db_int4(shop_id), db_text(affiliate), db_text(category),
				    db_text(rule_id)};
	struct db_result *row;

	if (!db_run(service->db, "campaign_affiliate_shop", values, 4, &row, e))
		return false;
	*out = (struct affiliate_shop){.currency = arena_printf(arena, "%s", db_get_text(row, 0, 0)),
				       .has_key = db_get_int(row, 0, 1) > 0,
				       .partners = db_get_int(row, 0, 2),
				       .has_partner = !db_is_null(row, 0, 3),
				       .rules = db_get_int(row, 0, 4)};
	if (!db_is_null(row, 0, 5))
		out->other_category = arena_printf(arena, "%s", db_get_text(row, 0, 5));
	// The latest word about this partner, or the key: what is decided now is later.
	if (!db_is_null(row, 0, 6))
		*after_ms = db_get_time_ms(row, 0, 6);
	db_result_free(row);
	return !arena->exhausted || views_too_large(e);
}

// ---- judging ----

static bool judge_partner(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
			  Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const Utarg__V1__AffiliateSetRequest *set = command;
	struct affiliate_shop shop;
	Utarg__V1__Affiliate *made = arena_alloc(arena, sizeof(*made));

	if (!find_shop(service, arena, shop_id, set->affiliate->affiliate, "", "", &shop, after_ms, e) ||
	    !affiliate_judge_partner(set->affiliate, &shop, e))
		return false;
	if (made == NULL)
		return views_too_large(e);
	*made = *set->affiliate;
	if (made->state == UTARG__V1__AFFILIATE_STATE__AFFILIATE_STATE_UNSPECIFIED)
		made->state = UTARG__V1__AFFILIATE_STATE__AFFILIATE_STATE_ACTIVE;
	event->affiliate_changed = made;
	return true;
}

// From now on, and behind what was said to hold from then on: the clock may have been set back since.
static int64_t from_now_ms(const Utarg__V1__Event *event, int64_t after_ms)
{
	return after_ms >= event->occurred_at_ms ? after_ms + 1 : event->occurred_at_ms;
}

static bool judge_key(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
		      Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const Utarg__V1__AffiliateKeySetRequest *set = command;
	struct affiliate_shop shop;
	Utarg__V1__AffiliateKey *made = arena_alloc(arena, sizeof(*made));

	if (!find_shop(service, arena, shop_id, "", "", "", &shop, after_ms, e))
		return false;
	if (made == NULL)
		return views_too_large(e);
	*made = *set->key;
	if (made->valid_from_ms == 0)
		made->valid_from_ms = from_now_ms(event, *after_ms);
	event->affiliate_key_changed = made;
	return true;
}

static bool judge_rule(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
		       Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const Utarg__V1__CommissionRule *asked = ((const Utarg__V1__CommissionSetRequest *)command)->rule;
	const char *rule_id = affiliate_rule_id(asked);
	struct affiliate_shop shop;
	Utarg__V1__CommissionRule *made = arena_alloc(arena, sizeof(*made));

	if (!find_shop(service, arena, shop_id, asked->affiliate, asked->category, rule_id, &shop, after_ms,
		       e) ||
	    !affiliate_judge_rule(asked, &shop, e))
		return false;
	if (made != NULL) {
		*made = *asked;
		made->rule_id = arena_copy(arena, rule_id, strlen(rule_id));
		if (made->valid_from_ms == 0)
			made->valid_from_ms = from_now_ms(event, *after_ms);
	}
	if (arena->exhausted)
		return views_too_large(e);
	event->commission_changed = made;
	return true;
}

// What was paid before for each line.
static int64_t *find_paid(struct service *service, struct arena *arena, int32_t shop_id,
			  const Utarg__V1__AffiliatePaid *payout, struct err *e)
{
	int64_t *paid = arena_calloc(arena, payout->n_lines, sizeof(*paid));
	struct db_array orders, rules;
	struct db_result *rows;

	if (paid == NULL) {
		views_too_large(e);
		return NULL;
	}
	db_array_init(&orders, DB_TEXT);
	db_array_init(&rules, DB_TEXT);
	for (size_t i = 0; i < payout->n_lines; i++) {
		db_array_add(&orders, db_text(payout->lines[i]->order_id));
		db_array_add(&rules, db_text(payout->lines[i]->rule_id));
	}
	struct db_value values[] = {db_int4(shop_id), db_text(payout->affiliate), db_text(payout->currency),
				    db_array_value(&orders), db_array_value(&rules)};
	bool ok = db_run(service->db, "campaign_affiliate_paid_before", values, 5, &rows, e);
	db_array_fini(&orders);
	db_array_fini(&rules);
	if (!ok)
		return NULL;
	for (int row = 0; row < db_rows(rows); row++)
		paid[db_get_int(rows, row, 0) - 1] = db_get_int(rows, row, 1);
	db_result_free(rows);
	return paid;
}

static bool judge_payout(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
			 Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	Utarg__V1__AffiliatePaid *payout = ((const Utarg__V1__AffiliatePayoutRequest *)command)->payout;
	struct affiliate_shop shop;

	if (!find_shop(service, arena, shop_id, payout->affiliate, "", "", &shop, after_ms, e))
		return false;
	const int64_t *paid = find_paid(service, arena, shop_id, payout, e);
	if (paid == NULL || !affiliate_judge_payout(payout, &shop, paid, e))
		return false;
	event->affiliate_paid = payout;
	return true;
}

static bool is_same_partner(const void *command, const Utarg__V1__Event *event)
{
	return affiliate_equal(((const Utarg__V1__AffiliateSetRequest *)command)->affiliate,
			       event->affiliate_changed);
}

static bool is_same_key(const void *command, const Utarg__V1__Event *event)
{
	return affiliate_key_equal(((const Utarg__V1__AffiliateKeySetRequest *)command)->key,
				   event->affiliate_key_changed);
}

static bool is_same_rule(const void *command, const Utarg__V1__Event *event)
{
	return affiliate_rule_equal(((const Utarg__V1__CommissionSetRequest *)command)->rule,
				    event->commission_changed);
}

static bool is_same_payout(const void *command, const Utarg__V1__Event *event)
{
	return affiliate_payout_equal(((const Utarg__V1__AffiliatePayoutRequest *)command)->payout,
				      event->affiliate_paid);
}

// ---- answering ----

static bool run(struct service *service, const struct svc_request *request, const struct decision *decision,
		struct decided *decided, struct err *e)
{
	return service_check(service, e) && decide(service, request->arena, decision, decided, e);
}

enum svc_outcome affiliate_set(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			       struct err *e)
{
	const Utarg__V1__AffiliateSetRequest *set = (const void *)request->body;
	Utarg__V1__AffiliateReply *body = arena_alloc(request->arena, sizeof(*body));
	struct decided decided;
	const struct decision decision = {.shop = set->shop,
					  .id = set->command_id.data,
					  .principal = request->principal,
					  .kind = UTARG__V1__EVENT__BODY_AFFILIATE_CHANGED,
					  .judge = judge_partner,
					  .is_same = is_same_partner,
					  .command = set};

	if (!principal_may_decide(request->who, "affiliate", e) || !decide_check_id(&set->command_id, e) ||
	    !affiliate_check(set->affiliate, e) || (body == NULL && !views_too_large(e)) ||
	    !run(context, request, &decision, &decided, e))
		return SVC_FAILED;
	utarg__v1__affiliate_reply__init(body);
	body->affiliate = decided.event->affiliate_changed;
	body->seq = (uint64_t)decided.seq;
	reply->body_case = UTARG__V1__REPLY__BODY_AFFILIATE;
	reply->affiliate = body;
	return SVC_REPLIED;
}

enum svc_outcome affiliate_key_set(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				   struct err *e)
{
	const Utarg__V1__AffiliateKeySetRequest *set = (const void *)request->body;
	Utarg__V1__AffiliateKeyReply *body = arena_alloc(request->arena, sizeof(*body));
	struct decided decided;
	const struct decision decision = {.shop = set->shop,
					  .id = set->command_id.data,
					  .principal = request->principal,
					  .kind = UTARG__V1__EVENT__BODY_AFFILIATE_KEY_CHANGED,
					  .judge = judge_key,
					  .is_same = is_same_key,
					  .command = set};

	if (!principal_may_decide(request->who, "affiliate", e) || !decide_check_id(&set->command_id, e) ||
	    !affiliate_check_key(set->key, e) ||
	    !affiliate_check_from("key.valid_from_ms", set->key->valid_from_ms, clock_now_ms(), e) ||
	    (body == NULL && !views_too_large(e)) || !run(context, request, &decision, &decided, e))
		return SVC_FAILED;
	utarg__v1__affiliate_key_reply__init(body);
	body->key = decided.event->affiliate_key_changed;
	body->seq = (uint64_t)decided.seq;
	reply->body_case = UTARG__V1__REPLY__BODY_AFFILIATE_KEY;
	reply->affiliate_key = body;
	return SVC_REPLIED;
}

enum svc_outcome commission_set(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				struct err *e)
{
	const Utarg__V1__CommissionSetRequest *set = (const void *)request->body;
	Utarg__V1__CommissionReply *body = arena_alloc(request->arena, sizeof(*body));
	struct decided decided;
	const struct decision decision = {.shop = set->shop,
					  .id = set->command_id.data,
					  .principal = request->principal,
					  .kind = UTARG__V1__EVENT__BODY_COMMISSION_CHANGED,
					  .judge = judge_rule,
					  .is_same = is_same_rule,
					  .command = set};

	if (!principal_may_decide(request->who, "affiliate", e) || !decide_check_id(&set->command_id, e) ||
	    !affiliate_check_rule(set->rule, e) ||
	    !affiliate_check_from("rule.valid_from_ms", set->rule->valid_from_ms, clock_now_ms(), e) ||
	    (body == NULL && !views_too_large(e)) || !run(context, request, &decision, &decided, e))
		return SVC_FAILED;
	utarg__v1__commission_reply__init(body);
	body->rule = decided.event->commission_changed;
	body->seq = (uint64_t)decided.seq;
	reply->body_case = UTARG__V1__REPLY__BODY_COMMISSION;
	reply->commission = body;
	return SVC_REPLIED;
}

enum svc_outcome affiliate_payout(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				  struct err *e)
{
	const Utarg__V1__AffiliatePayoutRequest *pay = (const void *)request->body;
	Utarg__V1__AffiliatePayoutReply *body = arena_alloc(request->arena, sizeof(*body));
	struct decided decided;
	const struct decision decision = {.shop = pay->shop,
					  .id = pay->command_id.data,
					  .principal = request->principal,
					  .kind = UTARG__V1__EVENT__BODY_AFFILIATE_PAID,
					  .judge = judge_payout,
					  .is_same = is_same_payout,
					  .command = pay};

	if (!principal_may_decide(request->who, "affiliate", e) || !decide_check_id(&pay->command_id, e) ||
	    !affiliate_check_payout(pay->payout, e) ||
	    !principal_may_spend(request->who, "affiliate", pay->payout->amount_minor, pay->payout->currency,
				 e) ||
	    (body == NULL && !views_too_large(e)) || !run(context, request, &decision, &decided, e))
		return SVC_FAILED;
	utarg__v1__affiliate_payout_reply__init(body);
	body->payout = decided.event->affiliate_paid;
	body->seq = (uint64_t)decided.seq;
	reply->body_case = UTARG__V1__REPLY__BODY_AFFILIATE_PAYOUT;
	reply->affiliate_payout = body;
	return SVC_REPLIED;
}

enum svc_outcome affiliate_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				struct err *e)
{
	struct service *service = context;
	const Utarg__V1__AffiliateListRequest *list = (const void *)request->body;
	Utarg__V1__AffiliateListReply *body = arena_alloc(request->arena, sizeof(*body));
	int32_t shop_id;

	if (body == NULL) {
		views_too_large(e);
		return SVC_FAILED;
	}
	utarg__v1__affiliate_list_reply__init(body);
	if (!service_check(service, e) || !shops_find(service->shops, service->db, list->shop, &shop_id, e) ||
	    !affiliate_views(service->db, request->arena, shop_id, list->affiliate, clock_now_ms(), body, e))
		return SVC_FAILED;
	reply->body_case = UTARG__V1__REPLY__BODY_AFFILIATE_LIST;
	reply->affiliate_list = body;
	return SVC_REPLIED;
}
