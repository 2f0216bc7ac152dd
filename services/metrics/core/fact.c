// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/fact.h"

#include "services/metrics/core/hash.h"
#include "services/metrics/core/history.h"
#include "services/metrics/core/level.h"
#include "services/metrics/core/tally.h"
#include "services/metrics/core/vec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// Measures as bits.
struct measure_set {
	uint64_t bits[(MEASURE_COUNT + 63) / 64];
};

static void set_add(struct measure_set *set, uint16_t measure)
{
	set->bits[measure / 64] |= UINT64_C(1) << measure % 64;
}

static bool set_has(const struct measure_set *set, uint16_t measure)
{
	return set->bits[measure / 64] >> measure % 64 & 1;
}

// What an event does to one row or one distinct cell.
struct fact {
	struct tally_key key;
	int64_t from_ms;  // 0, or from when on it counts
	money_sum amount; // identity: netted
	money_sum value;  // what of it counts
};

struct bucket_row { // starts of the buckets that hold a quarter of an hour
	int64_t quarter;
	int64_t hour_ms, day_ms, week_ms, month_ms;
};
enum { BUCKET_ROWS = 512, MERGE_BACK = 24 };

struct fact_book {
	struct intern *intern;
	const struct zone *zone;
	struct fact *facts; // of the event under way
	size_t fact_count, fact_capacity;
	struct tally_key left, joined; // levels something moves between; measure 0: nothing moves
	struct tally *rows;            // (measure, minute, dims)
	struct tally *cells;           // (measure, dimension, grain, bucket, key)
	struct tally *open;            // both, as cells; made by fact_cells
	struct history_book *history;
	struct fold_cell *out;
	size_t out_capacity;
	uint32_t total_key;
	struct bucket_row buckets[BUCKET_ROWS];
};

struct fact_book *fact_book_create(struct intern *intern)
{
	struct fact_book *book = memory_get(sizeof(*book));
	book->intern = intern;
	book->rows = tally_create();
	book->cells = tally_create();
	book->open = tally_create();
	book->history = history_create(intern);
	book->total_key = intern_key(intern, "-");
	fact_set_zone(book, NULL);
	return book;
}

void fact_book_destroy(struct fact_book *book)
{
	if (!book)
		return;
	tally_destroy(book->rows);
	tally_destroy(book->cells);
	tally_destroy(book->open);
	history_destroy(book->history);
	memory_free(book->facts);
	memory_free(book->out);
	memory_free(book);
}

void fact_set_zone(struct fact_book *book, const struct zone *zone)
{
	book->zone = zone;
	for (int i = 0; i < BUCKET_ROWS; i++)
		book->buckets[i].quarter = INT64_MIN;
}

uint32_t fact_total_key(const struct fact_book *book)
{
	return book->total_key;
}

// ---- buckets ----

static const struct bucket_row *bucket_row(struct fact_book *book, int32_t minute)
{
	int64_t quarter = minute >= 0 ? minute / 15 : -((14 - (int64_t)minute) / 15);
	struct bucket_row *row = &book->buckets[(uint64_t)quarter % BUCKET_ROWS];
	if (row->quarter == quarter)
		return row;
	int64_t t_ms = quarter * 900000, end_ms;
	row->quarter = quarter;
	zone_window(book->zone, WINDOW_HOUR, t_ms, &row->hour_ms, &end_ms);
	zone_window(book->zone, WINDOW_DAY, t_ms, &row->day_ms, &end_ms);
	zone_window(book->zone, WINDOW_WEEK, t_ms, &row->week_ms, &end_ms);
	zone_window(book->zone, WINDOW_MONTH, t_ms, &row->month_ms, &end_ms);
	return row;
}

int64_t fact_bucket_ms(struct fact_book *book, enum fold_grain grain, int32_t minute)
{
	const struct bucket_row *row = bucket_row(book, minute);
	switch (grain) {
	case FOLD_MINUTE:
		return (int64_t)minute * 60000;
	case FOLD_QUARTER:
		return row->quarter * 900000;
	case FOLD_HOUR:
		return row->hour_ms;
	case FOLD_DAY:
		return row->day_ms;
	case FOLD_WEEK:
		return row->week_ms;
	case FOLD_MONTH:
		return row->month_ms;
	}
	return 0;
}

// ---- facts of the event under way ----

static bool same_fact(const struct fact *a, const struct fact *b)
{
	return tally_key_is(&a->key, &b->key) && a->from_ms == b->from_ms;
}

static void put(struct fact_book *book, const struct fact *fact)
{
	size_t back = book->fact_count > MERGE_BACK ? book->fact_count - MERGE_BACK : 0;
	for (size_t i = book->fact_count; i > back; i--) {
		struct fact *other = &book->facts[i - 1];
		if (same_fact(other, fact)) {
			other->amount += fact->amount;
			other->value += fact->value;
			return;
		}
	}
	if (book->fact_count == book->fact_capacity) {
		book->fact_capacity = book->fact_capacity * 2 + 64;
		book->facts = memory_resize(book->facts, book->fact_capacity * sizeof(*book->facts));
	}
	book->facts[book->fact_count++] = *fact;
}

