// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/mix.h"

#include "services/utarg/core/csv.h"
#include "services/utarg/core/period.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS_OF_WEEK = 7, THURSDAY = 3 };

struct column {
	int group;
	size_t order; // of its adding
	char *name, *missing;
	char **cells; // a week each; NULL: missing
};

struct mix {
	struct zone_date monday;
	size_t week_count;
	struct column *columns;
	size_t column_count;
};

static char *copy(const char *text)
{
	char *memory = malloc(strlen(text) + 1);
	if (memory == NULL)
		abort();
	memcpy(memory, text, strlen(text) + 1);
	return memory;
}

struct mix *mix_create(struct zone_date first, struct zone_date last)
{
	struct mix *mix = calloc(1, sizeof(*mix));
	if (mix == NULL)
		abort();
	mix->monday = zone_date_add(first, -zone_weekday(first));
	int64_t days = zone_date_days(last) - zone_date_days(mix->monday);
	mix->week_count = days < 0 ? 0 : (size_t)(days / DAYS_OF_WEEK + 1);
	return mix;
}

void mix_destroy(struct mix *mix)
{
	if (mix == NULL)
		return;
	for (size_t i = 0; i < mix->column_count; i++) {
		for (size_t week = 0; week < mix->week_count; week++)
			free(mix->columns[i].cells[week]);
		free(mix->columns[i].cells);
		free(mix->columns[i].name);
		free(mix->columns[i].missing);
	}
	free(mix->columns);
	free(mix);
}

size_t mix_week_count(const struct mix *mix)
{
	return mix->week_count;
}

struct zone_date mix_monday(const struct mix *mix, size_t week)
{
	return zone_date_add(mix->monday, (int)week * DAYS_OF_WEEK);
}

// A week is of the year that has its Thursday.
const char *mix_week_name(struct zone_date monday, char out[MIX_WEEK_SIZE])
{
	struct zone_date thursday = zone_date_add(monday, THURSDAY);
	int64_t day = zone_date_days(thursday) - zone_date_days((struct zone_date){thursday.year, 1, 1});
	snprintf(out, MIX_WEEK_SIZE, "%04d-W%02d", thursday.year % 10000, (int)(day / DAYS_OF_WEEK) + 1);
	return out;
}

static struct column *find_column(const struct mix *mix, const char *name)
{
	for (size_t i = 0; i < mix->column_count; i++)
		if (strcmp(mix->columns[i].name, name) == 0)
			return &mix->columns[i];
	return NULL;
}

void mix_column(struct mix *mix, int group, const char *name, const char *missing)
{
	if (find_column(mix, name))
		return;
	mix->columns = realloc(mix->columns, (mix->column_count + 1) * sizeof(*mix->columns));
	char **cells = calloc(mix->week_count + 1, sizeof(*cells));
	if (mix->columns == NULL || cells == NULL)
		abort();
	mix->columns[mix->column_count] =
		(struct column){group, mix->column_count, copy(name), copy(missing), cells};
	mix->column_count++;
}

void mix_put(struct mix *mix, const char *name, struct zone_date day, const char *value)
{
	struct column *column = find_column(mix, name);
	int64_t days = zone_date_days(day) - zone_date_days(mix->monday);
	assert(column);
	if (days < 0 || days / DAYS_OF_WEEK >= (int64_t)mix->week_count)
		return;
	char **cell = &column->cells[days / DAYS_OF_WEEK];
	free(*cell);
	*cell = copy(value);
}

static int compare_columns(const void *left, const void *right)
{
	const struct column *a = left, *b = right;
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->group == MIX_FIRST)
		return a->order < b->order ? -1 : 1;
	return strcmp(a->name, b->name);
}

void mix_write(const struct mix *mix, FILE *out)
{
	char week[MIX_WEEK_SIZE], day[PERIOD_DAY_SIZE];
	if (mix->column_count > 0)
		qsort(mix->columns, mix->column_count, sizeof(*mix->columns), compare_columns);
	fputs("week,monday", out);
	for (size_t i = 0; i < mix->column_count; i++)
		csv_put(out, mix->columns[i].name, false);
	fputc('\n', out);
	for (size_t row = 0; row < mix->week_count; row++) {
		struct zone_date monday = mix_monday(mix, row);
		csv_put(out, mix_week_name(monday, week), true);
		csv_put(out, period_day(monday, day), false);
		for (size_t i = 0; i < mix->column_count; i++) {
			const struct column *column = &mix->columns[i];
			csv_put(out, column->cells[row] ? column->cells[row] : column->missing, false);
		}
		fputc('\n', out);
	}
}
