// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/sums.h"

#include <assert.h>
#include <string.h>

void sums_clear(struct sums *sums)
{
	memset(sums->at, 0, sizeof(sums->at));
	memset(sums->revisions, 0, sizeof(sums->revisions));
	vec_clear(sums->levels);
}

void sums_fini(struct sums *sums)
{
	vec_free(sums->levels);
}

static bool is_before(const struct sums_level *a, uint16_t measure, int64_t level)
{
	return a->measure != measure ? a->measure < measure : a->level < level;
}

static void add_level(struct sums *sums, uint16_t measure, int64_t level, money_sum count)
{
	uint32_t i = vec_count(sums->levels);
	while (i > 0 && !is_before(&sums->levels->at[i - 1], measure, level))
		i--;
	if (i < vec_count(sums->levels) && sums->levels->at[i].measure == measure &&
	    sums->levels->at[i].level == level) {
		sums->levels->at[i].count += count;
		return;
	}
	struct sums_level *added = vec_insert(sums->levels, i);
	*added = (struct sums_level){measure, level, count};
}

void sums_add(struct sums *sums, uint16_t measure, enum kpi_reach reach, int64_t level, money_sum value,
	      int64_t revision)
{
	assert(measure > 0 && measure < MEASURE_COUNT && reach < KPI_REACH_COUNT);
	sums->at[reach][measure] += value;
	if (sums->revisions[reach][measure] <= revision)
		sums->revisions[reach][measure] = revision + 1;
	if (measure_rows[measure].kind == MEASURE_LEVEL)
		add_level(sums, measure, level, value);
}

static bool has_cell(const struct sums *sums, const struct kpi_term *terms)
{
	bool found = false;
	for (int i = 0; i < KPI_TERM_MAX && terms[i].measure; i++)
		found |= sums->revisions[terms[i].reach][terms[i].measure] != 0;
	return found;
}

bool sums_has_cell(const struct sums *sums, const struct kpi_row *row)
{
	return has_cell(sums, row->numerator) || has_cell(sums, row->denominator);
}

static bool is_any(const struct sums *sums, const struct kpi_term *terms)
{
	bool found = false;
	for (int i = 0; i < KPI_TERM_MAX && terms[i].measure; i++)
		found |= sums->at[terms[i].reach][terms[i].measure] != 0;
	return found;
}

bool sums_is_any(const struct sums *sums, const struct kpi_row *row)
{
	return is_any(sums, row->numerator) || is_any(sums, row->denominator);
}

static int64_t terms_revision(const struct sums *sums, const struct kpi_term *terms, int64_t revision)
{
	for (int i = 0; i < KPI_TERM_MAX && terms[i].measure; i++) {
		int64_t found = sums->revisions[terms[i].reach][terms[i].measure] - 1;
		revision = found > revision ? found : revision;
	}
	return revision;
}

int64_t sums_revision(const struct sums *sums, const struct kpi_row *row)
{
	return terms_revision(sums, row->denominator, terms_revision(sums, row->numerator, 0));
}

static money_sum term_sum(const struct sums *sums, const struct kpi_term *terms)
{
	money_sum total = 0;
	for (int i = 0; i < KPI_TERM_MAX && terms[i].measure; i++)
		total += terms[i].sign * sums->at[terms[i].reach][terms[i].measure];
	return total;
}

// Nearest rank: the smallest level up to which at least `percent` of all lie.
static void percentile(const struct sums *sums, const struct kpi_row *row, money_sum *numerator,
		       money_sum *denominator)
{
	uint16_t measure = row->numerator[0].measure;
	money_sum all = sums->at[KPI_WINDOW][measure], below = 0;
	*numerator = 0;
	*denominator = all > 0;
	for (uint32_t i = 0; all > 0 && i < vec_count(sums->levels); i++) {
		const struct sums_level *level = &sums->levels->at[i];
		if (level->measure != measure)
			continue;
		below += level->count;
		if (below * 100 >= all * row->percent) {
			*numerator = level->level;
			return;
		}
	}
}

void sums_fraction(const struct sums *sums, const struct kpi_row *row, money_sum *numerator,
		   money_sum *denominator)
{
	if (row->form == KPI_PERCENTILE) {
		percentile(sums, row, numerator, denominator);
		return;
	}
	*numerator = term_sum(sums, row->numerator);
	*denominator = row->denominator[0].measure ? term_sum(sums, row->denominator) : 1;
}
