// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Changes of cells on disk: sorted runs that are merged into longer ones, at last into one that is read in
// key order. Of equal cells the deltas are added and the greatest revision stands, as in the table. Memory: a
// buffer for each run that is merged, 17 at most, a MiB in all.
#pragma once

#include "common/base/err.h"
#include "services/metrics/core/fold.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spill_cells;

struct spill_cells *spill_cells_create(const char *folder); // folder: borrowed
void spill_cells_destroy(struct spill_cells *cells);
void spill_cells_clear(struct spill_cells *cells);
// A run: cells as fold_cells tells them, in its order.
bool spill_cells_add(struct spill_cells *cells, const struct fold_cell *run, size_t count, struct err *e);
// Afterwards nothing is added; cells are read in key order.
bool spill_cells_rewind(struct spill_cells *cells, struct err *e);
// The cell at hand, NULL behind the last one. It lives until the next call.
const struct fold_cell *spill_cells_at(const struct spill_cells *cells);
bool spill_cells_next(struct spill_cells *cells, struct err *e);

// By (measure, dimension, grain, bucket, key, level): the order of fold_cells and of the table's key.
int spill_cell_compare(const struct fold_cell *a, const struct fold_cell *b);
