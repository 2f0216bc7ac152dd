// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Bytes of paths. See state.c for the rules. Numbers of interned texts are different in every fold: a day
// writes its channels by name, a part of orders its dims in the order in which its orders name them.
#include "services/metrics/core/attribution.h"
#include "services/metrics/core/path_days.h"
#include "services/metrics/core/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// ---- a day ----

void path_day_clear(void *entity)
{
	struct path_day *day = entity;
	vec_free(day->steps);
	vec_free(day->weights);
	day->orders = 0;
	day->is_full = day->is_unset = false;
}

size_t path_day_bytes(const void *entity)
{
	const struct path_day *day = entity;
	return vec_bytes(day->steps) + vec_bytes(day->weights);
}

bool path_day_is_empty(const void *entity)
{
	return !vec_count(((const struct path_day *)entity)->steps);
}

struct named {
	const char *name;
	uint32_t channel;
	int64_t weight; // with has_weight: of the day's model
	bool has_weight;
};

struct names {
	VEC(struct named) * all; // by name
};

static struct named *name_of(const struct fold *fold, struct names *names, uint32_t channel)
{
	const char *name = intern_text(fold->intern, channel);
	uint32_t from = 0, to = vec_count(names->all);
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (strcmp(names->all->at[middle].name, name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == vec_count(names->all) || names->all->at[from].channel != channel) {
		struct named *added = vec_insert(names->all, from);
		*added = (struct named){.name = name, .channel = channel};
	}
	return &names->all->at[from];
}

static void collect_names(const struct fold *fold, const struct path_day *day, struct names *names)
{
	for (uint32_t i = 0; i < vec_count(day->steps); i++) {
		const struct path_step *step = &day->steps->at[i];
		if (step->from)
			(void)name_of(fold, names, step->from);
		if (step->to && step->to != PATH_LAPSED)
			(void)name_of(fold, names, step->to);
	}
	for (uint32_t i = 0; i < vec_count(day->weights); i++) {
		struct named *named = name_of(fold, names, day->weights->at[i].channel);
		named->weight = day->weights->at[i].weight;
		named->has_weight = true;
	}
}

// A step by the places of its names: from 0 the start, to 0 an order, 1 nothing.
struct placed_step {
	uint64_t from, to;
	int64_t count;
};

static uint64_t place_of(const struct fold *fold, struct names *names, uint32_t channel)
{
	return (uint64_t)(name_of(fold, names, channel) - names->all->at);
}

static int compare_placed(const void *a, const void *b)
{
	const struct placed_step *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->to > y->to) - (x->to < y->to);
}

static void write_steps(const struct fold *fold, const struct path_day *day, struct names *names,
			struct codec_writer *w)
{
	uint32_t count = vec_count(day->steps);
	struct placed_step *placed = memory_get((count ? count : 1) * sizeof(*placed));
	for (uint32_t i = 0; i < count; i++) {
		const struct path_step *step = &day->steps->at[i];
		placed[i].from = step->from ? 1 + place_of(fold, names, step->from) : 0;
		placed[i].to = step->to == PATH_LAPSED ? 1
			       : step->to              ? 2 + place_of(fold, names, step->to)
						       : 0;
		placed[i].count = step->count;
	}
	qsort(placed, count, sizeof(*placed), compare_placed);
	codec_put_uint(w, count);
	for (uint32_t i = 0; i < count; i++) {
		codec_put_uint(w, placed[i].from);
		codec_put_uint(w, placed[i].to);
		codec_put_uint(w, (uint64_t)placed[i].count);
	}
	memory_free(placed);
}

void path_day_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct path_day *day = entity;
	struct names names = {NULL};
	collect_names(fold, day, &names);
	codec_put_uint(w, day->orders);
	codec_put_uint(w, day->is_full);
	codec_put_uint(w, vec_count(names.all));
	for (uint32_t i = 0; i < vec_count(names.all); i++) {
		codec_put_text(w, names.all->at[i].name);
		codec_put_uint(w, names.all->at[i].has_weight ? 1 + (uint64_t)names.all->at[i].weight : 0);
	}
	write_steps(fold, day, &names, w);
	vec_free(names.all);
}

static int compare_steps(const void *a, const void *b)
{
	const struct path_step *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->to > y->to) - (x->to < y->to);
}

static int compare_weights(const void *a, const void *b)
{
	const struct path_weight *x = a, *y = b;
	return (x->channel > y->channel) - (x->channel < y->channel);
}

