// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Paths as events put them: what must be in memory, the entries of orders and the counts of days, and what an
// event changed of them. Weighing: path_settle.c.
#include "services/metrics/core/path.h"

#include "services/metrics/core/books.h"
#include "services/metrics/core/hash.h"
#include "services/metrics/core/path_days.h"

#include "common/base/harden.h"
#include "services/metrics/core/attribution.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// ---- what there is ----

struct path_work *path_work_create(void)
{
	struct path_work *work = memory_get(sizeof(*work));
	work->age = 1;
	return work;
}

void path_work_clear(struct path_work *work)
{
	vec_clear(work->changes);
	vec_clear(work->out);
	vec_clear(work->moved.days);
	vec_clear(work->touched.days);
	work->age++;
}

void path_work_destroy(struct path_work *work)
{
	vec_free(work->changes);
	vec_free(work->out);
	vec_free(work->moved.days);
	vec_free(work->touched.days);
	memory_free(work);
}

size_t path_work_bytes(const struct path_work *work)
{
	return sizeof(*work) + vec_bytes(work->changes) + vec_bytes(work->out) + vec_bytes(work->moved.days) +
	       vec_bytes(work->touched.days);
}

void path_let_go(struct fold *fold, const struct entity *entity)
{
	if (entity->kind != FOLD_PATH_DAY && entity->kind != FOLD_PATH_ORDERS)
		return;
	fold->path->age++;
	if (entity->kind == FOLD_PATH_DAY)
		return;
	struct slice key = entity_key(entity);
	const uint8_t *end = memchr(key.data, '#', key.size);
	key.size = end ? (size_t)(end - key.data) : key.size;
	void *found = entity_find(fold->table, FOLD_PATH_DAY, key);
	struct path_day *day = found;
	if (day)
		day->parts_here = false;
}

struct paths *path_days(const struct fold *fold)
{
	void *found = entity_find(fold->table, FOLD_PATHS, slice_of(PATHS_KEY));
	return found;
}

struct path_day *path_day(const struct fold *fold, int32_t day)
{
	char key[BOOKS_KEY_SIZE];
	books_key(day, key);
	void *found = entity_find(fold->table, FOLD_PATH_DAY, slice_of(key));
	return found;
}

struct path_part *path_part(const struct fold *fold, int32_t day, unsigned part)
{
	char key[BOOKS_KEY_SIZE];
	books_part_key(day, part, key);
	void *found = entity_find(fold->table, FOLD_PATH_ORDERS, slice_of(key));
	return found;
}

uint32_t path_channel(const struct fold *fold, uint32_t dims)
{
	return intern_dims_at(fold->intern, dims)->key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)];
}

