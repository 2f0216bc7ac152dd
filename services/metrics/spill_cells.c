// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See spill_cells.h. Runs stand in levels: when one holds RUNS_A_LEVEL of them, they become a run of the
// next.
#include "services/metrics/spill_cells.h"

#include "services/metrics/scratch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUNS_A_LEVEL = 16, LEVELS = 12 };

struct run {
	int file;
	uint64_t size;
};

struct level {
	struct run runs[RUNS_A_LEVEL];
	int count;
};

// The next cell of a run that is being read.
struct cursor {
	struct scratch_stream stream;
	struct fold_cell cell;
	char key[FOLD_TEXT_SIZE];
	bool there;
};

struct spill_cells {
	const char *folder;
	struct level levels[LEVELS];
	struct cursor read; // of the one run that is left
};

static int order_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int spill_cell_compare(const struct fold_cell *a, const struct fold_cell *b)
{
	int order = order_int(a->measure, b->measure);
	order = order != 0 ? order : order_int(a->dimension, b->dimension);
	order = order != 0 ? order : order_int(a->grain, b->grain);
	order = order != 0 ? order : order_int(a->bucket_ms, b->bucket_ms);
	order = order != 0 ? order : strcmp(a->key, b->key);
	return order != 0 ? order : order_int(a->level, b->level);
}

struct spill_cells *spill_cells_create(const char *folder)
{
	struct spill_cells *cells = calloc(1, sizeof(*cells));
	assert(cells != NULL);
	cells->folder = folder;
	cells->read.stream.file = -1;
	return cells;
}

static void close_level(struct level *level)
{
	for (int i = 0; i < level->count; i++)
		close(level->runs[i].file);
	level->count = 0;
}

void spill_cells_clear(struct spill_cells *cells)
{
	for (int i = 0; i < LEVELS; i++)
		close_level(&cells->levels[i]);
}

void spill_cells_destroy(struct spill_cells *cells)
{
	if (cells == NULL)
		return;
	spill_cells_clear(cells);
	scratch_stream_fini(&cells->read.stream);
	free(cells);
}

// ---- one cell in a file ----

struct head { // in the machine's own order: the file does not outlive the process
	int64_t bucket_ms, level, revision;
	money_sum delta;
	uint16_t measure, key_size;
	uint8_t dimension, grain, reason, rest;
};

static bool put_cell(struct scratch_stream *out, const struct fold_cell *cell, struct err *e)
{
	struct head head;
	memset(&head, 0, sizeof(head));
	head.bucket_ms = cell->bucket_ms;
	head.level = cell->level;
	head.revision = cell->revision;
	head.delta = cell->delta;
	head.measure = cell->measure;
	head.key_size = (uint16_t)strlen(cell->key);
	head.dimension = cell->dimension;
	head.grain = cell->grain;
	head.reason = cell->reason;
	assert(head.key_size < FOLD_TEXT_SIZE);
	return scratch_put(out, &head, sizeof(head), e) && scratch_put(out, cell->key, head.key_size, e);
}

static bool advance(struct cursor *cursor, struct err *e)
{
	struct head head;
	cursor->there = !scratch_at_end(&cursor->stream);
	if (!cursor->there)
		return true;
	if (!scratch_get(&cursor->stream, &head, sizeof(head), e) ||
	    !scratch_get(&cursor->stream, cursor->key, head.key_size, e))
		return false;
	cursor->key[head.key_size] = '\0';
	cursor->cell = (struct fold_cell){.measure = head.measure,
					  .dimension = head.dimension,
					  .grain = head.grain,
					  .reason = head.reason,
					  .bucket_ms = head.bucket_ms,
					  .level = head.level,
					  .key = cursor->key,
					  .delta = head.delta,
					  .revision = head.revision};
	return true;
}

static void take_in(struct fold_cell *sum, const struct fold_cell *cell)
{
	sum->delta += cell->delta;
	if (cell->revision > sum->revision) {
		sum->revision = cell->revision;
		sum->reason = cell->reason;
	}
}

// ---- merging ----

static bool put_run(struct spill_cells *cells, int level, const struct scratch_stream *written,
		    struct err *e);

static struct cursor *least(struct cursor *cursors, int count)
{
	struct cursor *found = NULL;
	for (int i = 0; i < count; i++)
		if (cursors[i].there &&
		    (found == NULL || spill_cell_compare(&cursors[i].cell, &found->cell) < 0))
			found = &cursors[i];
	return found;
}

