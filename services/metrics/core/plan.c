// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/plan.h"

#include "services/metrics/core/report.h"
#include "services/metrics/core/state.h"

#include <assert.h>
#include <string.h>

enum { WEIGHT_MAX = 1000, EPOCH_WEEKDAY = 3 }; // 1970-01-01 was a Thursday

static const uint8_t DRAFT = UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_DRAFT;
static const uint8_t ENDED = UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_ENDED;

// ---- what follows from a plan ----

static unsigned weekday_of(int32_t day)
{
	int32_t weekday = (day % PLAN_WEEKDAYS + PLAN_WEEKDAYS + EPOCH_WEEKDAY) % PLAN_WEEKDAYS;
	return (unsigned)weekday;
}

// Of so many days of the period from its first on.
static int64_t weight_of(const struct plan_closing *plan, int32_t days)
{
	int64_t week = 0, rest = 0;
	for (int i = 0; i < PLAN_WEEKDAYS; i++)
		week += plan->weights[i];
	for (int32_t i = 0; i < days % PLAN_WEEKDAYS; i++)
		rest += plan->weights[weekday_of(plan->first_day + i)];
	return days / PLAN_WEEKDAYS * week + rest;
}

int64_t plan_due(const struct plan_closing *plan, int32_t day)
{
	int32_t days = plan->last_day - plan->first_day + 1;
	if (day < plan->first_day)
		return 0;
	int64_t all = weight_of(plan, days);
	if (day >= plan->last_day || !all)
		return plan->budget_minor;
	return (int64_t)((money_sum)plan->budget_minor * weight_of(plan, day - plan->first_day + 1) / all);
}

static bool is_draft(const struct plan_closing *plan)
{
	return plan->state <= DRAFT;
}

static bool is_over(const struct plan_closing *plan)
{
	return plan->state >= ENDED;
}

struct plan_day { // as a day ends
	int64_t due, share, daily;
};

// The day after one whose end was `before`.
static struct plan_day next_day(const struct plan_closing *plan, int32_t day, const struct plan_day *before)
{
	struct plan_day now = {before->due, 0, before->daily};
	if (is_draft(plan))
		return (struct plan_day){0, 0, 0};
	if (is_over(plan))
		return now;
	now.due = plan_due(plan, day);
	now.share = now.due - plan_due(plan, day - 1);
	now.daily = day < plan->first_day ? 0 : plan->budget_minor / (plan->last_day - plan->first_day + 1);
	return now;
}

// All days on which something changes; false: none.
static bool range_of(const struct plan *plan, int32_t *from, int32_t *to)
{
	*from = INT32_MAX;
	*to = INT32_MIN;
	for (uint32_t i = 0; i < vec_count(plan->closings); i++) {
		const struct plan_closing *c = &plan->closings->at[i];
		int32_t first = is_draft(c) || c->day < c->first_day ? c->day : c->first_day;
		int32_t last = is_draft(c) || c->day > c->last_day ? c->day : c->last_day;
		*from = first < *from ? first : *from;
		*to = last > *to ? last : *to;
	}
	return *from <= *to;
}

static void put_at(struct fold *fold, uint16_t measure, int32_t day, int64_t from_ms, uint32_t dims,
		   int64_t amount)
{
	if (amount)
		fact_put_from(fold->book, measure, minute_of(fold_day_start_ms(fold, day)), dims, from_ms,
			      amount, from_ms <= fold->as_of_ms ? amount : 0);
}

void plan_put(struct fold *fold, const void *entity, int sign)
{
	const struct plan *plan = entity;
	struct plan_day before = {0, 0, 0};
	uint32_t at = 0;
	int32_t from, to;
	if (!range_of(plan, &from, &to))
		return;
	int64_t start_ms = fold_day_start_ms(fold, from);
	for (int32_t day = from; day <= to; day++) {
		int64_t end_ms = fold_day_start_ms(fold, day + 1);
		while (at + 1 < vec_count(plan->closings) && plan->closings->at[at + 1].day <= day)
			at++;
		struct plan_day now = next_day(&plan->closings->at[at], day, &before);
		put_at(fold, M_BUDGET_DUE, day, end_ms, plan->dims, sign * (now.due - before.due));
		put_at(fold, M_DAY_BUDGET, day, start_ms, plan->dims, sign * now.share);
		put_at(fold, M_DAILY_BUDGET, day, start_ms, plan->dims, sign * (now.daily - before.daily));
		before = now;
		start_ms = end_ms;
	}
}

int64_t plan_due_ms(const struct fold *fold, const void *entity)
{
	int32_t from, to, today = fold_day(fold, fold->as_of_ms);
	if (!range_of(entity, &from, &to) || today > to)
		return INT64_MAX;
	return fold_day_start_ms(fold, today < from ? from : today + 1);
}

// ---- events ----

static struct slice key_of(const Utarg__V1__Campaign *campaign)
{
	size_t size = strlen(campaign->campaign);
	return (struct slice){(const uint8_t *)campaign->campaign, size <= FOLD_KEY_SIZE ? size : 0};
}