uint32_t paths_lower(const struct paths *paths, int32_t day)
{
	uint32_t from = 0, to = vec_count(paths->days);
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (paths->days->at[middle].day < day)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static unsigned part_of(const char *id)
{
	return books_part_of(id) % PATH_PARTS;
}

static struct path_part *part_of_order(const struct fold *fold, const char *id, int64_t placed_ms)
{
	int32_t day = fold_day(fold, placed_ms);
	struct path_part *part = path_part(fold, day, part_of(id));
	assert(part);
	part->day = day;
	return part;
}

// ---- what must be here ----

static void want_days(const struct fold *fold, const struct paths *paths, int32_t from, int32_t to)
{
	char key[BOOKS_KEY_SIZE];
	for (uint32_t i = paths_lower(paths, from);
	     i < vec_count(paths->days) && paths->days->at[i].day <= to; i++) {
		books_key(paths->days->at[i].day, key);
		closure_want(fold, FOLD_PATH_DAY, key);
	}
}

// Asked for anew only when one of them has been let go.
static void want_parts(const struct fold *fold, int32_t day)
{
	size_t missing = vec_count(fold->work->missing);
	struct path_day *whose = path_day(fold, day);
	if (whose && whose->parts_here)
		return;
	for (unsigned part = 0; part < PATH_PARTS; part++) {
		char key[BOOKS_KEY_SIZE];
		books_part_key(day, part, key);
		closure_want(fold, FOLD_PATH_ORDERS, key);
	}
	if (whose && vec_count(fold->work->missing) == missing)
		whose->parts_here = true;
}

// The orders whose model a change of the day's counts moves, and all that those models are made of. An order
// that comes behind it later has asked for its own.
static void need_behind(const struct fold *fold, const struct paths *paths, struct path_day *day, int32_t at)
{
	size_t missing = vec_count(fold->work->missing);
	bool any = false;
	if (day->here == fold->path->age)
		return;
	for (uint32_t i = paths_lower(paths, at + 1); i < vec_count(paths->days); i++) {
		if (paths->days->at[i].day > at + PATH_MODEL_DAYS)
			break;
		if (!paths->days->at[i].has_orders)
			continue;
		want_parts(fold, paths->days->at[i].day);
		any = true;
	}
	if (any)
		want_days(fold, paths, at - PATH_MODEL_DAYS, at + PATH_MODEL_DAYS);
	if (vec_count(fold->work->missing) == missing)
		day->here = fold->path->age;
}

static struct path_day *need_day(const struct fold *fold, const struct paths *paths, int32_t at,
				 bool may_move)
{
	char key[BOOKS_KEY_SIZE];
	books_key(at, key);
	struct path_day *day = closure_need(fold, FOLD_PATH_DAY, key, 0);
	if (day && may_move)
		need_behind(fold, paths, day, at);
	return day;
}

void path_need(const struct fold *fold, const char *order_id, int64_t placed_ms, bool may_move)
{
	const struct paths *paths = closure_need(fold, FOLD_PATHS, PATHS_KEY, 0);
	char key[BOOKS_KEY_SIZE];
	int32_t at = fold_day(fold, placed_ms);
	if (!paths)
		return;
	const struct path_day *day = need_day(fold, paths, at, may_move);
	books_part_key(at, part_of(order_id), key);
	closure_need(fold, FOLD_PATH_ORDERS, key, 0);
	if (day && (!day->orders || day->is_unset))
		want_days(fold, paths, at - PATH_MODEL_DAYS, at - 1);
}

void path_need_lapse(const struct fold *fold, int64_t lapse_ms)
{
	const struct paths *paths = closure_need(fold, FOLD_PATHS, PATHS_KEY, 0);
	if (paths)
		(void)need_day(fold, paths, fold_day(fold, lapse_ms), true);
}

// ---- counts ----

static void change(struct fold *fold, int32_t day, uint32_t from, uint32_t to, int sign)
{
	struct path_change *added = vec_push(fold->path->changes);
	*added = (struct path_change){day, from, to, sign};
}

static void count_path(struct fold *fold, int32_t day, const uint32_t *dims, size_t count, uint32_t end,
		       int sign)
{
	uint32_t from = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t channel = path_channel(fold, dims[i]);
		if (channel == from)
			continue;
		change(fold, day, from, channel, sign);
		from = channel;
	}
	change(fold, day, from, end, sign);
}

static int compare_steps(uint32_t from, uint32_t to, uint32_t other_from, uint32_t other_to)
{
	if (from != other_from)
		return from < other_from ? -1 : 1;
	return (to > other_to) - (to < other_to);
}

static int compare_changes(const void *a, const void *b)
{
	const struct path_change *x = a, *y = b;
	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	return compare_steps(x->from, x->to, y->from, y->to);
}

// The list may name a day several times.
static void list_day(struct path_dates *list, int32_t day)
{
	uint32_t count = vec_count(list->days);
	if (count && list->days->at[count - 1] == day)
		return;
	int32_t *added = vec_push(list->days);
	*added = day;
}

