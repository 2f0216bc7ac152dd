// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Between report.c, which reads rows, and report_event.c, which makes events of them.
#pragma once

#include "common/base/money.h"
#include "services/utarg/core/report.h"

enum { VALUE_COUNT = COLUMN_COUNT - COLUMN_SPEND };
#define VALUE(column) ((column)-COLUMN_SPEND)

struct report_row {
	int64_t day;       // since 1970
	struct slice name; // campaign or page; borrowed from the text
	char currency[4];
	bool is_brand;
	bool has_share;
	int64_t values[VALUE_COUNT]; // orders and results in hundredths, the share in basis points
	money_sum position;          // thousandths x impressions
};

struct report_rows {
	struct report_row *at; // the heap's
	size_t count, capacity;
};

// Sorts the rows, adds up those of one key, sums them up in the summary, and emits. AMOUNT_RANGE when a sum
// is beyond what an event holds.
bool report_emit(struct report_rows *rows, const struct report_options *options,
		 struct report_summary *summary, struct err *e);
