// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What is under a topic prefix: the same walk for a new subscription and for a snapshot that was asked for.
// See publish.h. The names before the key narrow the search; every figure found is compared with the prefix
// again, byte by byte, because a prefix may end in the middle of a name.
#include "services/metrics/publish.h"

#include "common/base/clock.h"
#include "services/metrics/figures.h"
#include "services/metrics/metrics.h"
#include "services/metrics/shops.h"
#include "services/metrics/standing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum segment {
	SEGMENT_KPI_WORD,
	SEGMENT_SHOP,
	SEGMENT_KPI,
	SEGMENT_DIMENSION,
	SEGMENT_KEY,
	SEGMENT_WINDOW,
	SEGMENT_START
};

struct walk {
	struct metrics *m;
	const struct topic_prefix *prefix;
	size_t left; // figures
	publish_take *take;
	void *context;
	const struct kpi_row **kpis;
	int64_t now_ms;
};

// Names other than keys and starts are written as they are.
static bool fits(const struct topic_prefix *prefix, enum segment segment, const char *name)
{
	if (prefix->segment_count > (size_t)segment)
		return strcmp(prefix->segments[segment], name) == 0;
	if (prefix->segment_count < (size_t)segment)
		return true;
	const char *slash = strrchr(prefix->text, '/');
	const char *tail = slash != NULL ? slash + 1 : prefix->text;
	return strncmp(name, tail, strlen(tail)) == 0;
}

static bool hand_out_all(struct walk *w, struct shop *shop, const struct figures *figures, struct err *e)
{
	for (size_t i = 0; i < figures->count; i++) {
		char name[BUS_TOPIC_SIZE];
		if (!topic_name(name, shop->slug, shop->zone, &figures->rows[i]) ||
		    strncmp(name, w->prefix->text, w->prefix->size) != 0)
			continue;
		w->left--;
		if (!w->take(w->context, shop, &figures->rows[i], name, e))
			return false;
	}
	return true;
}

static bool hand_out(struct walk *w, struct shop *shop, const struct figures *figures, struct err *e)
{
	struct standings standings;
	if (!standings_of_figures(w->m->db, shop, figures->rows, figures->count, shop->position.as_of_ms,
				  &standings, e))
		return false;
	bool ok = hand_out_all(w, shop, figures, e);
	standings_fini(&standings);
	return ok;
}

// The figures of one dimension and window.
static bool walk_window(struct walk *w, struct shop *shop, enum fold_dimension dimension, enum window window,
			size_t chosen, struct err *e)
{
	const struct topic_prefix *prefix = w->prefix;
	struct figures figures;
	struct figures_query query = {.shop = shop,
				      .kpis = w->kpis,
				      .kpi_count = chosen,
				      .window = window,
				      .dimension = dimension,
				      .has_from = true,
				      .has_to = true,
				      .from_ms = w->now_ms,
				      .now_ms = w->now_ms,
				      .limit = w->left,
				      .with_zeros = true};
	if (prefix->segment_count > SEGMENT_KEY)
		query.key = prefix->segments[SEGMENT_KEY];
	if (prefix->segment_count > SEGMENT_START &&
	    !topic_start_parse(shop->zone, window, prefix->segments[SEGMENT_START], &query.from_ms))
		return true;
	if (window == WINDOW_MINUTE && query.from_ms < shop->position.as_of_ms - FOLD_MINUTE_KEPT_MS)
		return true; // no longer kept
	if (dimension == FOLD_TOTAL && query.key != NULL && strcmp(query.key, "-") != 0)
		return true;
	query.to_ms = query.from_ms + 1;
	if (!figures_read(w->m->db, &query, &figures, e))
		return false;
	bool ok = hand_out(w, shop, &figures, e);
	figures_fini(&figures);
	return ok;
}

static bool walk_shop(struct walk *w, struct shop *shop, struct err *e)
{
	size_t chosen = 0;
	for (const struct kpi_row *kpi = kpi_rows; kpi->name != NULL; kpi++) {
		if (fits(w->prefix, SEGMENT_KPI, kpi->name))
			w->kpis[chosen++] = kpi;
	}
	for (enum fold_dimension d = FOLD_TOTAL; d <= FOLD_DIMENSION_COUNT; d++) {
		if (!fits(w->prefix, SEGMENT_DIMENSION, fold_dimension_name(d)))
			continue;
		for (enum window window = WINDOW_MINUTE; window <= WINDOW_MONTH; window++) {
			if (fits(w->prefix, SEGMENT_WINDOW, window_name(window)) &&
			    !walk_window(w, shop, d, window, chosen, e))
				return false;
		}
	}
	return true;
}

bool publish_figures_under(struct metrics *m, const struct topic_prefix *prefix, struct shop *only,
			   size_t limit, publish_take *take, void *context, struct err *e)
{
	struct walk w = {.m = m,
			 .prefix = prefix,
			 .left = limit,
			 .take = take,
			 .context = context,
			 .kpis = calloc(kpi_count + 1, sizeof(*w.kpis)),
			 .now_ms = clock_now_ms()};
	assert(w.kpis != NULL);
	bool ok = true;
	for (size_t i = 0; ok && i < shops_count(m->shops); i++) {
		struct shop *shop = shops_at(m->shops, i);
		if (shop->shown && (only == NULL || only == shop) && fits(prefix, SEGMENT_SHOP, shop->slug))
			ok = walk_shop(&w, shop, e);
	}
	free(w.kpis);
	return ok;
}

bool publish_check_prefix(struct metrics *m, const struct topic_prefix *prefix, struct err *e)
{
	const char(*names)[TOPIC_SEGMENT_SIZE] = prefix->segments;
	size_t count = prefix->segment_count;
	enum fold_dimension dimension;
	enum window window = WINDOW_DAY;
	int64_t start_ms;
	const struct shop *shop = NULL;
	if (count > SEGMENT_SHOP && (shop = shops_find(m, names[SEGMENT_SHOP], e)) == NULL)
		return false;
	if (count > SEGMENT_KPI && kpi_find(names[SEGMENT_KPI]) == NULL)
		return err_field(e, ERR_BAD_FIELD, "topic_prefix", "there is no key figure \"%s\"",
				 names[SEGMENT_KPI]);
	if (count > SEGMENT_DIMENSION && !fold_dimension_from_name(names[SEGMENT_DIMENSION], &dimension))
		return err_field(e, ERR_BAD_FIELD, "topic_prefix", "there is no dimension \"%s\"",
				 names[SEGMENT_DIMENSION]);
	if (count > SEGMENT_WINDOW && !window_from_name(names[SEGMENT_WINDOW], &window))
		return err_field(e, ERR_BAD_FIELD, "topic_prefix", "there is no window \"%s\"",
				 names[SEGMENT_WINDOW]);
	if (count > SEGMENT_START && !topic_start_parse(shop->zone, window, names[SEGMENT_START], &start_ms))
		return err_field(e, ERR_BAD_FIELD, "topic_prefix", "no %s begins at \"%s\"",
				 window_name(window), names[SEGMENT_START]);
	return true;
}