static struct tally_key row_key(uint16_t measure, int32_t minute, uint32_t dims)
{
	return (struct tally_key){.measure = measure, .at = minute, .key = dims};
}

void fact_put(struct fact_book *book, uint16_t measure, int32_t minute, uint32_t dims, money_sum amount)
{
	if (!amount)
		return;
	struct fact fact = {row_key(measure, minute, dims), 0, amount, amount};
	put(book, &fact);
}

void fact_put_level(struct fact_book *book, uint16_t measure, int32_t minute, uint32_t dims, int64_t level,
		    int amount)
{
	struct fact fact = {row_key(measure, minute, dims), 0, amount, amount};
	fact.key.level = level;
	put(book, &fact);
}

void fact_put_moving(struct fact_book *book, uint16_t measure, int32_t minute, uint32_t dims,
		     int64_t since_ms, int64_t level, int amount)
{
	// The instant sets the stamp apart from a fact that stands at level 0 for good.
	struct fact stamp = {row_key(measure, minute, dims), since_ms, amount, 0};
	struct fact value = {row_key(measure, minute, dims), 0, 0, amount};
	value.key.level = level;
	put(book, &stamp);
	put(book, &value);
}

void fact_move_level(struct fact_book *book, uint16_t measure, int32_t minute, uint32_t dims, int64_t from,
		     int64_t to)
{
	assert(!book->left.measure);
	if (from == to)
		return;
	book->left = row_key(measure, minute, dims);
	book->left.level = from;
	book->joined = book->left;
	book->joined.level = to;
}

void fact_put_from(struct fact_book *book, uint16_t measure, int32_t minute, uint32_t dims, int64_t from_ms,
		   money_sum amount, money_sum value)
{
	struct fact fact = {row_key(measure, minute, dims), from_ms, amount, value};
	put(book, &fact);
}

void fact_put_cell(struct fact_book *book, uint16_t measure, enum fold_grain grain, int64_t bucket_ms,
		   enum fold_dimension dimension, uint32_t key, int amount)
{
	struct tally_key cell = {.measure = measure,
				 .grain = (uint8_t)grain,
				 .dimension = (uint8_t)dimension,
				 .at = bucket_ms,
				 .key = key};
	struct fact fact = {cell, 0, amount, amount};
	put(book, &fact);
}

static int fact_compare(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;
	int order = memcmp(&x->key, &y->key, sizeof(x->key));
	return order ? order : (x->from_ms > y->from_ms) - (x->from_ms < y->from_ms);
}

// Nets equal facts; what is neither netted nor counts is dropped.
static size_t net(struct fact *facts, size_t count)
{
	size_t kept = 0;
	if (count > MERGE_BACK)
		qsort(facts, count, sizeof(*facts), fact_compare);
	for (size_t i = 0; i < count; i++) {
		if (kept && same_fact(&facts[kept - 1], &facts[i])) {
			facts[kept - 1].amount += facts[i].amount;
			facts[kept - 1].value += facts[i].value;
		} else {
			if (kept && !facts[kept - 1].amount && !facts[kept - 1].value)
				kept--;
			facts[kept++] = facts[i];
		}
	}
	if (kept && !facts[kept - 1].amount && !facts[kept - 1].value)
		kept--;
	return kept;
}

// ---- opening a row into its cells ----

static const enum fold_grain sum_grains[] = {FOLD_MINUTE, FOLD_QUARTER, FOLD_DAY, 0};
static const enum fold_grain day_grains[] = {FOLD_DAY, 0};
static const enum fold_grain minute_grains[] = {FOLD_MINUTE, 0};
static const enum fold_grain level_grains[] = {FOLD_QUARTER, FOLD_DAY, 0};
static const enum fold_grain distinct_grains[] = {FOLD_MINUTE, FOLD_HOUR, FOLD_DAY, FOLD_WEEK, FOLD_MONTH, 0};

static const enum fold_grain *grains_of(uint16_t measure)
{
	switch (measure_rows[measure].kind) {
	case MEASURE_SUM:
		return sum_grains;
	case MEASURE_DAY:
	case MEASURE_STANDING:
		return day_grains;
	case MEASURE_MINUTE:
		return minute_grains;
	case MEASURE_LEVEL:
		return level_grains;
	case MEASURE_DISTINCT:
		return distinct_grains;
	}
	return day_grains;
}

enum { OPEN_MAX = FOLD_CELLS_A_CHANGE };

