// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A target's standing as a message. See standing.h.
#include "services/metrics/shops.h"
#include "services/metrics/standing.h"

#include <stdio.h>
#include <string.h>

enum { SHARE_DECIMALS = 6, DAY_TEXT_SIZE = 24 };

static char *copy(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

static char *day_text(struct arena *arena, int32_t day)
{
	char text[DAY_TEXT_SIZE];
	struct zone_date date = zone_date_add((struct zone_date){1970, 1, 1}, day);
	snprintf(text, sizeof(text), "%04d-%02d-%02d", date.year, date.month, date.day);
	return copy(arena, text);
}

static Utarg__V1__Target *target_message(const struct target *target, struct arena *arena)
{
	Utarg__V1__Target *out = arena_alloc(arena, sizeof(*out));
	if (out == NULL)
		return NULL;
	utarg__v1__target__init(out);
	out->kpi = copy(arena, target->kpi);
	out->dimension = copy(arena, fold_dimension_name((enum fold_dimension)target->dimension));
	out->key = copy(arena, target->key);
	out->first_day = day_text(arena, target->first_day);
	out->last_day = day_text(arena, target->last_day);
	out->value = copy(arena, target->value);
	return out;
}

static char *value_text(const struct standing *s, struct forecast_fraction f, const char *currency,
			struct arena *arena)
{
	char text[KPI_VALUE_SIZE];
	kpi_value(s->kpi, f.numerator, f.denominator, currency, text);
	return copy(arena, text);
}

// The value divided by the share of the target.
static char *share_text(const struct standing *s, struct forecast_fraction share, const char *currency,
			struct arena *arena)
{
	char text[MONEY_TEXT_SIZE] = "";
	int64_t units;
	money_sum numerator, denominator;
	if (s->denominator > 0 && money_parse(s->target.value, kpi_decimals(s->kpi, currency), &units) &&
	    units > 0 && share.numerator > 0) {
		kpi_from_units(s->kpi, units, &numerator, &denominator);
		money_ratio_text(s->numerator * denominator * share.denominator,
				 s->denominator * numerator * share.numerator, SHARE_DECIMALS, text);
	}
	return copy(arena, text);
}

Utarg__V1__TargetStanding *standing_message(const struct standing *s, const struct shop *shop,
					    struct arena *arena)
{
	static const struct forecast_fraction whole = {1, 1};
	const char *currency = shop->currency;
	bool is_ratio = s->kpi->denominator[0].measure != 0;
	Utarg__V1__TargetStanding *out = arena_alloc(arena, sizeof(*out));
	if (out == NULL)
		return NULL;
	utarg__v1__target_standing__init(out);
	out->target = target_message(&s->target, arena);
	out->unit = (Utarg__V1__Unit)s->kpi->unit;
	if (s->kpi->unit == KPI_MONEY)
		out->currency = copy(arena, currency);
	out->value = value_text(s, (struct forecast_fraction){s->numerator, s->denominator}, currency, arena);
	out->progress = share_text(s, whole, currency, arena);
	if (s->has_due)
		out->pace = share_text(s, s->due, currency, arena);
	else if (is_ratio) // all of a ratio is due at any time
		out->pace = out->progress;
	if (s->has_forecast) {
		out->forecast = value_text(s, s->forecast.value, currency, arena);
		out->forecast_low = value_text(s, s->forecast.low, currency, arena);
		out->forecast_high = value_text(s, s->forecast.high, currency, arena);
	}
	out->note = copy(arena, s->note);
	out->revision = (uint64_t)s->revision;
	return arena->exhausted ? NULL : out;
}

bool standings_build(struct standings *standings, const struct shop *shop, struct arena *arena)
{
	for (size_t i = 0; i < standings->count && !arena->exhausted; i++)
		standings->rows[i].message = standing_message(&standings->rows[i], shop, arena);
	return !arena->exhausted;
}
