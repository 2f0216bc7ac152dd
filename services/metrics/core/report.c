// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/report.h"

#include "services/metrics/core/rate.h"
#include "services/metrics/core/state.h"

#include <assert.h>
#include <string.h>

struct slice report_key(const char *const *parts, size_t count, char out[FOLD_KEY_SIZE])
{
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(parts[i]) + 1;
		if (size > FOLD_KEY_SIZE - used)
			return (struct slice){(const uint8_t *)out, 0};
		memcpy(out + used, parts[i], size);
		used += size;
	}
	return (struct slice){(const uint8_t *)out, used};
}

bool report_day(const char *text, int32_t *day)
{
	struct zone_date date;
	if (!said_day(text, &date))
		return false;
	*day = (int32_t)zone_date_days(date);
	return true;
}

static bool is_newer(bool is_known, const struct moment *reported, const struct moment *other)
{
	return !is_known || moment_compare(reported, other) < 0;
}

static struct moment reported_at(const struct said *said, int64_t report_time_ms)
{
	struct moment reported = said->moment;
	reported.t_ms = report_time_ms;
	return reported;
}

// ---- spend ----

static struct slice spend_key(const Utarg__V1__AdSpend *row, char out[FOLD_KEY_SIZE])
{
	const char *parts[] = {row->platform, row->account, row->campaign, row->day, row->currency};
	return report_key(parts, sizeof(parts) / sizeof(parts[0]), out);
}

int64_t report_asked_ms(const struct fold *fold, const struct said *said)
{
	int32_t day;
	return report_day(said->event->ad_spend->day, &day) ? fold_day_start_ms(fold, day) : INT64_MIN;
}

void report_collect(const struct fold *fold, const struct said *said)
{
	const Utarg__V1__AdSpend *row = said->event->ad_spend;
	char key[FOLD_KEY_SIZE], currency[ORDER_CURRENCY_SIZE];
	int32_t day;
	if (!report_day(row->day, &day))
		return;
	closure_need_key(fold, FOLD_REPORT, spend_key(row, key), ENTITY_CHANGE);
	order_read_currency(row->currency, currency);
	rate_need(fold, currency, fold_day_start_ms(fold, day));
}

static void take_rate(struct fold *fold, struct report *report)
{
	report->published_nano = rate_attach_report(fold, &report->entity, report->currency, report->day);
}

void report_take_rates(struct fold *fold)
{
	for (uint32_t i = 0; i < vec_count(fold->work->closure); i++) {
		struct entity *entity = fold->work->closure->at[i];
		void *any = entity;
		if (entity->kind == FOLD_REPORT)
			take_rate(fold, any);
	}
}

uint8_t report_apply(struct fold *fold, const struct said *said)
{
	const Utarg__V1__AdSpend *row = said->event->ad_spend;
	struct moment reported = reported_at(said, row->report_time_ms);
	char key[FOLD_KEY_SIZE];
	struct slice id = spend_key(row, key);
	int32_t day;
	if (!id.size || !report_day(row->day, &day))
		return FOLD_NEW;
	void *found = entity_find(fold->table, FOLD_REPORT, id);
	struct report *report = found;
	assert(report);
	if (!is_newer(report->is_known, &report->reported, &reported))
		return FOLD_NEW;
	uint8_t reason = report->is_known ? FOLD_CORRECTION : FOLD_NEW;
	report->is_known = true;
	report->reported = reported;
	report->day = day;
	report->dims = channel_spend_dims(fold->intern, row->marketing_channel, row->campaign);
	order_read_currency(row->currency, report->currency);
	bool has_share = row->known_impression_share_case ==
			 UTARG__V1__AD_SPEND__KNOWN_IMPRESSION_SHARE_IMPRESSION_SHARE_BP;
	report->share_bp = has_share ? (int32_t)row->impression_share_bp : REPORT_SHARE_UNKNOWN;
	report->spend_minor = row->spend_minor;
	report->impressions = row->impressions;
	report->clicks = row->clicks;
	report->reported_orders = row->reported_orders;
	take_rate(fold, report);
	return reason;
}

void report_put(struct fold *fold, const void *entity, int sign)
{
	const struct report *r = entity;
	if (!r->is_known)
		return;
	bool is_priced = rate_can_convert(r->currency, fold->currency, r->published_nano);
	bool has_share = r->share_bp != REPORT_SHARE_UNKNOWN;
	const struct {
		uint16_t measure;
		money_sum amount;
	} rows[] = {
		{M_SPEND,
		 is_priced ? rate_convert(r->spend_minor, r->currency, fold->currency, r->published_nano)
			   : 0},
		{M_FOREIGN_SPEND, !is_priced},
		{M_AD_IMPRESSIONS, r->impressions},
		{M_AD_CLICKS, r->clicks},
		{M_AD_PRICED_CLICKS, is_priced ? r->clicks : 0},
		{M_AD_REPORTED_ORDERS, r->reported_orders},
		{M_AD_SHARE, has_share ? (money_sum)r->share_bp * r->impressions : 0},
		{M_AD_SHARED_IMPRESSIONS, has_share ? r->impressions : 0},
	};
	int32_t minute = minute_of(fold_day_start_ms(fold, r->day));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fact_put(fold->book, rows[i].measure, minute, r->dims, sign * rows[i].amount);
}

void report_clear(void *entity)
{
	((struct report *)entity)->is_known = false;
}

