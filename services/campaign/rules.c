// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Requests about a shop's own rules for telling visits apart. What they do to figures, metrics knows.
// channel_rules_set   Input: shop, rules. Output: the rules with version and valid-from, and their event's
// seq. channel_rules_list  Input: shop. Output: all that were stated, the latest valid-from first.
#include "services/campaign/handlers.h"

#include "services/campaign/core/channel_rules.h"
#include "services/campaign/decide.h"
#include "services/campaign/views.h"

enum { VERSIONS_MAX = 1000 };

static bool judge_set(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
		      Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const Utarg__V1__ChannelRules *asked = ((const Utarg__V1__ChannelRulesSetRequest *)command)->rules;
	Utarg__V1__ChannelRules *set = arena_alloc(arena, sizeof(*set));
	struct db_value value = db_int4(shop_id);
	struct db_result *last;

	if (set == NULL)
		return views_too_large(e);
	if (!db_run(service->db, "campaign_rules_last", &value, 1, &last, e))
		return false;
	*set = *asked;
	set->version = 1 + (uint32_t)db_get_int(last, 0, 0);
	if (!db_is_null(last, 0, 1))
		*after_ms = db_get_time_ms(last, 0, 1);
	db_result_free(last);
	if (set->valid_from_ms == 0)
		set->valid_from_ms =
			*after_ms >= event->occurred_at_ms ? *after_ms + 1 : event->occurred_at_ms;
	event->channel_rules_changed = set;
	return true;
}

static bool is_same_set(const void *command, const Utarg__V1__Event *event)
{
	return channel_rules_equal(((const Utarg__V1__ChannelRulesSetRequest *)command)->rules,
				   event->channel_rules_changed);
}

enum svc_outcome channel_rules_set(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				   struct err *e)
{
	struct service *service = context;
	const Utarg__V1__ChannelRulesSetRequest *set = (const void *)request->body;
	Utarg__V1__ChannelRulesReply *body = arena_alloc(request->arena, sizeof(*body));
	struct decided decided;
	const struct decision decision = {
		.shop = set->shop,
		.id = set->command_id.data,
		.principal = request->principal,
		.kind = UTARG__V1__EVENT__BODY_CHANNEL_RULES_CHANGED,
		.judge = judge_set,
		.is_same = is_same_set,
		.command = set,
	};

	if (body == NULL) {
		views_too_large(e);
		return SVC_FAILED;
	}
	// They move every campaign's figures, so they are the shop's, not a campaign's.
	if (!principal_may_decide(request->who, "shop", e) || !decide_check_id(&set->command_id, e) ||
	    !channel_rules_check(set->rules, e) || !service_check(service, e) ||
	    !decide(service, request->arena, &decision, &decided, e))
		return SVC_FAILED;
	utarg__v1__channel_rules_reply__init(body);
	body->rules = decided.event->channel_rules_changed;
	body->seq = (uint64_t)decided.seq;
	reply->body_case = UTARG__V1__REPLY__BODY_CHANNEL_RULES;
	reply->channel_rules = body;
	return SVC_REPLIED;
}

static bool read_version(struct arena *arena, const struct db_result *rows, int row,
			 Utarg__V1__ChannelRulesView **out, struct err *e)
{
	struct slice latest = db_get_bytes(rows, row, 0);
	Utarg__V1__ChannelRulesView *view = arena_alloc(arena, sizeof(*view));

	if (view == NULL)
		return views_too_large(e);
	utarg__v1__channel_rules_view__init(view);
	view->rules = utarg__v1__channel_rules__unpack(&arena->allocator, latest.size, latest.data);
	if (view->rules == NULL)
		return arena->exhausted ? views_too_large(e)
					: err_set(e, ERR_INTERNAL, "stored rules do not decode");
	view->revision = (uint64_t)db_get_int(rows, row, 1);
	view->changed_at_ms = db_get_time_ms(rows, row, 2);
	*out = view;
	return true;
}

enum svc_outcome channel_rules_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				    struct err *e)
{
	struct service *service = context;
	const Utarg__V1__ChannelRulesListRequest *list = (const void *)request->body;
	Utarg__V1__ChannelRulesListReply *body = arena_alloc(request->arena, sizeof(*body));
	struct db_result *rows;
	int32_t shop_id;

	if (!service_check(service, e) || !shops_find(service->shops, service->db, list->shop, &shop_id, e))
		return SVC_FAILED;
	struct db_value values[] = {db_int4(shop_id), db_int4(VERSIONS_MAX)};
	if (!db_run(service->db, "campaign_rules_list", values, 2, &rows, e))
		return SVC_FAILED;
	if (body != NULL) {
		utarg__v1__channel_rules_list_reply__init(body);
		body->versions =
			arena_calloc(request->arena, (size_t)db_rows(rows) + 1, sizeof(*body->versions));
	}
	bool ok = (body != NULL && body->versions != NULL) || views_too_large(e);
	for (int row = 0; ok && row < db_rows(rows); row++)
		ok = read_version(request->arena, rows, row, &body->versions[body->n_versions++], e);
	db_result_free(rows);
	reply->body_case = UTARG__V1__REPLY__BODY_CHANNEL_RULES_LIST;
	reply->channel_rules_list = body;
	return ok ? SVC_REPLIED : SVC_FAILED;
}
