// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reports that platforms export as CSV, as events of a shop: ad_spend (Google Ads, Meta Ads Manager),
// seo_stats (Search Console), mailing_stats. Pure; the subcommand reads the file and publishes. Decisions:
//
// - the header may stand below lines of preamble; separators are tabs, semicolons or commas; texts UTF-8 or
// UTF-16;
// - rows of one key (campaign, day, currency; page and brand for search) are added up: a report by ad group
// or
//   device gives the same events as one by campaign. An impression share cannot be added and is then not
//   known;
// - rows of totals are passed over and counted: those without a day, without a campaign, or that begin with
//   "Total", "Razem" and the like;
// - an event's id is a UUIDv5 of the shop and what the event says, its report time among it: the same file
// with
//   the same time gives the same events, a later one other events that replace them by their report time;
// - the campaign is taken as it stands: it is the same as in utm_campaign, or it meets no visits;
// - of an address the path is kept; of a query only whether it names the brand. Pages that do not fit into an
//   event of 64 KiB, those shown least, become one named "(other)".
#pragma once

#include "common/base/err.h"
#include "services/utarg/core/report_columns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/event.pb-c.h"

enum { REPORT_ROWS_MAX = 2000000, REPORT_NAME_MAX = 128, REPORT_PAGE_MAX = 256 };

struct report_options {
	const char *shop;     // slug
	const char *currency; // of amounts, where the file does not say
	enum report_format format;
	const char *platform; // NULL: the format's
	const char *account;  // "" when not said
	const char *channel;  // marketing channel of spend; NULL: the format's
	const char *zone;     // IANA zone of the days; "": the shop's
	const char *day;      // YYYY-MM-DD for files without a column of days; NULL: none
	const char *brand;    // words of the brand, by line breaks; NULL: no query is of the brand
	int64_t report_time_ms;
	// Gets each publication, by day and name; borrowed for the call. False stops (e is set by it). NULL:
	// count only.
	bool (*emit)(void *context, const Utarg__V1__Publication *publication, struct err *e);
	void *context;
};

struct report_summary {
	enum report_format format;
	size_t row_count;   // rows taken
	size_t total_count; // rows of totals, passed over
	size_t event_count;
	int64_t first_day, last_day; // days since 1970
	char currency[4];            // of the spend; "": none, or several
	bool has_currency;           // the file says it
	int64_t spend_minor;
	int64_t impressions, clicks; // sent and clicked of a mailing
};

// Reads the whole text. What is wrong is told with its line and column; run once with emit NULL before
// publishing, so that a broken file changes nothing.
bool report_read(const char *text, size_t size, const struct report_options *options,
		 struct report_summary *summary, struct err *e);
