// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Requests about alerts.
// alert_add        Input: shop, a threshold. One of its name is replaced; its open alert ends when it said
//                  something else. Output: the shop's rules.
// alert_remove     Input: shop, rule. Its open alert ends. Output: the shop's rules.
// alert_rule_list  Input: shop. Output: its rules.
// alert_list       Input: shop, whether those that are over too. Output: its alerts, the latest first.
// alert_ack        Input: shop, alert. Output: that alert.
#include "services/metrics/handlers.h"

#include "common/base/clock.h"
#include "services/metrics/alert_rules.h"
#include "services/metrics/alerts.h"
#include "services/metrics/metrics.h"
#include "services/metrics/shops.h"

#include <string.h>

enum { ALERTS_MAX = 1000 };

static char *copy(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

static bool is_full(struct err *e)
{
	return err_set(e, ERR_TOO_MANY, "the answer does not fit");
}

// ---- rules ----

static Utarg__V1__AlertRule *rule_message(const struct alert_rule *rule, struct arena *arena)
{
	Utarg__V1__AlertRule *out = arena_alloc(arena, sizeof(*out));
	if (out == NULL)
		return NULL;
	utarg__v1__alert_rule__init(out);
	out->rule = copy(arena, rule->name);
	out->kind = (Utarg__V1__AlertKind)rule->kind;
	out->kpi = copy(arena, rule->kpi != NULL ? rule->kpi->name : "");
	out->dimension = copy(arena, fold_dimension_name(rule->dimension));
	out->key = copy(arena, rule->key);
	out->direction = (Utarg__V1__AlertDirection)rule->direction;
	out->value = copy(arena, rule->value);
	if (rule->kind == ALERT_THRESHOLD)
		out->window = (Utarg__V1__Window)rule->window;
	out->minutes = (uint32_t)rule->minutes;
	out->built_in = rule->built_in;
	out->false_alarms = copy(arena, alert_rule_false_alarms(rule));
	return out;
}

// Whether a key may see what is about this figure; silence is about all of them.
static bool may_see(const struct principal *who, const char *kpi, const char *dimension, const char *key)
{
	const char *const parts[] = {kpi[0] != '\0' ? kpi : NULL, kpi[0] != '\0' ? dimension : NULL,
				     kpi[0] != '\0' ? key : NULL};
	return principal_covers(who, PERMIT_KPI, parts);
}

static bool answer_rules(struct metrics *m, const struct svc_request *request, const struct shop *shop,
			 Utarg__V1__Reply *reply, struct err *e)
{
	struct arena *arena = request->arena;
	struct alert_rule *rules;
	size_t count;
	Utarg__V1__AlertRulesReply *out = arena_alloc(arena, sizeof(*out));
	if (out == NULL || !alert_store_rules(m->db, shop, arena, &rules, &count, e))
		return out != NULL ? false : is_full(e);
	utarg__v1__alert_rules_reply__init(out);
	out->rules = arena_calloc(arena, count + 1, sizeof(*out->rules));
	for (size_t i = 0; i < count && !arena->exhausted; i++) {
		Utarg__V1__AlertRule *rule = rule_message(&rules[i], arena);
		if (rule != NULL && !arena->exhausted &&
		    may_see(request->who, rule->kpi, rule->dimension, rule->key))
			out->rules[out->n_rules++] = rule;
	}
	reply->body_case = UTARG__V1__REPLY__BODY_ALERT_RULES;
	reply->alert_rules = out;
	return !arena->exhausted || is_full(e);
}

static bool find_shop(struct metrics *m, const char *slug, struct shop **out, struct err *e)
{
	return handlers_check_started(m, e) && handlers_find_shop(m, slug, out, e);
}

enum svc_outcome alert_rule_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				 struct err *e)
{
	const Utarg__V1__AlertRuleListRequest *body = (const Utarg__V1__AlertRuleListRequest *)request->body;
	struct shop *shop = NULL;
	bool ok = find_shop(context, body->shop, &shop, e) && answer_rules(context, request, shop, reply, e);
	return ok ? SVC_REPLIED : SVC_FAILED;
}

// Whether there is room for one more; one of the same name takes no more.
static bool check_room(struct metrics *m, const struct shop *shop, const char *name, struct arena *arena,
		       struct err *e)
{
	struct alert_rule *rules;
	size_t count, thresholds = 0;
	if (!alert_store_rules(m->db, shop, arena, &rules, &count, e))
		return false;
	for (size_t i = 0; i < count; i++)
		thresholds += !rules[i].built_in && strcmp(rules[i].name, name) != 0;
	return thresholds < ALERT_RULES_MAX ||
	       err_set(e, ERR_TOO_MANY, "shop %s has %d rules already; remove one", shop->slug,
		       ALERT_RULES_MAX);
}

