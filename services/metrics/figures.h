// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// From cells to figures: sums the cells of a window and divides by the rows of core/kpi.h. Reads tables
// only, in the transaction its caller has opened, so that figures and position belong together.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/db/db.h"
#include "services/metrics/core/kpi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/metrics.pb-c.h"

struct shop;
struct standing;

struct figure {
	money_sum numerator, denominator;
	const struct kpi_row *kpi;
	const char *key; // owned by the figures, or by whoever made the point
	int64_t start_ms, end_ms;
	int64_t revision; // 0: no cell
	enum window window;
	enum fold_dimension dimension;
	const struct standing *standing; // of its target, NULL: none; whoever set it owns it (standing.h)
};

struct figures {
	struct figure *rows;
	size_t count, capacity;
	char **keys; // what `key` points at
	size_t key_count, key_capacity;
};
void figures_fini(struct figures *figures);

// What is asked for. Kpis that are not kept by the dimension or the window are left out.
struct figures_query {
	const struct shop *shop;
	const struct kpi_row *const *kpis;
	size_t kpi_count;
	enum window window;
	enum fold_dimension dimension;
	const char *key;        // NULL: all keys
	bool has_from, has_to;  // without: from the first, to the last window that has cells
	int64_t from_ms, to_ms; // half-open
	int64_t now_ms;         // where `to` is open but `from` is not, or data lies ahead: up to its window
	size_t limit;           // figures; TOO_MANY beyond
	// Keys whose cells have all come to zero, too: for telling somebody who may know an older value.
	// Which cells there are depends on the order of arrival; what is not zero does not.
	bool with_zeros;
};

// By kpi (in the order of kpi_rows), key, start. The total gets every window of the range, zeros included;
// other dimensions the keys that have something in the window.
bool figures_read(struct db *db, const struct figures_query *query, struct figures *out, struct err *e);
// Fills in numerator, denominator and revision of figures that name their kpi, dimension, key and window.
bool figures_read_points(struct db *db, const struct shop *shop, struct figure *points, size_t count,
			 struct err *e);

// The same of one figure, and the sums it is made of. sums: empty, the caller's to give back.
struct sums;
bool figure_read_sums(struct db *db, const struct shop *shop, struct figure *point, struct sums *sums,
		      struct err *e);

// Whether the kpi is kept for both.
bool figure_exists(const struct kpi_row *kpi, enum fold_dimension dimension, enum window window);
// As a message, in the arena (borrowing the shop's and the kpi's names only). NULL: the arena is full.
Utarg__V1__Figure *figure_message(const struct figure *figure, const struct shop *shop, int64_t as_of_seq,
				  int64_t as_of_ms, struct arena *arena);