static void add_count(struct path_day *day, const struct path_change *change)
{
	uint32_t i = 0, to = vec_count(day->steps);
	while (i < to) {
		uint32_t middle = i + (to - i) / 2;
		const struct path_step *step = &day->steps->at[middle];
		if (compare_steps(step->from, step->to, change->from, change->to) < 0)
			i = middle + 1;
		else
			to = middle;
	}
	if (i == vec_count(day->steps) || day->steps->at[i].from != change->from ||
	    day->steps->at[i].to != change->to) {
		struct path_step *added = vec_insert(day->steps, i);
		added->from = change->from;
		added->to = change->to;
	}
	day->steps->at[i].count += change->count;
	if (!day->steps->at[i].count)
		vec_remove(day->steps, i);
}

// What the list of days says of one.
static void list_state(struct fold *fold, const struct path_day *day, int32_t at)
{
	struct paths *paths = path_days(fold);
	bool is_there = vec_count(day->steps) > 0, has_orders = day->orders > 0;
	assert(paths);
	uint32_t i = paths_lower(paths, at);
	bool was_there = i < vec_count(paths->days) && paths->days->at[i].day == at;
	if (was_there == is_there && (!is_there || paths->days->at[i].has_orders == has_orders))
		return;
	fold_dirty(fold, &paths->entity);
	if (!is_there) {
		vec_remove(paths->days, i);
		return;
	}
	if (!was_there) {
		struct paths_day *added = vec_insert(paths->days, i);
		added->day = at;
	}
	paths->days->at[i].has_orders = has_orders;
}

static void apply_changes(struct fold *fold)
{
	uint32_t count = vec_count(fold->path->changes);
	if (count)
		qsort(fold->path->changes->at, count, sizeof(fold->path->changes->at[0]), compare_changes);
	for (uint32_t i = 0, k; i < count; i = k) {
		struct path_change *sum = &fold->path->changes->at[i];
		for (k = i + 1; k < count && !compare_changes(sum, &fold->path->changes->at[k]); k++)
			sum->count += fold->path->changes->at[k].count;
		if (!sum->count)
			continue;
		struct path_day *day = path_day(fold, sum->day);
		assert(day);
		add_count(day, sum);
		fold_dirty(fold, &day->entity);
		list_day(&fold->path->moved, sum->day);
		list_state(fold, day, sum->day);
	}
	vec_clear(fold->path->changes);
}

// ---- orders ----

