// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/seo.h"

#include "services/metrics/core/report.h"
#include "services/metrics/core/state.h"

#include <assert.h>
#include <string.h>

// ---- landing pages ----

static uint32_t landing_key(struct intern *intern, const char *page)
{
	char path[FOLD_TEXT_SIZE];
	size_t scheme = strcspn(page, ":/?#");
	if (strncmp(page + scheme, "://", 3) == 0) {
		page += scheme + 3;
		page += strcspn(page, "/?#");
		page = page[0] == '/' ? page : "/";
	}
	size_t len = strcspn(page, "?#");
	if (len == 0 || len >= sizeof(path))
		return intern_key(intern, "unknown");
	memcpy(path, page, len);
	path[len] = '\0';
	return intern_key(intern, path);
}

uint32_t seo_landing_of(struct fold *fold, const struct said *said, uint32_t dims)
{
	const Utarg__V1__Context *context = said->event->context;
	uint32_t channel = intern_dims_at(fold->intern, dims)->key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)];
	if (strcmp(intern_text(fold->intern, channel), "organic_search") != 0)
		return 0;
	return landing_key(fold->intern, context ? context->path : "");
}

// No other dimension: pages must not multiply all cells.
uint32_t seo_landing_dims(struct intern *intern, uint32_t landing)
{
	struct dims dims = {{0}};
	dims.key[INTERN_INDEX(FOLD_LANDING_PAGE)] = landing;
	return intern_dims(intern, &dims);
}

void seo_write_landing(const struct fold *fold, uint32_t landing, struct codec_writer *w)
{
	codec_put_text(w, landing ? intern_text(fold->intern, landing) : "");
}

uint32_t seo_read_landing(struct fold *fold, struct codec_reader *r)
{
	char text[FOLD_TEXT_SIZE];
	codec_get_text(r, text, sizeof(text));
	return text[0] ? intern_key(fold->intern, text) : 0;
}

// ---- reports ----

static struct slice key_of(const Utarg__V1__SeoStats *stats, char out[FOLD_KEY_SIZE])
{
	const char *parts[] = {stats->platform, stats->account, stats->day};
	return report_key(parts, sizeof(parts) / sizeof(parts[0]), out);
}

void seo_collect(const struct fold *fold, const struct said *said)
{
	char key[FOLD_KEY_SIZE];
	closure_need_key(fold, FOLD_SEO, key_of(said->event->seo_stats, key), ENTITY_CHANGE);
}

uint8_t seo_apply(struct fold *fold, const struct said *said)
{
	const Utarg__V1__SeoStats *stats = said->event->seo_stats;
	struct moment reported = said->moment;
	char key[FOLD_KEY_SIZE];
	struct slice id = key_of(stats, key);
	int32_t day;
	reported.t_ms = stats->report_time_ms;
	if (!id.size || !report_day(stats->day, &day))
		return FOLD_NEW;
	void *found = entity_find(fold->table, FOLD_SEO, id);
	struct seo *seo = found;
	assert(seo);
	if (seo->is_known && moment_compare(&seo->reported, &reported) >= 0)
		return FOLD_NEW;
	uint8_t reason = seo->is_known ? FOLD_CORRECTION : FOLD_NEW;
	seo->is_known = true;
	seo->reported = reported;
	seo->day = day;
	vec_clear(seo->rows);
	for (size_t i = 0; i < stats->n_rows; i++) {
		const Utarg__V1__SeoRow *stated = stats->rows[i];
		struct seo_row *row = vec_push(seo->rows);
		*row = (struct seo_row){.landing = landing_key(fold->intern, stated->landing_page),
					.is_brand = stated->brand,
					.impressions = stated->impressions,
					.clicks = stated->clicks,
					.position_thousandth = stated->position_thousandth};
	}
	return reason;
}

void seo_put(struct fold *fold, const void *entity, int sign)
{
	const struct seo *seo = entity;
	if (!seo->is_known)
		return;
	int32_t minute = minute_of(fold_day_start_ms(fold, seo->day));
	for (uint32_t i = 0; i < vec_count(seo->rows); i++) {
		const struct seo_row *row = &seo->rows->at[i];
		uint32_t dims = seo_landing_dims(fold->intern, row->landing);
		money_sum position = (money_sum)row->position_thousandth * row->impressions;
		fact_put(fold->book, M_SEO_IMPRESSIONS, minute, dims, (money_sum)sign * row->impressions);
		fact_put(fold->book, M_SEO_CLICKS, minute, dims, (money_sum)sign * row->clicks);
		fact_put(fold->book, M_SEO_POSITION, minute, dims, sign * position);
		if (!row->is_brand)
			continue;
		fact_put(fold->book, M_SEO_BRAND_IMPRESSIONS, minute, dims,
			 (money_sum)sign * row->impressions);
		fact_put(fold->book, M_SEO_BRAND_CLICKS, minute, dims, (money_sum)sign * row->clicks);
		fact_put(fold->book, M_SEO_BRAND_POSITION, minute, dims, sign * position);
	}
}

// ---- of kind_rows ----

void seo_clear(void *entity)
{
	struct seo *seo = entity;
	vec_free(seo->rows);
	seo->is_known = false;
}

size_t seo_bytes(const void *entity)
{
	return vec_bytes(((const struct seo *)entity)->rows);
}

bool seo_is_empty(const void *entity)
{
	return !((const struct seo *)entity)->is_known;
}

void seo_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct seo *seo = entity;
	state_put_moment(&seo->reported, w);
	codec_put_int(w, seo->day);
	codec_put_uint(w, vec_count(seo->rows));
	for (uint32_t i = 0; i < vec_count(seo->rows); i++) {
		const struct seo_row *row = &seo->rows->at[i];
		seo_write_landing(fold, row->landing, w);
		codec_put_uint(w, row->is_brand);
		codec_put_int(w, row->impressions);
		codec_put_int(w, row->clicks);
		codec_put_int(w, row->position_thousandth);
	}
}

void seo_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct seo *seo = entity;
	seo->is_known = true;
	seo->reported.t_ms = codec_get_int(r);
	codec_get_raw(r, seo->reported.id, UUID_SIZE);
	seo->day = state_get_day(r);
	uint32_t rows = codec_get_count(r, 5);
	for (uint32_t i = 0; i < rows && !r->broken; i++) {
		struct seo_row *row = vec_push(seo->rows);
		row->landing = seo_read_landing(fold, r);
		row->is_brand = codec_get_uint_max(r, 1);
		row->impressions = codec_get_int(r);
		row->clicks = codec_get_int(r);
		row->position_thousandth = codec_get_int(r);
		if (!row->landing)
			r->broken = true;
	}
}
