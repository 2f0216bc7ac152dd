// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Organic search: what search engines report of a day (seo_stats), by landing page and whether the search
// named the brand; and the page on which a session from organic search began.
//
// A seo_stats is all rows of (platform, account, day): of several the one with the greatest (report time, id)
// counts, with all its rows. A landing page is a path: scheme and host, query and fragment are cut off, so
// that a search engine's "https://shop.example/shoes?x=1" and a browser's "/shoes" are one. A session's is
// the path of its first event; "unknown" when that says none or one that is too long.
#pragma once

#include "services/metrics/core/inner.h"

struct seo_row {
	uint32_t landing; // interned
	bool is_brand;
	int64_t impressions, clicks, position_thousandth;
};

struct seo {
	struct entity entity;
	bool is_known;
	struct moment reported;     // (report time, id)
	int32_t day;                // since 1970-01-01
	VEC(struct seo_row) * rows; // as they were stated
};

// The page on which a session with those dims begins with the event, interned; 0: not from organic search.
uint32_t seo_landing_of(struct fold *fold, const struct said *said, uint32_t dims);
uint32_t seo_landing_dims(struct intern *intern, uint32_t landing);
void seo_write_landing(const struct fold *fold, uint32_t landing, struct codec_writer *w);
uint32_t seo_read_landing(struct fold *fold, struct codec_reader *r);

// Of event.c.
void seo_collect(const struct fold *fold, const struct said *said);
uint8_t seo_apply(struct fold *fold, const struct said *said);
// Of kind_rows.
void seo_clear(void *entity);
size_t seo_bytes(const void *entity);
bool seo_is_empty(const void *entity);
void seo_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void seo_read(struct fold *fold, void *entity, struct codec_reader *r);
void seo_put(struct fold *fold, const void *entity, int sign);
