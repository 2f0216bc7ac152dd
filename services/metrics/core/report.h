// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What platforms report of a day: rows of spend (ad_spend) and of mailings (mailing_stats). A row is what
// stands under its key; of all that say it the one with the greatest (report time, id) counts, whichever came
// first. Its day is the shop's local day of that date, whatever zone the row names: the platform has summed
// it already, and nobody can cut it anew.
//
// Spend in another currency is converted by the published rate an order placed at the beginning of the day
// would take (rate.h). Without one it is in no money figure: the row is counted in FOREIGN_SPEND, its
// impressions, clicks and orders count, its clicks just not as priced.
#pragma once

#include "services/metrics/core/inner.h"

enum { REPORT_SHARE_UNKNOWN = -1 };

struct report {
	struct entity entity;
	bool is_known;
	struct moment reported; // (report time, id)
	int32_t day;            // since 1970-01-01
	uint32_t dims;
	char currency[ORDER_CURRENCY_SIZE]; // "": none that there is
	int32_t share_bp;                   // impression share; REPORT_SHARE_UNKNOWN
	int64_t spend_minor;
	int64_t published_nano; // rate, where it needs one; 0: none
	int64_t impressions, clicks, reported_orders;
};

enum mailing_count {
	MAILING_SENT,
	MAILING_DELIVERED,
	MAILING_OPENED,
	MAILING_CLICKED,
	MAILING_UNSUBSCRIBED,
	MAILING_BOUNCED,
	MAILING_COUNTS
};

struct mailing {
	struct entity entity;
	bool is_known;
	struct moment reported;
	int32_t day;
	uint32_t dims;
	int64_t counts[MAILING_COUNTS];
};

// Parts with their NULs, so that no two lists of them look the same; size 0: they do not fit.
struct slice report_key(const char *const *parts, size_t count, char out[FOLD_KEY_SIZE]);
// The day as a number; false when it is none.
bool report_day(const char *text, int32_t *day);
// The latest instant that the row of spend asks settings for; INT64_MIN: none.
int64_t report_asked_ms(const struct fold *fold, const struct said *said);
// rate.c: those of the closure look for their rates anew.
void report_take_rates(struct fold *fold);

// Of event.c.
void report_collect(const struct fold *fold, const struct said *said);
uint8_t report_apply(struct fold *fold, const struct said *said);
void mailing_collect(const struct fold *fold, const struct said *said);
uint8_t mailing_apply(struct fold *fold, const struct said *said);
// Of kind_rows.
void report_clear(void *entity);
bool report_is_empty(const void *entity);
void report_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void report_read(struct fold *fold, void *entity, struct codec_reader *r);
void report_put(struct fold *fold, const void *entity, int sign);
void mailing_clear(void *entity);
bool mailing_is_empty(const void *entity);
void mailing_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void mailing_read(struct fold *fold, void *entity, struct codec_reader *r);
void mailing_put(struct fold *fold, const void *entity, int sign);