bool report_is_empty(const void *entity)
{
	return !((const struct report *)entity)->is_known;
}

static void put_head(const struct fold *fold, const struct moment *reported, int32_t day, uint32_t dims,
		     struct codec_writer *w)
{
	state_put_moment(reported, w);
	codec_put_int(w, day);
	state_put_dims(fold, dims, w);
}

static void get_head(struct fold *fold, struct moment *reported, int32_t *day, uint32_t *dims,
		     struct codec_reader *r)
{
	reported->t_ms = codec_get_int(r);
	codec_get_raw(r, reported->id, UUID_SIZE);
	*day = state_get_day(r);
	*dims = state_get_full_dims(fold, r);
}

void report_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct report *report = entity;
	put_head(fold, &report->reported, report->day, report->dims, w);
	codec_put_text(w, report->currency);
	codec_put_int(w, report->share_bp);
	codec_put_int(w, report->spend_minor);
	codec_put_uint(w, (uint64_t)report->published_nano);
	codec_put_int(w, report->impressions);
	codec_put_int(w, report->clicks);
	codec_put_int(w, report->reported_orders);
}

void report_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct report *report = entity;
	report->is_known = true;
	get_head(fold, &report->reported, &report->day, &report->dims, r);
	codec_get_text(r, report->currency, sizeof(report->currency));
	report->share_bp = (int32_t)codec_get_int(r);
	report->spend_minor = codec_get_int(r);
	report->published_nano = (int64_t)codec_get_uint_max(r, (uint64_t)MONEY_RATE_MAX_NANO);
	report->impressions = codec_get_int(r);
	report->clicks = codec_get_int(r);
	report->reported_orders = codec_get_int(r);
}

// ---- mailings ----

static struct slice mailing_key(const Utarg__V1__MailingStats *row, char out[FOLD_KEY_SIZE])
{
	const char *parts[] = {row->platform, row->account, row->campaign, row->day};
	return report_key(parts, sizeof(parts) / sizeof(parts[0]), out);
}

void mailing_collect(const struct fold *fold, const struct said *said)
{
	char key[FOLD_KEY_SIZE];
	closure_need_key(fold, FOLD_MAILING, mailing_key(said->event->mailing_stats, key), ENTITY_CHANGE);
}

uint8_t mailing_apply(struct fold *fold, const struct said *said)
{
	const Utarg__V1__MailingStats *row = said->event->mailing_stats;
	struct moment reported = reported_at(said, row->report_time_ms);
	char key[FOLD_KEY_SIZE];
	struct slice id = mailing_key(row, key);
	int32_t day;
	if (!id.size || !report_day(row->day, &day))
		return FOLD_NEW;
	void *found = entity_find(fold->table, FOLD_MAILING, id);
	struct mailing *mailing = found;
	assert(mailing);
	if (!is_newer(mailing->is_known, &mailing->reported, &reported))
		return FOLD_NEW;
	const int64_t counts[MAILING_COUNTS] = {
		[MAILING_SENT] = row->sent,
		[MAILING_DELIVERED] = row->delivered,
		[MAILING_OPENED] = row->opened,
		[MAILING_CLICKED] = row->clicked,
		[MAILING_UNSUBSCRIBED] = row->unsubscribed,
		[MAILING_BOUNCED] = row->bounced,
	};
	uint8_t reason = mailing->is_known ? FOLD_CORRECTION : FOLD_NEW;
	mailing->is_known = true;
	mailing->reported = reported;
	mailing->day = day;
	mailing->dims = channel_spend_dims(fold->intern, "email", row->campaign);
	memcpy(mailing->counts, counts, sizeof(counts));
	return reason;
}

void mailing_put(struct fold *fold, const void *entity, int sign)
{
	static const uint16_t measures[MAILING_COUNTS] = {
		[MAILING_SENT] = M_MAIL_SENT,
		[MAILING_DELIVERED] = M_MAIL_DELIVERED,
		[MAILING_OPENED] = M_MAIL_OPENED,
		[MAILING_CLICKED] = M_MAIL_CLICKED,
		[MAILING_UNSUBSCRIBED] = M_MAIL_UNSUBSCRIBED,
		[MAILING_BOUNCED] = M_MAIL_BOUNCED,
	};
	const struct mailing *mailing = entity;
	if (!mailing->is_known)
		return;
	int32_t minute = minute_of(fold_day_start_ms(fold, mailing->day));
	for (int i = 0; i < MAILING_COUNTS; i++)
		fact_put(fold->book, measures[i], minute, mailing->dims,
			 (money_sum)sign * mailing->counts[i]);
}

void mailing_clear(void *entity)
{
	((struct mailing *)entity)->is_known = false;
}

bool mailing_is_empty(const void *entity)
{
	return !((const struct mailing *)entity)->is_known;
}

void mailing_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct mailing *mailing = entity;
	put_head(fold, &mailing->reported, mailing->day, mailing->dims, w);
	for (int i = 0; i < MAILING_COUNTS; i++)
		codec_put_int(w, mailing->counts[i]);
}

void mailing_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct mailing *mailing = entity;
	mailing->is_known = true;
	get_head(fold, &mailing->reported, &mailing->day, &mailing->dims, r);
	for (int i = 0; i < MAILING_COUNTS; i++)
		mailing->counts[i] = codec_get_int(r);
}
