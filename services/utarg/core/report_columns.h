// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Which column of a report is what: the names that platforms give them in English and Polish, and how a
// format is known by its header. Pure. What a row means is report's.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum report_format {
	REPORT_ANY, // whichever the header is of
	REPORT_GOOGLE_ADS,
	REPORT_META,
	REPORT_SEARCH_CONSOLE,
	REPORT_MAILING,
	REPORT_FORMAT_COUNT
};

enum report_column {
	COLUMN_DAY,
	COLUMN_PERIOD_END, // the last day of a row's period: has to be its first too
	COLUMN_CAMPAIGN,
	COLUMN_CURRENCY,
	COLUMN_INDICATOR, // what "results" are
	COLUMN_PAGE,
	COLUMN_QUERY,
	// values from here on
	COLUMN_SPEND,
	COLUMN_IMPRESSIONS,
	COLUMN_CLICKS,
	COLUMN_ORDERS,
	COLUMN_RESULTS, // orders when the indicator says so, or when there is none
	COLUMN_SHARE,
	COLUMN_POSITION,
	COLUMN_SENT,
	COLUMN_DELIVERED,
	COLUMN_OPENED,
	COLUMN_CLICKED,
	COLUMN_UNSUBSCRIBED,
	COLUMN_BOUNCED,
	COLUMN_COUNT
};
enum { COLUMN_NONE = -1 };

struct report_format_row {
	const char *name, *platform, *channel; // channel: marketing channel of its spend
	const char *columns;                   // for people: by which columns it is known
};
extern const struct report_format_row report_formats[REPORT_FORMAT_COUNT];
bool report_format_from_name(const char *name, enum report_format *out);

// Life: found once per file by report_header_match.
struct report_header {
	enum report_format format;
	int at[COLUMN_COUNT];         // index of the column, COLUMN_NONE
	char names[COLUMN_COUNT][64]; // as the file has them, for sentences
	char currency[4];             // in parentheses behind a name: "Amount spent (PLN)"; "": none
	bool is_period;               // the day's column is the beginning of a period
};

// Whether the cells are the header of that format (REPORT_ANY: of one of them).
bool report_header_match(const struct slice *cells, size_t count, enum report_format wanted,
			 struct report_header *out);