static void read_names(struct fold *fold, struct path_day *day, struct names *names, struct codec_reader *r)
{
	char text[FOLD_TEXT_SIZE], before[FOLD_TEXT_SIZE] = "";
	uint32_t count = codec_get_count(r, 2);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		codec_get_text(r, text, sizeof(text));
		uint64_t weight = codec_get_uint_max(r, 1 + (UINT64_C(1) << 32));
		if (r->broken || (i && strcmp(before, text) >= 0)) {
			r->broken = true;
			return;
		}
		memcpy(before, text, sizeof(text));
		struct named *named = vec_push(names->all);
		named->channel = intern_key(fold->intern, text);
		if (!weight)
			continue;
		struct path_weight *added = vec_push(day->weights);
		*added = (struct path_weight){named->channel, (int64_t)weight - 1};
	}
}

static uint32_t read_place(const struct names *names, uint64_t ends, struct codec_reader *r, uint64_t *place)
{
	*place = codec_get_uint_max(r, vec_count(names->all) + ends - 1);
	return *place < ends || r->broken ? 0 : names->all->at[*place - ends].channel;
}

static void read_steps(struct path_day *day, const struct names *names, struct codec_reader *r)
{
	struct placed_step before = {0, 0, 0};
	uint32_t count = codec_get_count(r, 3);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct placed_step placed;
		struct path_step *step = vec_push(day->steps);
		step->from = read_place(names, 1, r, &placed.from);
		step->to = read_place(names, 2, r, &placed.to);
		if (placed.to == 1)
			step->to = PATH_LAPSED;
		step->count = (int64_t)codec_get_uint_max(r, INT64_MAX / 4);
		if (!step->count || (i && compare_placed(&before, &placed) >= 0))
			r->broken = true;
		// From the start to a channel, and never from one to itself.
		if ((!step->from && placed.to < 2) || (step->from && step->from == step->to))
			r->broken = true;
		before = placed;
	}
}

void path_day_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct path_day *day = entity;
	struct names names = {NULL};
	day->orders = (uint32_t)codec_get_uint_max(r, INT32_MAX);
	day->is_full = codec_get_uint_max(r, 1);
	read_names(fold, day, &names, r);
	read_steps(day, &names, r);
	if (vec_count(day->steps))
		qsort(day->steps->at, day->steps->count, sizeof(day->steps->at[0]), compare_steps);
	else
		r->broken = true;
	if (vec_count(day->weights))
		qsort(day->weights->at, day->weights->count, sizeof(day->weights->at[0]), compare_weights);
	if (!day->orders && (day->is_full || vec_count(day->weights)))
		r->broken = true;
	vec_free(names.all);
}

// ---- a part of a day's orders ----

void path_part_clear(void *entity)
{
	struct path_part *part = entity;
	for (uint32_t i = 0; i < vec_count(part->entries); i++)
		vec_free(part->entries->at[i].touches);
	vec_free(part->entries);
	vec_free(part->told);
	part->is_changed = false;
}

size_t path_part_bytes(const void *entity)
{
	const struct path_part *part = entity;
	size_t bytes = vec_bytes(part->entries) + vec_bytes(part->told);
	for (uint32_t i = 0; i < vec_count(part->entries); i++)
		bytes += vec_bytes(part->entries->at[i].touches);
	return bytes;
}

bool path_part_is_empty(const void *entity)
{
	const struct path_part *part = entity;
	return !vec_count(part->entries) && !vec_count(part->told);
}

static void put_sum(struct codec_writer *w, struct path_sum sum)
{
	codec_put_int(w, sum.high);
	codec_put_uint(w, sum.low);
}

static struct path_sum get_sum(struct codec_reader *r)
{
	struct path_sum sum = {codec_get_int(r), 0};
	sum.low = codec_get_uint(r);
	return sum;
}

struct place {
	uint32_t dims, place;
};

struct places {
	VEC(struct place) * all; // by dims
	VEC(uint32_t) * dims;    // by place
};

static uint32_t find_place(const struct places *places, uint32_t dims, bool *found)
{
	uint32_t from = 0, to = vec_count(places->all);
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (places->all->at[middle].dims < dims)
			from = middle + 1;
		else
			to = middle;
	}
	*found = from < vec_count(places->all) && places->all->at[from].dims == dims;
	return from;
}

static void add_place(struct places *places, uint32_t dims)
{
	bool found;
	uint32_t i = find_place(places, dims, &found);
	if (found)
		return;
	struct place *added = vec_insert(places->all, i);
	*added = (struct place){dims, vec_count(places->dims)};
	uint32_t *next = vec_push(places->dims);
	*next = dims;
}

static const struct path_credit *told_of(const struct path_part *part, uint32_t dims)
{
	uint32_t from = 0, to = vec_count(part->told);
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (part->told->at[middle].dims < dims)
			from = middle + 1;
		else
			to = middle;
	}
	return from < vec_count(part->told) && part->told->at[from].dims == dims ? &part->told->at[from]
										 : NULL;
}