// The cells of a row; a cell is its own only cell.
static size_t open_key(struct fact_book *book, const struct tally_key *key, struct tally_key out[OPEN_MAX])
{
	size_t count = 0;
	if (key->grain) {
		out[0] = *key;
		return 1;
	}
	const struct dims *dims = intern_dims_at(book->intern, key->key);
	for (const enum fold_grain *grain = grains_of(key->measure); *grain; grain++) {
		int64_t bucket_ms = fact_bucket_ms(book, *grain, (int32_t)key->at);
		for (int d = FOLD_TOTAL; d <= FOLD_DIMENSION_COUNT; d++) {
			uint32_t value = d == FOLD_TOTAL ? book->total_key : dims->key[INTERN_INDEX(d)];
			if (value)
				out[count++] = (struct tally_key){.measure = key->measure,
								  .grain = (uint8_t)*grain,
								  .dimension = (uint8_t)d,
								  .at = bucket_ms,
								  .level = key->level,
								  .key = value};
		}
	}
	return count;
}

// Stamps the cells of one measure whose net is not zero.
static void stamp_exactly(struct fact_book *book, uint16_t measure, const struct fact_stamp *stamp)
{
	size_t count = 0, capacity = 0;
	struct fact *cells = NULL;
	for (size_t i = 0; i < book->fact_count; i++) {
		const struct fact *fact = &book->facts[i];
		struct tally_key keys[OPEN_MAX];
		if (fact->key.measure != measure)
			continue;
		size_t opened = open_key(book, &fact->key, keys);
		if (count + opened > capacity) {
			capacity = (count + opened) * 2;
			cells = memory_resize(cells, capacity * sizeof(*cells));
		}
		for (size_t k = 0; k < opened; k++)
			cells[count++] = (struct fact){keys[k], fact->from_ms, fact->amount, 0};
	}
	qsort(cells, count, sizeof(*cells), fact_compare);
	for (size_t i = 0; i < count;) {
		money_sum sum = 0;
		size_t k = i;
		for (; k < count && same_fact(&cells[i], &cells[k]); k++)
			sum += cells[k].amount;
		if (sum)
			tally_add(book->cells, &cells[i].key, 0, stamp);
		i = k;
	}
	memory_free(cells);
}

// ---- history of closed days ----

// The day of a fact that makes history when days before open_ms are over; INT64_MAX: it makes none.
static int64_t closed_day(struct fact_book *book, const struct tally_key *key, int64_t open_ms)
{
	if (key->grain)
		return key->grain == FOLD_DAY && key->at < open_ms ? key->at : INT64_MAX;
	if (key->at * 60000 >= open_ms || !measure_makes_history(key->measure))
		return INT64_MAX;
	return fact_bucket_ms(book, FOLD_DAY, (int32_t)key->at);
}

// A fact of the clock counts when its instant had come by the whole minute of receipt: so it does not matter
// when the event is folded.
static void note_history(struct fact_book *book, const struct fact_stamp *stamp)
{
	int32_t minute = (int32_t)(stamp->received_at_ms / 60000);
	int64_t open_ms = fact_bucket_ms(book, FOLD_DAY, minute);
	int64_t grace_ms = INT64_MAX;
	if (stamp->received_at_ms - open_ms < 60000)
		grace_ms = fact_bucket_ms(book, FOLD_DAY, (int32_t)(open_ms / 60000) - 1);
	for (size_t i = 0; i < book->fact_count; i++) {
		const struct fact *fact = &book->facts[i];
		int64_t day_ms = closed_day(book, &fact->key, open_ms), now_ms = minute * INT64_C(60000);
		struct tally_key key = fact->key;
		if (day_ms == INT64_MAX || fact->from_ms > now_ms)
			continue;
		// What the clock moves from level to level (fact_put_moving) stood there when the event came.
		if (fact->from_ms && measure_rows[key.measure].kind == MEASURE_LEVEL)
			key.level = level_of(now_ms - fact->from_ms);
		history_add(book->history, day_ms, &key, fact->amount);
	}
	int64_t day_ms = book->left.measure ? closed_day(book, &book->left, open_ms) : INT64_MAX;
	if (day_ms != INT64_MAX) {
		history_add(book->history, day_ms, &book->left, -1);
		history_add(book->history, day_ms, &book->joined, 1);
	}
	history_settle(book->history, stamp, grace_ms);
}

// Facts of both signs in one measure: some cell may be left as it was.
static bool find_mixed(const struct fact_book *book, struct measure_set *mixed)
{
	struct measure_set plus = {0}, minus = {0};
	bool any = false;
	for (size_t i = 0; i < book->fact_count; i++)
		any |= book->facts[i].amount < 0;
	if (!any)
		return false; // mostly
	any = false;
	for (size_t i = 0; i < book->fact_count; i++) {
		const struct fact *fact = &book->facts[i];
		uint16_t measure = fact->key.measure;
		if (fact->amount > 0)
			set_add(&plus, measure);
		else if (fact->amount < 0)
			set_add(&minus, measure);
		if (set_has(&plus, measure) && set_has(&minus, measure)) {
			set_add(mixed, measure);
			any = true;
		}
	}
	return any;
}