void plan_collect(const struct fold *fold, const struct said *said)
{
	closure_need_key(fold, FOLD_CAMPAIGN_PLAN, key_of(said->event->campaign_changed), ENTITY_CHANGE);
}

static void read_weights(const Utarg__V1__WeekdayCurve *curve, uint16_t out[PLAN_WEEKDAYS])
{
	bool any = false;
	if (curve) {
		const uint32_t stated[PLAN_WEEKDAYS] = {curve->monday,   curve->tuesday, curve->wednesday,
							curve->thursday, curve->friday,  curve->saturday,
							curve->sunday};
		for (int i = 0; i < PLAN_WEEKDAYS; i++) {
			out[i] = (uint16_t)(stated[i] < WEIGHT_MAX ? stated[i] : WEIGHT_MAX);
			any = any || out[i];
		}
	}
	for (int i = 0; !any && i < PLAN_WEEKDAYS; i++)
		out[i] = 1;
}

static void read_closing(const struct fold *fold, const struct said *said, struct plan_closing *out)
{
	const Utarg__V1__Campaign *stated = said->event->campaign_changed;
	*out = (struct plan_closing){.moment = said->moment, .day = fold_day(fold, said->moment.t_ms)};
	read_weights(stated->weekday_curve, out->weights);
	bool is_plan = stated->budget && strcmp(stated->budget->currency, fold->currency) == 0 &&
		       stated->budget->minor >= 0 && report_day(stated->first_day, &out->first_day) &&
		       report_day(stated->last_day, &out->last_day) && out->first_day <= out->last_day &&
		       out->last_day - out->first_day < PLAN_DAYS_MAX;
	if (!is_plan) {
		out->first_day = out->last_day = out->day;
		return;
	}
	out->budget_minor = stated->budget->minor;
	if ((int)stated->state > 0 &&
	    (int)stated->state <= UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_ARCHIVED)
		out->state = (uint8_t)stated->state;
}

uint8_t plan_apply(struct fold *fold, const struct said *said)
{
	const Utarg__V1__Campaign *stated = said->event->campaign_changed;
	struct slice id = key_of(stated);
	struct plan_closing closing;
	if (!id.size)
		return FOLD_SETTING;
	void *found = entity_find(fold->table, FOLD_CAMPAIGN_PLAN, id);
	struct plan *plan = found;
	assert(plan);
	struct dims dims = {{0}};
	dims.key[INTERN_INDEX(FOLD_CAMPAIGN)] = intern_key(fold->intern, stated->campaign);
	plan->dims = intern_dims(fold->intern, &dims);
	read_closing(fold, said, &closing);
	uint32_t i = vec_count(plan->closings);
	while (i > 0 && plan->closings->at[i - 1].day > closing.day)
		i--;
	struct plan_closing *place =
		i > 0 && plan->closings->at[i - 1].day == closing.day ? &plan->closings->at[i - 1] : NULL;
	if (place && moment_compare(&place->moment, &closing.moment) >= 0)
		return FOLD_SETTING;
	if (!place)
		place = vec_insert(plan->closings, i);
	*place = closing;
	return FOLD_SETTING;
}

// ---- of kind_rows ----

void plan_clear(void *entity)
{
	vec_free(((struct plan *)entity)->closings);
}

size_t plan_bytes(const void *entity)
{
	return vec_bytes(((const struct plan *)entity)->closings);
}

bool plan_is_empty(const void *entity)
{
	return !vec_count(((const struct plan *)entity)->closings);
}

void plan_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct plan *plan = entity;
	state_put_dims(fold, plan->dims, w);
	codec_put_uint(w, vec_count(plan->closings));
	for (uint32_t i = 0; i < vec_count(plan->closings); i++) {
		const struct plan_closing *c = &plan->closings->at[i];
		state_put_moment(&c->moment, w);
		codec_put_int(w, c->day);
		codec_put_int(w, c->first_day);
		codec_put_int(w, c->last_day);
		codec_put_int(w, c->budget_minor);
		codec_put_uint(w, c->state);
		for (int k = 0; k < PLAN_WEEKDAYS; k++)
			codec_put_uint(w, c->weights[k]);
	}
}

void plan_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct plan *plan = entity;
	plan->dims = state_get_full_dims(fold, r);
	uint32_t closings = codec_get_count(r, UUID_SIZE + 13);
	for (uint32_t i = 0; i < closings && !r->broken; i++) {
		struct plan_closing *c = vec_push(plan->closings);
		state_get_moment(&c->moment, r);
		c->day = state_get_day(r);
		c->first_day = state_get_day(r);
		c->last_day = state_get_day(r);
		c->budget_minor = codec_get_int(r);
		c->state = (uint8_t)codec_get_uint_max(r, UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_ARCHIVED);
		for (int k = 0; k < PLAN_WEEKDAYS; k++)
			c->weights[k] = (uint16_t)codec_get_uint_max(r, WEIGHT_MAX);
		if ((i && c[-1].day >= c->day) || c->budget_minor < 0 || c->last_day < c->first_day)
			r->broken = true;
	}
}
