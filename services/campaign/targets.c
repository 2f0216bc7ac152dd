// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Requests about targets. What a target stands at, metrics answers.
// target_set  Input: shop, target. Output: the target as it was set, and its event's seq. TOO_MANY when there
//             are TARGETS_MAX others that are not over.
#include "services/campaign/handlers.h"

#include "common/base/clock.h"
#include "common/base/zone.h"
#include "services/campaign/core/target.h"
#include "services/campaign/decide.h"
#include "services/campaign/views.h"

#include <stdio.h>
#include <string.h>

// Not over, of a shop: each costs metrics some milliseconds whenever its figures are told or shown.
enum { TARGETS_MAX = 200, DAY_TEXT_SIZE = 40 };
#define DAY_MS INT64_C(86400000)
// A day is over when it is over everywhere.
#define LAST_ZONE_MS (DAY_MS / 2)

// What metrics wrote down about the figure.
static bool find_figure(struct service *service, int32_t shop_id, const Utarg__V1__Target *target,
			struct target_figure *out, struct err *e)
{
	struct db_result *row;
	bool ok = true;
	struct db_value values[] = {db_text(target->kpi), db_text(target_dimension(target)),
				    db_int4(shop_id)};

	if (!db_run(service->db, "campaign_figure", values, 3, &row, e))
		return false;
	if (db_rows(row) == 0)
		ok = err_set(e, ERR_BUSY, "metrics has not told yet which key figures there are; start it");
	else if (db_is_null(row, 0, 0))
		ok = err_field(e, ERR_BAD_FIELD, "target.kpi", "there is no key figure \"%.64s\"",
			       target->kpi);
	else if (!db_is_null(row, 0, 1))
		out->decimals = (int)db_get_int(row, 0, 1);
	else if (!money_exponent(db_get_text(row, 0, 7), &out->decimals))
		ok = err_set(e, ERR_INTERNAL, "the shop's currency is unknown");
	if (ok) {
		out->sums = db_get_int(row, 0, 2) != 0;
		out->has_dimension = db_get_int(row, 0, 3) != 0;
		out->keeps_day = db_get_int(row, 0, 4) != 0;
		out->keeps_week = db_get_int(row, 0, 5) != 0;
		out->keeps_month = db_get_int(row, 0, 6) != 0;
	}
	db_result_free(row);
	return ok;
}

// Two targets with the same figure, dimension, key and days are one, which is set anew.
static bool check_room(struct service *service, int32_t shop_id, const Utarg__V1__Target *target,
		       struct err *e)
{
	struct db_result *rows;
	int64_t days = (clock_now_ms() - LAST_ZONE_MS) / DAY_MS;
	struct zone_date today = zone_date_add((struct zone_date){1970, 1, 1}, (int)days);
	char day[DAY_TEXT_SIZE];

	snprintf(day, sizeof(day), "%04d-%02d-%02d", today.year, today.month, today.day);
	if (strcmp(target->last_day, day) < 0)
		return true;
	struct db_value values[] = {db_int4(shop_id),
				    db_text(target->kpi),
				    db_text(target_dimension(target)),
				    db_text(target_key(target)),
				    db_text(target->first_day),
				    db_text(target->last_day),
				    db_text(day)};
	if (!db_run(service->db, "campaign_target_count", values, 7, &rows, e))
		return false;
	bool has_room = db_get_int(rows, 0, 0) < TARGETS_MAX;
	db_result_free(rows);
	return has_room ||
	       err_set(e, ERR_TOO_MANY, "the shop has %d targets that are not over, and that is the most",
		       TARGETS_MAX);
}

static bool judge_set(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
		      Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const Utarg__V1__Target *asked = ((const Utarg__V1__TargetSetRequest *)command)->target;
	struct target_figure figure = {0};
	char value[MONEY_TEXT_SIZE];
	Utarg__V1__Target *set = arena_alloc(arena, sizeof(*set));

	(void)after_ms; // no target is looked for that it might follow
	if (!find_figure(service, shop_id, asked, &figure, e) || !target_fits(asked, &figure, value, e) ||
	    !check_room(service, shop_id, asked, e))
		return false;
	if (set != NULL) {
		*set = *asked;
		set->dimension = arena_copy(arena, target_dimension(asked), strlen(target_dimension(asked)));
		set->key = arena_copy(arena, target_key(asked), strlen(target_key(asked)));
		set->value = arena_copy(arena, value, strlen(value));
	}
	if (arena->exhausted)
		return views_too_large(e);
	event->target_set = set;
	return true;
}

static bool is_same_set(const void *command, const Utarg__V1__Event *event)
{
	return target_equal(((const Utarg__V1__TargetSetRequest *)command)->target, event->target_set);
}

static bool answer(const struct decided *decided, struct arena *arena, Utarg__V1__Reply *reply, struct err *e)
{
	Utarg__V1__TargetReply *body = arena_alloc(arena, sizeof(*body));

	if (body == NULL)
		return views_too_large(e);
	utarg__v1__target_reply__init(body);
	body->target = decided->event->target_set;
	body->seq = (uint64_t)decided->seq;
	reply->body_case = UTARG__V1__REPLY__BODY_TARGET;
	reply->target = body;
	return true;
}

enum svc_outcome target_set(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			    struct err *e)
{
	struct service *service = context;
	const Utarg__V1__TargetSetRequest *set = (const void *)request->body;
	struct decided decided;
	const struct decision decision = {
		.shop = set->shop,
		.id = set->command_id.data,
		.principal = request->principal,
		.kind = UTARG__V1__EVENT__BODY_TARGET_SET,
		.judge = judge_set,
		.is_same = is_same_set,
		.command = set,
	};

	if (!principal_may_decide(request->who, "target", e) || !decide_check_id(&set->command_id, e) ||
	    !target_check(set->target, e) || !service_check(service, e) ||
	    !decide(service, request->arena, &decision, &decided, e) ||
	    !answer(&decided, request->arena, reply, e))
		return SVC_FAILED;
	return SVC_REPLIED;
}
