// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Weighing: what the touches of orders are credited with by the Markov model, put right for all days whose
// orders or model have changed. A part of a day's orders is told as a whole: its sums now less those told
// before, so that nothing needs to be known of the model that was.
#include "services/metrics/core/path.h"
#include "services/metrics/core/path_days.h"

#include "common/base/harden.h"
#include "services/metrics/core/attribution.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MILLION = 1000000 };

struct credits {
	VEC(struct path_credit) * all; // by dims
};

static void add(struct path_sum *sum, money_sum amount)
{
	*sum = path_sum_of(path_sum(*sum) + amount);
}

static struct path_credit *credit_of(struct credits *credits, uint32_t dims)
{
	uint32_t from = 0, to = vec_count(credits->all);
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (credits->all->at[middle].dims < dims)
			from = middle + 1;
		else
			to = middle;
	}
	if (from < vec_count(credits->all) && credits->all->at[from].dims == dims)
		return &credits->all->at[from];
	struct path_credit *added = vec_insert(credits->all, from);
	added->dims = dims;
	return added;
}

static void add_entry(const struct fold *fold, const struct path_day *day, const struct path_entry *entry,
		      struct credits *credits)
{
	HARDEN_UNFILLED int64_t weights[ATTRIBUTION_TOUCHES_MAX];
	HARDEN_UNFILLED money_sum net[ATTRIBUTION_TOUCHES_MAX], orders[ATTRIBUTION_TOUCHES_MAX];
	uint32_t count = vec_count(entry->touches);
	if (!count)
		return;
	for (uint32_t i = 0; i < count; i++)
		weights[i] = path_weight_of(fold, day, path_channel(fold, entry->touches->at[i]));
	attribution_split(path_sum(entry->net), weights, count, net);
	attribution_split(MILLION, weights, count, orders);
	for (uint32_t i = 0; i < count; i++) {
		struct path_credit *credit = credit_of(credits, entry->touches->at[i]);
		add(&credit->net, net[i]);
		add(&credit->orders, orders[i]);
		add(&credit->customers, entry->is_new_customer ? orders[i] : 0);
	}
}

static void put_credits(struct fold *fold, int32_t day, const struct path_credit *credits, uint32_t count,
			int sign)
{
	int32_t minute = minute_of(fold_day_start_ms(fold, day));
	for (uint32_t i = 0; i < count; i++) {
		const struct path_credit *credit = &credits[i];
		fact_put(fold->book, M_ATTRIBUTED_NET_MARKOV, minute, credit->dims,
			 sign * path_sum(credit->net));
		fact_put(fold->book, M_ATTRIBUTED_ORDERS_MARKOV, minute, credit->dims,
			 sign * path_sum(credit->orders));
		fact_put(fold->book, M_ATTRIBUTED_CUSTOMERS_MARKOV, minute, credit->dims,
			 sign * path_sum(credit->customers));
	}
}

static bool same_sum(struct path_sum a, struct path_sum b)
{
	return a.high == b.high && a.low == b.low;
}

static bool same_credits(const struct path_credit *a, const struct path_credit *b, uint32_t count)
{
	bool same = true;
	for (uint32_t i = 0; same && i < count; i++)
		same = a[i].dims == b[i].dims && same_sum(a[i].net, b[i].net) &&
		       same_sum(a[i].orders, b[i].orders) && same_sum(a[i].customers, b[i].customers);
	return same;
}

static void tell_part(struct fold *fold, const struct path_day *day, int32_t at, struct path_part *part)
{
	struct credits now = {NULL};
	uint32_t told = vec_count(part->told);
	for (uint32_t i = 0; i < vec_count(part->entries); i++)
		add_entry(fold, day, &part->entries->at[i], &now);
	part->is_changed = false;
	uint32_t count = vec_count(now.all);
	if (told == count && (!count || same_credits(part->told->at, now.all->at, count))) {
		vec_free(now.all);
		return;
	}
	if (told)
		put_credits(fold, at, part->told->at, told, -1);
	vec_clear(part->told);
	for (uint32_t i = 0; i < count; i++) {
		struct path_credit *credit = vec_push(part->told);
		*credit = now.all->at[i];
	}
	if (count)
		put_credits(fold, at, part->told->at, count, 1);
	vec_free(now.all);
	fold_dirty(fold, &part->entity);
}

static void settle_day(struct fold *fold, int32_t at, bool moved)
{
	static const struct fact_stamp clock = {0, 0, FOLD_CLOCK};
	struct path_day *day = path_day(fold, at);
	bool all = false;
	assert(day);
	if (day->orders && (moved || day->is_unset))
		all = path_model_renew(fold, day, at) || day->is_unset;
	for (unsigned i = 0; i < PATH_PARTS; i++) {
		struct path_part *part = path_part(fold, at, i);
		assert(part || !all || day->is_unset); // a day without a model had no orders stored
		if (part && (all || part->is_changed))
			tell_part(fold, day, at, part);
	}
	day->is_unset = false;
	fact_settle(fold->book, &clock);
}

static int compare_days(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void sort_days(struct path_dates *list)
{
	uint32_t kept = 0, count = vec_count(list->days);
	if (count)
		qsort(list->days->at, count, sizeof(list->days->at[0]), compare_days);
	for (uint32_t i = 0; i < count; i++)
		if (!kept || list->days->at[kept - 1] != list->days->at[i])
			list->days->at[kept++] = list->days->at[i];
	if (count)
		list->days->count = kept;
}

// Whether a day whose counts moved is among those the day's model is made of.
static bool is_moved(const struct path_dates *moved, uint32_t *next, int32_t day)
{
	while (*next < vec_count(moved->days) && moved->days->at[*next] < day - PATH_MODEL_DAYS)
		(*next)++;
	return *next < vec_count(moved->days) && moved->days->at[*next] < day;
}

// Days with orders behind those whose counts moved, to those whose orders changed.
static void list_behind(struct fold *fold, const struct path_dates *moved, struct path_dates *touched)
{
	const struct paths *paths = path_days(fold);
	int32_t done = INT32_MIN;
	for (uint32_t i = 0; i < vec_count(moved->days); i++) {
		int32_t at = moved->days->at[i];
		uint32_t k = paths_lower(paths, at + 1 > done ? at + 1 : done);
		for (; k < vec_count(paths->days) && paths->days->at[k].day <= at + PATH_MODEL_DAYS; k++) {
			done = paths->days->at[k].day + 1;
			if (!paths->days->at[k].has_orders)
				continue;
			int32_t *added = vec_push(touched->days);
			*added = paths->days->at[k].day;
		}
	}
}

void path_settle(struct fold *fold)
{
	struct path_dates *moved = &fold->path->moved, *touched = &fold->path->touched;
	uint32_t next = 0;
	if (!vec_count(moved->days) && !vec_count(touched->days))
		return;
	sort_days(moved);
	list_behind(fold, moved, touched);
	sort_days(touched);
	for (uint32_t i = 0; i < vec_count(touched->days); i++) {
		int32_t day = touched->days->at[i];
		settle_day(fold, day, is_moved(moved, &next, day));
	}
	vec_clear(moved->days);
	vec_clear(touched->days);
}