// Writes the sum of all cells that are equal to the least one, and goes on.
static bool merge_one(struct cursor *cursors, int count, const struct cursor *first,
		      struct scratch_stream *out, struct err *e)
{
	char key[FOLD_TEXT_SIZE];
	struct fold_cell sum = first->cell;
	memcpy(key, first->key, sizeof(key));
	sum.key = key;
	sum.delta = 0;
	for (int i = 0; i < count; i++) {
		if (!cursors[i].there || spill_cell_compare(&cursors[i].cell, &sum) != 0)
			continue;
		take_in(&sum, &cursors[i].cell);
		if (!advance(&cursors[i], e))
			return false;
	}
	return put_cell(out, &sum, e);
}

static bool merge_into(struct cursor *cursors, int count, struct scratch_stream *out, struct err *e)
{
	struct cursor *first;
	while ((first = least(cursors, count)) != NULL)
		if (!merge_one(cursors, count, first, out, e))
			return false;
	return scratch_flush(out, e);
}

// The runs of a level become one of the next.
static bool merge_level(struct spill_cells *cells, int number, struct err *e)
{
	struct level *level = &cells->levels[number];
	struct scratch_stream out;
	struct cursor *cursors = calloc(RUNS_A_LEVEL, sizeof(*cursors));
	int file = scratch_open(cells->folder, e);
	bool ok = file >= 0;
	assert(cursors != NULL && number + 1 < LEVELS);
	scratch_stream_init(&out, file);
	for (int i = 0; i < level->count; i++) {
		scratch_stream_init(&cursors[i].stream, -1);
		scratch_rewind(&cursors[i].stream, level->runs[i].file, level->runs[i].size);
		ok = ok && advance(&cursors[i], e);
	}
	ok = ok && merge_into(cursors, level->count, &out, e);
	for (int i = 0; i < level->count; i++)
		scratch_stream_fini(&cursors[i].stream);
	free(cursors);
	close_level(level);
	if (ok)
		ok = put_run(cells, number + 1, &out, e);
	else if (file >= 0)
		close(file);
	scratch_stream_fini(&out);
	return ok;
}

// Takes the file.
static bool put_run(struct spill_cells *cells, int level, const struct scratch_stream *written, struct err *e)
{
	struct level *to = &cells->levels[level];
	to->runs[to->count++] = (struct run){.file = written->file, .size = scratch_size(written)};
	return to->count < RUNS_A_LEVEL || merge_level(cells, level, e);
}

bool spill_cells_add(struct spill_cells *cells, const struct fold_cell *run, size_t count, struct err *e)
{
	struct scratch_stream out;
	if (count == 0)
		return true;
	int file = scratch_open(cells->folder, e);
	bool ok = file >= 0;
	scratch_stream_init(&out, file);
	for (size_t i = 0; ok && i < count; i++)
		ok = put_cell(&out, &run[i], e);
	ok = ok && scratch_flush(&out, e);
	if (ok)
		ok = put_run(cells, 0, &out, e);
	else if (file >= 0)
		close(file);
	scratch_stream_fini(&out);
	return ok;
}

// ---- reading ----

static int runs_above(const struct spill_cells *cells, int level)
{
	int count = 0;
	for (int i = level + 1; i < LEVELS; i++)
		count += cells->levels[i].count;
	return count;
}

// Brings all runs together in one, which *out gets (file -1: there is none).
static bool unite(struct spill_cells *cells, struct run *out, struct err *e)
{
	*out = (struct run){.file = -1};
	for (int i = 0; i < LEVELS; i++) {
		struct level *level = &cells->levels[i];
		if (level->count == 1 && runs_above(cells, i) > 0) {
			struct level *above = &cells->levels[i + 1];
			above->runs[above->count++] = level->runs[0];
			level->count = 0;
		} else if (level->count > 1 && !merge_level(cells, i, e)) {
			return false;
		}
		if (level->count == 1)
			*out = level->runs[0];
	}
	return true;
}

bool spill_cells_rewind(struct spill_cells *cells, struct err *e)
{
	struct run run;
	if (!unite(cells, &run, e))
		return false;
	scratch_stream_fini(&cells->read.stream);
	scratch_stream_init(&cells->read.stream, -1);
	scratch_rewind(&cells->read.stream, run.file, run.size);
	return advance(&cells->read, e);
}

const struct fold_cell *spill_cells_at(const struct spill_cells *cells)
{
	return cells->read.there ? &cells->read.cell : NULL;
}

bool spill_cells_next(struct spill_cells *cells, struct err *e)
{
	return advance(&cells->read, e);
}
