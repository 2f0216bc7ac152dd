// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: from what is remembered to rows.
#include "services/utarg/core/conversions_parts.h"

#include <string.h>

enum { AFTER_MS = 1000 };

// The gclid that brought the order; NULL when none did.
static const char *click_of(const struct conversions *conversions, const struct order *order,
			    int64_t placed_ms)
{
	const struct click *last = NULL;
	struct visitor *visitor;
	HASH_FIND_STR(conversions->visitors, order->visitor, visitor);
	if (visitor == NULL || visitor->is_withdrawn)
		return NULL;
	for (size_t i = 0; i < visitor->click_count; i++) {
		const struct click *click = &visitor->clicks[i];
		bool counts = click->stamp.t_ms <= placed_ms &&
			      click->stamp.t_ms >= placed_ms - conversions->window_ms;
		if (counts && (!last || conversions_compare(&last->stamp, &click->stamp) < 0))
			last = click;
	}
	return last ? last->gclid : NULL;
}

// What the order is worth at an instant, of all that was said up to it.
static int64_t value_at(const struct order *order, int64_t t_ms)
{
	const struct version *version = &order->versions[0];
	for (size_t i = 1; i < order->version_count; i++)
		if (order->versions[i].since_ms <= t_ms)
			version = &order->versions[i];
	struct order_value value = version->value;
	for (size_t i = 0; i < order->refund_count && order->refunds[i].stamp.t_ms <= t_ms; i++)
		order_value_refund(&value, version->currency, order->refunds[i].content);
	return value.left[PART_ITEMS] > 0 ? value.left[PART_ITEMS] : 0;
}

// The order's end: its own word, or the status of its last versions.
static bool find_end(const struct order *order, int64_t *t_ms)
{
	bool is_over = order->is_cancelled;
	*t_ms = order->cancelled_ms;
	for (size_t i = order->version_count; i > 0 && order->versions[i - 1].is_cancelled; i--) {
		int64_t since_ms = order->versions[i - 1].since_ms;
		*t_ms = is_over && *t_ms < since_ms ? *t_ms : since_ms;
		is_over = true;
	}
	return is_over;
}

static int compare_times(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

// The moments at which something was said of the order after it was placed, ascending; the heap's.
static int64_t *list_moments(const struct order *order, int64_t end_ms, size_t *count)
{
	int64_t *moments =
		conversions_get((order->version_count + order->refund_count + 1) * sizeof(*moments));
	*count = 0;
	for (size_t i = 1; i < order->version_count; i++)
		moments[(*count)++] = order->versions[i].since_ms;
	for (size_t i = 0; i < order->refund_count; i++)
		moments[(*count)++] = order->refunds[i].stamp.t_ms;
	moments[(*count)++] = end_ms; // INT64_MAX: it has none
	qsort(moments, *count, sizeof(*moments), compare_times);
	return moments;
}

struct gathering {
	int64_t from_ms, to_ms;
	struct conversion_row *rows;
	size_t count;
};

static void add_row(struct gathering *g, struct conversion_row row)
{
	if (row.t_ms < g->from_ms || row.t_ms >= g->to_ms)
		return;
	g->rows = conversions_insert(g->rows, &g->count, sizeof(*g->rows), g->count);
	g->rows[g->count - 1] = row;
}

static void add_changes(struct gathering *g, const struct order *order, struct conversion_row row)
{
	int64_t end_ms, placed_ms = row.t_ms;
	size_t count;
	bool is_over = find_end(order, &end_ms);
	int64_t *moments = list_moments(order, is_over ? end_ms : INT64_MAX, &count);
	for (size_t i = 0; i < count && moments[i] < INT64_MAX; i++) {
		bool ends = is_over && moments[i] >= end_ms;
		int64_t value = ends ? 0 : value_at(order, moments[i]);
		if (value == row.value_minor && !ends)
			continue;
		row.kind = value > 0 ? CONVERSION_RESTATED : CONVERSION_RETRACTED;
		row.value_minor = value;
		row.t_ms = moments[i] > placed_ms ? moments[i] : placed_ms + AFTER_MS;
		add_row(g, row);
		if (value == 0)
			break;
	}
	free(moments);
}

static int compare_rows(const void *left, const void *right)
{
	const struct conversion_row *a = left, *b = right;
	if (a->t_ms != b->t_ms)
		return a->t_ms < b->t_ms ? -1 : 1;
	int order = strcmp(a->order_id, b->order_id);
	// Of one order at one instant: the greater value was first.
	return order != 0 ? order : (a->value_minor < b->value_minor) - (a->value_minor > b->value_minor);
}

size_t conversions_rows(const struct conversions *conversions, bool made, int64_t from_ms, int64_t to_ms,
			struct conversion_row **rows)
{
	struct gathering g = {.from_ms = from_ms, .to_ms = to_ms};
	for (const struct order *order = conversions->orders; order; order = order->hh.next) {
		if (order->version_count == 0 || order->is_denied)
			continue;
		const struct version *first = &order->versions[0];
		struct conversion_row row = {.kind = CONVERSION_MADE,
					     .t_ms = first->placed_ms,
					     .value_minor = first->value.left[PART_ITEMS],
					     .click_id = click_of(conversions, order, first->placed_ms),
					     .order_id = order->id,
					     .currency = first->currency};
		if (row.click_id == NULL || row.value_minor <= 0)
			continue;
		if (made)
			add_row(&g, row);
		else
			add_changes(&g, order, row);
	}
	if (g.count > 0)
		qsort(g.rows, g.count, sizeof(*g.rows), compare_rows);
	*rows = g.rows;
	return g.count;
}