static uint32_t find_entry(const struct path_part *part, const char *id, bool *found)
{
	uint32_t from = 0, to = vec_count(part->entries);
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (strcmp(part->entries->at[middle].id, id) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	*found = from < vec_count(part->entries) && strcmp(part->entries->at[from].id, id) == 0;
	return from;
}

// Stamps the cells of all its touches and tells no value. An amount is what was weighed, in a number, so that
// only what comes back as it went cancels out.
static void stamp(struct fold *fold, int32_t day, const struct path_entry *entry, int sign)
{
	uint64_t touches = 0, net;
	int32_t minute = minute_of(fold_day_start_ms(fold, day));
	for (uint32_t i = 0; i < vec_count(entry->touches); i++)
		touches = hash_mix(touches, entry->touches->at[i]);
	net = hash_mix(hash_mix(touches, entry->net.low), (uint64_t)entry->net.high);
	money_sum amounts[] = {path_sum(entry->net) ? net | 1 : 0, touches | 1,
			       entry->is_new_customer ? touches | 1 : 0};
	static const uint16_t measures[] = {M_ATTRIBUTED_NET_MARKOV, M_ATTRIBUTED_ORDERS_MARKOV,
					    M_ATTRIBUTED_CUSTOMERS_MARKOV};
	for (int m = 0; m < 3; m++)
		for (uint32_t i = 0; amounts[m] && i < vec_count(entry->touches); i++)
			fact_put_from(fold->book, measures[m], minute, entry->touches->at[i], INT64_MAX,
				      sign * amounts[m], 0);
}

static void count_entry(struct fold *fold, int32_t day, const struct path_entry *entry, int sign)
{
	count_path(fold, day, entry->touches->at, entry->touches->count, 0, sign);
}

// The day's number of orders; the first one wants a model.
static void count_order(struct fold *fold, int32_t at, int sign)
{
	struct path_day *day = path_day(fold, at);
	assert(day);
	if (sign > 0 && !day->orders) {
		day->is_unset = true;
		fold->path->age++; // nobody has looked for the day's other parts yet
	}
	day->orders = (uint32_t)((int64_t)day->orders + sign);
	if (!day->orders) {
		vec_free(day->weights);
		day->is_full = false;
		day->is_unset = false;
	}
	fold_dirty(fold, &day->entity);
}

static void change_part(struct fold *fold, struct path_part *part)
{
	part->is_changed = true;
	list_day(&fold->path->touched, part->day);
	fold_dirty(fold, &part->entity);
}

static bool is_same(const struct path_entry *entry, const struct path_order *order)
{
	bool same = path_sum(entry->net) == order->current_net &&
		    entry->is_new_customer == order->is_new_customer &&
		    vec_count(entry->touches) == order->count;
	for (uint32_t i = 0; same && i < order->count; i++)
		same = entry->touches->at[i] == order->touches[i].dims;
	return same;
}

static void fill_entry(struct path_entry *entry, const struct path_order *order)
{
	vec_clear(entry->touches);
	for (size_t i = 0; i < order->count; i++) {
		uint32_t *dims = vec_push(entry->touches);
		*dims = order->touches[i].dims;
	}
	entry->net = path_sum_of(order->current_net);
	entry->is_new_customer = order->is_new_customer;
	entry->is_out = false;
}

static void put_in(struct fold *fold, struct path_part *part, const struct path_order *order)
{
	bool found;
	uint32_t i = find_entry(part, order->id, &found);
	if (found && is_same(&part->entries->at[i], order)) {
		part->entries->at[i].is_out = false;
		return;
	}
	if (found) {
		stamp(fold, part->day, &part->entries->at[i], -1);
		count_entry(fold, part->day, &part->entries->at[i], -1);
	} else {
		struct path_entry *added = vec_insert(part->entries, i);
		text_copy(added->id, sizeof(added->id), order->id);
		count_order(fold, part->day, 1);
	}
	fill_entry(&part->entries->at[i], order);
	stamp(fold, part->day, &part->entries->at[i], 1);
	count_entry(fold, part->day, &part->entries->at[i], 1);
	change_part(fold, part);
}

static void take_out(struct fold *fold, struct path_part *part, const char *id)
{
	bool found;
	uint32_t i = find_entry(part, id, &found);
	if (!found || part->entries->at[i].is_out)
		return;
	part->entries->at[i].is_out = true;
	struct path_part **place = vec_push(fold->path->out);
	*place = part;
}

void path_put_order(struct fold *fold, const struct path_order *order, int sign)
{
	struct path_part *part = part_of_order(fold, order->id, order->placed_ms);
	if (sign > 0)
		put_in(fold, part, order);
	else
		take_out(fold, part, order->id);
}

void path_put_lapse(struct fold *fold, int64_t lapse_ms, const struct touch *touches, size_t count, int sign)
{
	HARDEN_UNFILLED uint32_t dims[ATTRIBUTION_TOUCHES_MAX];
	assert(count <= ATTRIBUTION_TOUCHES_MAX);
	for (size_t i = 0; i < count; i++)
		dims[i] = touches[i].dims;
	if (count)
		count_path(fold, fold_day(fold, lapse_ms), dims, count, PATH_LAPSED, sign);
}

// Entries that went out and did not come back.
static void drop_out(struct fold *fold, struct path_part *part)
{
	for (uint32_t i = vec_count(part->entries); i > 0; i--) {
		struct path_entry *entry = &part->entries->at[i - 1];
		if (!entry->is_out)
			continue;
		stamp(fold, part->day, entry, -1);
		count_entry(fold, part->day, entry, -1);
		count_order(fold, part->day, -1);
		change_part(fold, part);
		vec_free(entry->touches);
		vec_remove(part->entries, i - 1);
	}
}

void path_settle_event(struct fold *fold)
{
	for (uint32_t i = 0; i < vec_count(fold->path->out); i++)
		drop_out(fold, fold->path->out->at[i]);
	vec_clear(fold->path->out);
	apply_changes(fold);
}
