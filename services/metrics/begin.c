// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See begin.h. What is told are topics that publish.c then reads and sends like those whose cells changed, so
// that here only their names are looked for: the total, and every key that has a figure now or had one in the
// window before. That one may have nothing left, and its subscribers must see it.
#include "services/metrics/begin.h"

#include "common/base/log.h"
#include "services/metrics/figures.h"
#include "services/metrics/metrics.h"
#include "services/metrics/publish.h"
#include "services/metrics/shops.h"

void begin_ticked(struct metrics *m)
{
	m->begin_next = 0;
}

static bool reaches_far(const struct kpi_term *terms)
{
	bool found = false;
	for (int i = 0; i < KPI_TERM_MAX && terms[i].measure != 0; i++)
		found |= terms[i].reach != KPI_WINDOW;
	return found;
}

// Whether a window of it can be something as soon as it begins.
static bool is_known_at_once(const struct kpi_row *kpi, enum window window)
{
	if (window == WINDOW_MINUTE)
		return measure_rows[kpi->numerator[0].measure].kind == MEASURE_MINUTE;
	return reaches_far(kpi->numerator) || reaches_far(kpi->denominator);
}

static bool tell_keys(struct metrics *m, struct shop *shop, const struct figure *begun, struct err *e)
{
	struct figures found;
	struct figures_query query = {.shop = shop,
				      .kpis = &begun->kpi,
				      .kpi_count = 1,
				      .window = begun->window,
				      .dimension = begun->dimension,
				      .has_from = true,
				      .has_to = true,
				      .from_ms = begun->start_ms - 1,
				      .to_ms = begun->start_ms + 1,
				      .limit = METRICS_FIGURE_MAX};
	if (!figures_read(m->db, &query, &found, e))
		return false;
	for (size_t i = 0; i < found.count; i++) {
		struct figure figure = *begun;
		figure.key = found.rows[i].key;
		publish_begun(m, shop, &figure);
	}
	figures_fini(&found);
	return true;
}

static bool tell_window(struct metrics *m, struct shop *shop, const struct figure *begun, struct err *e)
{
	for (enum fold_dimension d = FOLD_TOTAL; d <= FOLD_DIMENSION_COUNT; d++) {
		struct figure figure = *begun;
		figure.dimension = d;
		figure.key = "-";
		if (!figure_exists(begun->kpi, d, begun->window) ||
		    !publish_is_wanted(m->publish, shop, begun->kpi, d))
			continue;
		if (d == FOLD_TOTAL)
			publish_begun(m, shop, &figure);
		else if (!tell_keys(m, shop, &figure, e))
			return false;
	}
	return true;
}

static bool tell_kpi(struct metrics *m, struct shop *shop, const struct kpi_row *kpi, struct err *e)
{
	for (enum window window = WINDOW_MINUTE; window <= WINDOW_MONTH; window++) {
		struct figure begun = {.kpi = kpi, .window = window};
		zone_window(shop->zone, window, shop->position.as_of_ms, &begun.start_ms, &begun.end_ms);
		if (begun.start_ms > shop->begun_ms && is_known_at_once(kpi, window) &&
		    !tell_window(m, shop, &begun, e))
			return false;
	}
	return true;
}

// False: the database failed.
static bool tell_shop(struct metrics *m, struct shop *shop)
{
	for (const struct kpi_row *kpi = kpi_rows; kpi->name != NULL; kpi++) {
		struct err e = {0};
		if (!publish_is_wanted(m->publish, shop, kpi, 0) || tell_kpi(m, shop, kpi, &e))
			continue;
		if (db_fault(m->db) != DB_FAULT_NONE) {
			metrics_outage(m, &e);
			return false;
		}
		log_warn("begun_window_not_told", LOG_STR("shop", shop->slug), LOG_STR("kpi", kpi->name),
			 LOG_STR("reason", e.text));
	}
	return true;
}

bool begin_round(struct metrics *m)
{
	for (; m->begin_next < shops_count(m->shops); m->begin_next++) {
		struct shop *shop = shops_at(m->shops, m->begin_next);
		if (!shop->shown || shop->begun_ms >= shop->position.as_of_ms)
			continue;
		// Before it was shown first nobody was told anything: they get a snapshot.
		bool is_new = shop->begun_ms == 0;
		if (!is_new && !tell_shop(m, shop))
			return false;
		shop->begun_ms = shop->position.as_of_ms;
		if (!is_new)
			return true;
	}
	return false;
}