static void write_dims(const struct fold *fold, const struct path_part *part, const struct places *places,
		       struct codec_writer *w)
{
	static const struct path_credit nothing;
	codec_put_uint(w, vec_count(places->dims));
	for (uint32_t i = 0; i < vec_count(places->dims); i++) {
		const struct path_credit *credit = told_of(part, places->dims->at[i]);
		if (!credit)
			credit = &nothing;
		state_put_dims(fold, places->dims->at[i], w);
		put_sum(w, credit->net);
		put_sum(w, credit->orders);
		put_sum(w, credit->customers);
	}
}

static void write_entry(const struct path_entry *entry, const struct places *places, struct codec_writer *w)
{
	codec_put_text(w, entry->id);
	codec_put_uint(w, entry->is_new_customer);
	put_sum(w, entry->net);
	codec_put_uint(w, vec_count(entry->touches));
	for (uint32_t i = 0; i < vec_count(entry->touches); i++) {
		bool found;
		uint32_t at = find_place(places, entry->touches->at[i], &found);
		codec_put_uint(w, places->all->at[at].place);
	}
}

void path_part_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct path_part *part = entity;
	struct places places = {NULL, NULL};
	for (uint32_t i = 0; i < vec_count(part->entries); i++)
		for (uint32_t k = 0; k < vec_count(part->entries->at[i].touches); k++)
			add_place(&places, part->entries->at[i].touches->at[k]);
	write_dims(fold, part, &places, w);
	codec_put_uint(w, vec_count(part->entries));
	for (uint32_t i = 0; i < vec_count(part->entries); i++)
		write_entry(&part->entries->at[i], &places, w);
	vec_free(places.all);
	vec_free(places.dims);
}

static int compare_credits(const void *a, const void *b)
{
	const struct path_credit *x = a, *y = b;
	return (x->dims > y->dims) - (x->dims < y->dims);
}

static void read_dims(struct fold *fold, struct path_part *part, struct places *places,
		      struct codec_reader *r)
{
	uint32_t count = codec_get_count(r, 6 + INTERN_DIMS);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct path_credit *credit = vec_push(part->told);
		uint32_t *dims = vec_push(places->dims);
		credit->dims = *dims = state_get_full_dims(fold, r);
		credit->net = get_sum(r);
		credit->orders = get_sum(r);
		credit->customers = get_sum(r);
	}
	if (r->broken || !count)
		return;
	qsort(part->told->at, count, sizeof(part->told->at[0]), compare_credits);
	for (uint32_t i = 1; i < count; i++)
		if (part->told->at[i - 1].dims == part->told->at[i].dims)
			r->broken = true;
}

static void read_entry(struct path_entry *entry, const struct places *places, struct codec_reader *r)
{
	codec_get_text(r, entry->id, sizeof(entry->id));
	entry->is_new_customer = codec_get_uint_max(r, 1);
	entry->net = get_sum(r);
	uint32_t count = codec_get_count(r, 1);
	if (!entry->id[0] || !count || count > ATTRIBUTION_TOUCHES_MAX || !vec_count(places->dims))
		r->broken = true;
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		uint32_t *dims = vec_push(entry->touches);
		*dims = places->dims->at[codec_get_uint_max(r, vec_count(places->dims) - 1)];
	}
}

void path_part_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct path_part *part = entity;
	struct places places = {NULL, NULL};
	read_dims(fold, part, &places, r);
	uint32_t count = codec_get_count(r, 6);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct path_entry *entry = vec_push(part->entries);
		read_entry(entry, &places, r);
		if (i && strcmp(entry[-1].id, entry->id) >= 0)
			r->broken = true;
	}
	if (!count)
		r->broken = true;
	vec_free(places.dims);
}

// ---- the days ----

void paths_clear(void *entity)
{
	vec_free(((struct paths *)entity)->days);
}

size_t paths_bytes(const void *entity)
{
	return vec_bytes(((const struct paths *)entity)->days);
}

bool paths_is_empty(const void *entity)
{
	return !vec_count(((const struct paths *)entity)->days);
}

void paths_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct paths *paths = entity;
	int64_t before = 0;
	(void)fold;
	codec_put_uint(w, vec_count(paths->days));
	for (uint32_t i = 0; i < vec_count(paths->days); i++) {
		codec_put_int(w, paths->days->at[i].day - before);
		codec_put_uint(w, paths->days->at[i].has_orders);
		before = paths->days->at[i].day;
	}
}

void paths_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct paths *paths = entity;
	uint32_t count = codec_get_count(r, 2);
	(void)fold;
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct paths_day *day = vec_push(paths->days);
		day->day = state_get_day_from(r, i ? day[-1].day : 0);
		day->has_orders = codec_get_uint_max(r, 1);
		if (i && day[-1].day >= day->day)
			r->broken = true;
	}
}
