// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// From facts to cells. While an event is folded, facts that fall away are put in with -amount and facts that
// come with +amount; fact_settle nets them and adds what is left to rows of (measure, minute, dims). Rows are
// opened into cells (dimension x grain) only when somebody asks, so the usual event touches a handful of
// rows instead of a hundred cells. A cell's revision must not move when an event changes it by zero: when
// amounts of both signs meet in one measure, the event is opened at once and stamps exactly the cells
// whose net is not zero.
#pragma once

#include "services/metrics/core/intern.h"
#include "services/metrics/core/measure.h"

struct fact_book;

// Who changes what is settled next.
struct fact_stamp {
	int64_t revision; // 0: the clock
	int64_t received_at_ms;
	uint8_t reason; // enum fold_reason
};

struct fact_book *fact_book_create(struct intern *intern);
void fact_book_destroy(struct fact_book *book);
void fact_set_zone(struct fact_book *book, const struct zone *zone); // borrowed; there are no rows yet

// A fact of a sum or day measure. Of a distinct one: a visitor alone in all windows that hold the minute.
void fact_put(struct fact_book *book, uint16_t measure, int32_t minute, uint32_t dims, money_sum amount);
// One that stands at a level of a level measure.
void fact_put_level(struct fact_book *book, uint16_t measure, int32_t minute, uint32_t dims, int64_t level,
		    int amount);
// One that the clock has brought from level 0 at an instant to this level. That it is there stamps the cell
// of level 0; at its level only the value counts, so that the clock moves values and no revision depends on
// A.
void fact_put_moving(struct fact_book *book, uint16_t measure, int32_t minute, uint32_t dims,
		     int64_t since_ms, int64_t level, int amount);
// What stood at one level goes to another: the usual fate of a session, so it is cheaper than a fact for
// each. The event must tell nothing else of the measure.
void fact_move_level(struct fact_book *book, uint16_t measure, int32_t minute, uint32_t dims, int64_t from,
		     int64_t to);
// A fact that counts from an instant of A on: value is what of the amount counts now.
void fact_put_from(struct fact_book *book, uint16_t measure, int32_t minute, uint32_t dims, int64_t from_ms,
		   money_sum amount, money_sum value);
// One cell of a distinct measure. key is an interned one.
void fact_put_cell(struct fact_book *book, uint16_t measure, enum fold_grain grain, int64_t bucket_ms,
		   enum fold_dimension dimension, uint32_t key, int amount);
void fact_settle(struct fact_book *book, const struct fact_stamp *stamp);

// Start of the bucket of a grain that holds the minute.
int64_t fact_bucket_ms(struct fact_book *book, enum fold_grain grain, int32_t minute);
uint32_t fact_total_key(const struct fact_book *book); // the key "-" of the total

// All changes since fact_clear as cells, sorted; minutes that begin before minutes_from_ms are left out.
size_t fact_cells(struct fact_book *book, int64_t minutes_from_ms, const struct fold_cell **out);
size_t fact_changes(const struct fact_book *book);                            // rows since fact_clear
size_t fact_history(struct fact_book *book, const struct fold_history **out); // since fact_clear
void fact_clear(struct fact_book *book);
size_t fact_bytes(const struct fact_book *book);
