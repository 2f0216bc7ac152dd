// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The model of a day: the counts of the 90 local days before it as a chain, and what each channel weighs in
// it. A chain has at most MARKOV_CHANNELS_MAX channels; when there are more, those that most steps go out
// from stay (of equal ones the first by name) and the rest is one channel, "other".
#include "services/metrics/core/markov.h"
#include "services/metrics/core/path_days.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct visited {
	uint32_t channel;
	int64_t steps; // that go out from it
	const char *name;
};

struct model {
	VEC(struct visited) * channels; // by channel; those of the chain
	bool is_full;
	struct markov_chain chain;
};

static uint32_t lower(const struct model *model, uint32_t channel)
{
	uint32_t from = 0, to = vec_count(model->channels);
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (model->channels->at[middle].channel < channel)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool has(const struct model *model, uint32_t index, uint32_t channel)
{
	return index < vec_count(model->channels) && model->channels->at[index].channel == channel;
}

static void visit(const struct fold *fold, struct model *model, uint32_t channel, int64_t steps)
{
	uint32_t i = lower(model, channel);
	if (!has(model, i, channel)) {
		struct visited *added = vec_insert(model->channels, i);
		added->channel = channel;
		added->name = intern_text(fold->intern, channel);
	}
	model->channels->at[i].steps += steps;
}

static int compare_visited(const void *a, const void *b)
{
	const struct visited *x = a, *y = b;
	if (x->steps != y->steps)
		return x->steps > y->steps ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int compare_channels(const void *a, const void *b)
{
	const struct visited *x = a, *y = b;
	return (x->channel > y->channel) - (x->channel < y->channel);
}

// Leaves as many as a chain can have.
static void bound(const struct fold *fold, struct model *model)
{
	uint32_t other = intern_key(fold->intern, "other"), count = vec_count(model->channels);
	if (count <= MARKOV_CHANNELS_MAX)
		return;
	model->is_full = true;
	uint32_t i = lower(model, other);
	if (has(model, i, other))
		vec_remove(model->channels, i);
	qsort(model->channels->at, model->channels->count, sizeof(model->channels->at[0]), compare_visited);
	model->channels->count = MARKOV_CHANNELS_MAX - 1;
	struct visited *rest = vec_push(model->channels);
	*rest = (struct visited){other, 0, "other"};
	qsort(model->channels->at, model->channels->count, sizeof(model->channels->at[0]), compare_channels);
}

static uint32_t place_of(const struct fold *fold, const struct model *model, uint32_t channel)
{
	uint32_t i = lower(model, channel);
	if (!has(model, i, channel))
		i = lower(model, intern_key(fold->intern, "other"));
	assert(i < MARKOV_CHANNELS_MAX);
	return i;
}

static void add_step(const struct fold *fold, struct model *model, const struct path_step *step)
{
	struct markov_chain *chain = &model->chain;
	if (!step->from) {
		chain->first[place_of(fold, model, step->to)] += step->count;
		return;
	}
	uint32_t from = place_of(fold, model, step->from);
	if (!step->to)
		chain->converted[from] += step->count;
	else if (step->to == PATH_LAPSED)
		chain->lapsed[from] += step->count;
	else
		chain->next[from][place_of(fold, model, step->to)] += step->count;
}

static void each_step(const struct fold *fold, struct model *model, int32_t at, bool counts)
{
	const struct paths *paths = path_days(fold);
	uint32_t i = paths_lower(paths, at - PATH_MODEL_DAYS);
	for (; i < vec_count(paths->days) && paths->days->at[i].day < at; i++) {
		const struct path_day *day = path_day(fold, paths->days->at[i].day);
		assert(day);
		for (uint32_t k = 0; k < vec_count(day->steps); k++) {
			const struct path_step *step = &day->steps->at[k];
			if (counts)
				add_step(fold, model, step);
			else if (step->from)
				visit(fold, model, step->from, step->count);
		}
	}
}

static bool take(struct path_day *day, const struct model *model, const int64_t *weights)
{
	uint32_t count = vec_count(model->channels);
	bool same = vec_count(day->weights) == count && day->is_full == model->is_full;
	for (uint32_t i = 0; same && i < count; i++)
		same = day->weights->at[i].channel == model->channels->at[i].channel &&
		       day->weights->at[i].weight == weights[i];
	if (same)
		return false;
	vec_clear(day->weights);
	day->is_full = model->is_full;
	for (uint32_t i = 0; i < count; i++) {
		struct path_weight *weight = vec_push(day->weights);
		*weight = (struct path_weight){model->channels->at[i].channel, weights[i]};
	}
	return true;
}

bool path_model_renew(struct fold *fold, struct path_day *day, int32_t at)
{
	int64_t weights[MARKOV_CHANNELS_MAX];
	struct model *model = memory_get(sizeof(*model));
	each_step(fold, model, at, false);
	bound(fold, model);
	model->chain.count = vec_count(model->channels);
	each_step(fold, model, at, true);
	markov_weights(&model->chain, weights);
	bool changed = take(day, model, weights);
	if (changed)
		fold_dirty(fold, &day->entity);
	vec_free(model->channels);
	memory_free(model);
	return changed;
}

static const struct path_weight *find_weight(const struct path_day *day, uint32_t channel)
{
	uint32_t from = 0, to = vec_count(day->weights);
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (day->weights->at[middle].channel < channel)
			from = middle + 1;
		else
			to = middle;
	}
	bool found = from < vec_count(day->weights) && day->weights->at[from].channel == channel;
	return found ? &day->weights->at[from] : NULL;
}

int64_t path_weight_of(const struct fold *fold, const struct path_day *day, uint32_t channel)
{
	const struct path_weight *weight = find_weight(day, channel);
	if (!weight && day->is_full)
		weight = find_weight(day, intern_key(fold->intern, "other"));
	return weight ? weight->weight : 0;
}