static bool add_rule(struct metrics *m, const struct svc_request *request, Utarg__V1__Reply *reply,
		     struct err *e)
{
	const Utarg__V1__AlertAddRequest *body = (const Utarg__V1__AlertAddRequest *)request->body;
	struct shop *shop = NULL;
	struct alert_rule rule;
	struct alert_rows ended;
	if (!principal_may_decide(request->who, "alert", e) || !find_shop(m, body->shop, &shop, e) ||
	    !alert_rule_check(body->rule, shop->currency, &rule, e) ||
	    !check_room(m, shop, rule.name, request->arena, e) ||
	    !alert_store_put_rule(m->db, shop->shop_id, &rule, shop->position.as_of_ms, request->arena,
				  &ended, e))
		return false;
	alerts_tell(m, shop, &ended);
	shop->alerts_at_ms--; // it is looked at soon; within a quarter of an hour the others are not
	return answer_rules(m, request, shop, reply, e);
}

enum svc_outcome alert_add(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			   struct err *e)
{
	return add_rule(context, request, reply, e) ? SVC_REPLIED : SVC_FAILED;
}

static bool is_built_in(const char *name)
{
	struct alert_rule rules[ALERT_BUILT_IN_MAX];
	size_t count = alert_rules_built_in(rules);
	for (size_t i = 0; i < count; i++)
		if (strcmp(rules[i].name, name) == 0)
			return true;
	return false;
}

static bool remove_rule(struct metrics *m, const struct svc_request *request, Utarg__V1__Reply *reply,
			struct err *e)
{
	const Utarg__V1__AlertRemoveRequest *body = (const Utarg__V1__AlertRemoveRequest *)request->body;
	struct shop *shop = NULL;
	struct alert_rows ended;
	bool found;
	if (!principal_may_decide(request->who, "alert", e) || !find_shop(m, body->shop, &shop, e))
		return false;
	if (is_built_in(body->rule))
		return err_field(e, ERR_REFUSED, "rule", "the rule %s is built in", body->rule);
	if (!alert_store_remove_rule(m->db, shop->shop_id, body->rule, shop->position.as_of_ms,
				     request->arena, &found, &ended, e))
		return false;
	if (!found)
		return err_field(e, ERR_BAD_FIELD, "rule", "shop %s has no rule \"%.80s\"", shop->slug,
				 body->rule);
	alerts_tell(m, shop, &ended);
	return answer_rules(m, request, shop, reply, e);
}

enum svc_outcome alert_remove(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			      struct err *e)
{
	return remove_rule(context, request, reply, e) ? SVC_REPLIED : SVC_FAILED;
}

// ---- alerts ----

static bool answer_alerts(const struct svc_request *request, const struct shop *shop,
			  const struct alert_rows *rows, Utarg__V1__Reply *reply, struct err *e)
{
	struct arena *arena = request->arena;
	Utarg__V1__AlertsReply *out = arena_alloc(arena, sizeof(*out));
	char *slug = copy(arena, shop->slug);
	if (out == NULL)
		return is_full(e);
	utarg__v1__alerts_reply__init(out);
	out->alerts = arena_calloc(arena, rows->count + 1, sizeof(*out->alerts));
	for (size_t i = 0; i < rows->count && !arena->exhausted; i++) {
		Utarg__V1__Alert *alert = &rows->rows[i].alert;
		alert->shop = slug;
		if (may_see(request->who, alert->kpi, alert->dimension, alert->key))
			out->alerts[out->n_alerts++] = alert;
	}
	reply->body_case = UTARG__V1__REPLY__BODY_ALERTS;
	reply->alerts = out;
	return !arena->exhausted || is_full(e);
}

static bool list_alerts(struct metrics *m, const struct svc_request *request, Utarg__V1__Reply *reply,
			struct err *e)
{
	const Utarg__V1__AlertListRequest *body = (const Utarg__V1__AlertListRequest *)request->body;
	struct shop *shop = NULL;
	struct alert_rows rows;
	return find_shop(m, body->shop, &shop, e) &&
	       alert_store_list(m->db, shop->shop_id, body->ended, ALERTS_MAX, request->arena, &rows, e) &&
	       answer_alerts(request, shop, &rows, reply, e);
}

enum svc_outcome alert_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			    struct err *e)
{
	return list_alerts(context, request, reply, e) ? SVC_REPLIED : SVC_FAILED;
}

static bool acknowledge(struct metrics *m, const struct svc_request *request, Utarg__V1__Reply *reply,
			struct err *e)
{
	const Utarg__V1__AlertAckRequest *body = (const Utarg__V1__AlertAckRequest *)request->body;
	struct shop *shop = NULL;
	struct alert_rows rows;
	if (!principal_may_decide(request->who, "alert", e) || !find_shop(m, body->shop, &shop, e))
		return false;
	if (body->alert_id == 0 || body->alert_id > INT64_MAX)
		return err_field(e, ERR_BAD_FIELD, "alert_id", "there is no alert 0");
	if (!alert_store_acknowledge(m->db, shop->shop_id, (int64_t)body->alert_id, clock_now_ms(),
				     request->principal, request->arena, &rows, e))
		return false;
	if (rows.count == 0)
		return err_field(e, ERR_BAD_FIELD, "alert_id", "shop %s has no alert %llu", shop->slug,
				 (unsigned long long)body->alert_id);
	alerts_tell(m, shop, &rows);
	return answer_alerts(request, shop, &rows, reply, e);
}

enum svc_outcome alert_ack(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			   struct err *e)
{
	return acknowledge(context, request, reply, e) ? SVC_REPLIED : SVC_FAILED;
}