static void settle_move(struct fact_book *book, const struct fact_stamp *stamp)
{
	if (!book->left.measure)
		return;
	tally_add(book->rows, &book->left, -1, stamp);
	tally_add(book->rows, &book->joined, 1, stamp);
	book->left.measure = 0;
}

void fact_settle(struct fact_book *book, const struct fact_stamp *stamp)
{
	struct measure_set mixed = {0};
	book->fact_count = net(book->facts, book->fact_count);
	bool any_mixed = find_mixed(book, &mixed);
	for (size_t i = 0; i < book->fact_count; i++) {
		const struct fact *fact = &book->facts[i];
		bool is_mixed = any_mixed && set_has(&mixed, fact->key.measure);
		// Without an amount nothing was told anew: only the value is put right, unstamped.
		const struct fact_stamp *with = is_mixed || !fact->amount ? NULL : stamp;
		tally_add(fact->key.grain ? book->cells : book->rows, &fact->key, fact->value, with);
	}
	for (uint16_t word = 0; any_mixed && word < sizeof(mixed.bits) / sizeof(mixed.bits[0]); word++)
		for (uint64_t left = mixed.bits[word]; left; left &= left - 1)
			stamp_exactly(book, (uint16_t)(word * 64 + __builtin_ctzll(left)), stamp);
	if (stamp->revision)
		note_history(book, stamp);
	settle_move(book, stamp);
	book->fact_count = 0;
}

// ---- cells for the shell ----

static int compare_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int cell_compare(const void *a, const void *b)
{
	const struct fold_cell *x = a, *y = b;
	int order = x->measure - y->measure;
	if (!order)
		order = x->dimension - y->dimension;
	if (!order)
		order = x->grain - y->grain;
	if (!order)
		order = compare_int(x->bucket_ms, y->bucket_ms);
	if (!order)
		order = strcmp(x->key, y->key);
	return order ? order : compare_int(x->level, y->level);
}

static void open_all(struct fact_book *book, int64_t minutes_from_ms)
{
	struct tally *const sources[] = {book->rows, book->cells};
	tally_clear(book->open);
	for (int s = 0; s < 2; s++) {
		for (size_t i = 0; i < tally_count(sources[s]); i++) {
			const struct tally_row *row = tally_at(sources[s], i);
			struct tally_key keys[OPEN_MAX];
			size_t opened = open_key(book, &row->key, keys);
			for (size_t k = 0; k < opened; k++)
				if (keys[k].grain != FOLD_MINUTE || keys[k].at >= minutes_from_ms)
					tally_add(book->open, &keys[k], row->delta, &row->stamp);
		}
	}
}

size_t fact_cells(struct fact_book *book, int64_t minutes_from_ms, const struct fold_cell **out)
{
	open_all(book, minutes_from_ms);
	size_t count = tally_count(book->open), kept = 0;
	if (count > book->out_capacity) {
		book->out_capacity = count;
		book->out = memory_resize(book->out, count * sizeof(*book->out));
	}
	for (size_t i = 0; i < count; i++) {
		const struct tally_row *row = tally_at(book->open, i);
		if (!row->delta && !row->stamp.revision)
			continue;
		book->out[kept++] = (struct fold_cell){.measure = row->key.measure,
						       .dimension = row->key.dimension,
						       .grain = row->key.grain,
						       .reason = row->stamp.reason,
						       .bucket_ms = row->key.at,
						       .level = row->key.level,
						       .key = intern_text(book->intern, row->key.key),
						       .delta = row->delta,
						       .revision = row->stamp.revision,
						       .received_at_ms = row->stamp.received_at_ms};
	}
	if (kept)
		qsort(book->out, kept, sizeof(*book->out), cell_compare);
	*out = book->out;
	return kept;
}

size_t fact_changes(const struct fact_book *book)
{
	return tally_count(book->rows) + tally_count(book->cells);
}

size_t fact_history(struct fact_book *book, const struct fold_history **out)
{
	return history_rows(book->history, out);
}

void fact_clear(struct fact_book *book)
{
	assert(book->fact_count == 0);
	tally_clear(book->rows);
	tally_clear(book->cells);
	tally_clear(book->open);
	history_clear(book->history);
}

size_t fact_bytes(const struct fact_book *book)
{
	return sizeof(*book) + book->fact_capacity * sizeof(*book->facts) + tally_bytes(book->rows) +
	       tally_bytes(book->cells) + tally_bytes(book->open) + book->out_capacity * sizeof(*book->out) +
	       history_bytes(book->history);
}
