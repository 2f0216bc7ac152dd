// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See target.h. Items are filled with zeros behind their texts, so that two lists of the same are the same
// bytes.
#include "services/metrics/core/target.h"

#include "services/metrics/core/kpi.h"

#include <string.h>

enum { DAYS_MAX = 100000 }; // some 270 years

static bool read_day(const char *text, int32_t *out)
{
	struct zone_date date;
	if (!zone_date_parse(text, &date))
		return false;
	*out = (int32_t)zone_date_days(date);
	return *out >= 0 && *out <= DAYS_MAX;
}

bool target_read(const Utarg__V1__Target *stated, const struct moment *moment, struct target *out)
{
	enum fold_dimension dimension = FOLD_TOTAL;
	memset(out, 0, sizeof(*out));
	if (stated->dimension[0] && !fold_dimension_from_name(stated->dimension, &dimension))
		return false;
	out->dimension = (uint8_t)dimension;
	out->moment.t_ms = moment->t_ms;
	memcpy(out->moment.id, moment->id, UUID_SIZE);
	return stated->kpi[0] && text_copy(out->kpi, sizeof(out->kpi), stated->kpi) &&
	       text_copy(out->key, sizeof(out->key), stated->key[0] ? stated->key : "-") &&
	       stated->value[0] && text_copy(out->value, sizeof(out->value), stated->value) &&
	       read_day(stated->first_day, &out->first_day) && read_day(stated->last_day, &out->last_day) &&
	       out->first_day <= out->last_day;
}

static int compare_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare(const struct target *a, const struct target *b)
{
	int order = strcmp(a->kpi, b->kpi);
	order = order ? order : compare_int(a->dimension, b->dimension);
	order = order ? order : strcmp(a->key, b->key);
	order = order ? order : compare_int(a->first_day, b->first_day);
	return order ? order : compare_int(a->last_day, b->last_day);
}

bool targets_set(struct targets *targets, const struct target *target)
{
	uint32_t i = 0;
	int order = 1;
	while (i < vec_count(targets->all) && (order = compare(&targets->all->at[i], target)) < 0)
		i++;
	if (order == 0) {
		struct target *there = &targets->all->at[i];
		if (moment_compare(&there->moment, &target->moment) >= 0)
			return false;
		*there = *target;
		return true;
	}
	struct target *place = vec_insert(targets->all, i);
	*place = *target;
	return true;
}

static bool is_better(const struct target *a, const struct target *b)
{
	int order = compare_int(a->last_day - a->first_day, b->last_day - b->first_day);
	return order < 0 || (order == 0 && a->first_day > b->first_day);
}

const struct target *target_over(const struct target *all, size_t count, const char *kpi,
				 enum fold_dimension dimension, const char *key, int64_t first_day,
				 int64_t last_day)
{
	const struct target *best = NULL;
	for (size_t i = 0; i < count; i++) {
		const struct target *t = &all[i];
		if (t->first_day > first_day || t->last_day < last_day || t->dimension != dimension ||
		    strcmp(t->kpi, kpi) != 0 || strcmp(t->key, key) != 0)
			continue;
		if (!best || is_better(t, best))
			best = t;
	}
	return best;
}

void targets_write(const struct targets *targets, struct codec_writer *w)
{
	codec_put_uint(w, vec_count(targets->all));
	for (uint32_t i = 0; i < vec_count(targets->all); i++) {
		const struct target *t = &targets->all->at[i];
		codec_put_text(w, t->kpi);
		codec_put_uint(w, t->dimension);
		codec_put_text(w, t->key);
		codec_put_uint(w, (uint64_t)t->first_day);
		codec_put_uint(w, (uint64_t)t->last_day);
		codec_put_text(w, t->value);
		codec_put_int(w, t->moment.t_ms);
		codec_put_raw(w, t->moment.id, UUID_SIZE);
	}
}

void targets_read(struct targets *targets, struct codec_reader *r)
{
	uint32_t count = codec_get_count(r, 7 + UUID_SIZE);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct target *t = vec_push(targets->all);
		codec_get_text(r, t->kpi, sizeof(t->kpi));
		t->dimension = (uint8_t)codec_get_uint_max(r, FOLD_DIMENSION_COUNT);
		codec_get_text(r, t->key, sizeof(t->key));
		t->first_day = (int32_t)codec_get_uint_max(r, DAYS_MAX);
		t->last_day = (int32_t)codec_get_uint_max(r, DAYS_MAX);
		codec_get_text(r, t->value, sizeof(t->value));
		t->moment.t_ms = codec_get_int(r);
		codec_get_raw(r, t->moment.id, UUID_SIZE);
		if (t->dimension < FOLD_TOTAL || t->first_day > t->last_day || (i && compare(&t[-1], t) >= 0))
			r->broken = true;
	}
}
