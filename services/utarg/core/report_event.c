// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: from rows to events. Names of columns and spellings of numbers do not belong here.
#include "common/base/uuid.h"
#include "common/base/zone.h"
#include "services/utarg/core/period.h"
#include "services/utarg/core/report_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// An event holds 64 KiB: rows of pages up to SEO_BYTES_MAX, each with its numbers beside its name.
enum { SEO_ROWS_MAX = 900, SEO_BYTES_MAX = 48000, SEO_NUMBERS_BYTES = 32, SEO_OTHERS = 2 };

struct emitting {
	const struct report_options *options;
	struct report_summary *summary;
	char shop[80], platform[40], account[64], zone[72],
		channel[72]; // for protobuf-c, which wants no const
};

// ---- adding up ----

static int compare_slices(struct slice a, struct slice b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size > 0 ? memcmp(a.data, b.data, size) : 0;
	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_keys(const void *left, const void *right)
{
	const struct report_row *a = left, *b = right;
	if (a->day != b->day)
		return a->day < b->day ? -1 : 1;
	int order = compare_slices(a->name, b->name);
	if (order == 0)
		order = strcmp(a->currency, b->currency);
	return order != 0 ? order : a->is_brand - b->is_brand;
}

static bool add_row(struct report_row *to, const struct report_row *from, struct err *e)
{
	to->has_share = false;
	to->position += from->position;
	for (int i = 0; i < VALUE_COUNT; i++) {
		to->values[i] += from->values[i];
		if (to->values[i] > MONEY_MAX_MINOR)
			return err_set(e, ERR_AMOUNT_RANGE, "the rows of \"%.*s\" add up to too much",
				       to->name.size < 60 ? (int)to->name.size : 60,
				       (const char *)to->name.data);
	}
	return true;
}

static bool add_up(struct report_rows *rows, struct err *e)
{
	size_t kept = 0;
	qsort(rows->at, rows->count, sizeof(rows->at[0]), compare_keys);
	for (size_t i = 0; i < rows->count; i++) {
		if (kept > 0 && compare_keys(&rows->at[kept - 1], &rows->at[i]) == 0) {
			if (!add_row(&rows->at[kept - 1], &rows->at[i], e))
				return false;
		} else {
			rows->at[kept++] = rows->at[i];
		}
	}
	rows->count = kept;
	return true;
}

static bool sum_up(const struct report_rows *rows, struct report_summary *summary, struct err *e)
{
	const bool is_mailing = summary->format == REPORT_MAILING;
	const int seen = is_mailing ? VALUE(COLUMN_SENT) : VALUE(COLUMN_IMPRESSIONS);
	const int clicked = is_mailing ? VALUE(COLUMN_CLICKED) : VALUE(COLUMN_CLICKS);
	money_sum spend = 0, impressions = 0, clicks = 0;
	bool is_one = true;
	for (size_t i = 0; i < rows->count; i++) {
		spend += rows->at[i].values[VALUE(COLUMN_SPEND)];
		impressions += rows->at[i].values[seen];
		clicks += rows->at[i].values[clicked];
		is_one = is_one && strcmp(rows->at[i].currency, rows->at[0].currency) == 0;
	}
	if (spend > MONEY_MAX_MINOR || impressions > MONEY_MAX_MINOR || clicks > MONEY_MAX_MINOR)
		return err_set(e, ERR_AMOUNT_RANGE, "the rows add up to too much");
	summary->first_day = rows->at[0].day;
	summary->last_day = rows->at[rows->count - 1].day;
	text_copy(summary->currency, sizeof(summary->currency), is_one ? rows->at[0].currency : "");
	summary->spend_minor = (int64_t)spend;
	summary->impressions = (int64_t)impressions;
	summary->clicks = (int64_t)clicks;
	return true;
}

// ---- events ----

static int64_t whole(int64_t hundredths)
{
	return (int64_t)money_div_half_even(hundredths, 100);
}

static char *day_text(int64_t day, char out[PERIOD_DAY_SIZE])
{
	period_day(zone_date_add((struct zone_date){1970, 1, 1}, (int)day), out);
	return out;
}

// The id follows from what the event says.
static bool derive_id(const struct emitting *m, const ProtobufCMessage *body, uint8_t id[UUID_SIZE],
		      struct err *e)
{
	char name[128];
	uint8_t *packed = malloc(protobuf_c_message_get_packed_size(body) + 1);
	if (packed == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for an event");
	size_t size = protobuf_c_message_pack(body, packed);
	snprintf(name, sizeof(name), "report/%s/%s", m->shop, report_formats[m->summary->format].name);
	uuid_v5(name, packed, size, id);
	free(packed);
	return true;
}

static bool emit(struct emitting *m, Utarg__V1__Event *event, const ProtobufCMessage *body, struct err *e)
{
	Utarg__V1__Publication publication = UTARG__V1__PUBLICATION__INIT;
	char source[] = "report";
	uint8_t id[UUID_SIZE];
	m->summary->event_count++;
	if (m->options->emit == NULL)
		return true;
	if (!derive_id(m, body, id, e))
		return false;
	event->id = (ProtobufCBinaryData){sizeof(id), id};
	event->source = source;
	event->occurred_at_ms = m->options->report_time_ms;
	event->shop = m->shop;
	publication.event = event;
	return m->options->emit(m->options->context, &publication, e);
}

static void copy_name(struct slice name, char out[REPORT_PAGE_MAX + 1])
{
	if (name.size > 0)
		memcpy(out, name.data, name.size);
	out[name.size] = '\0';
}

static bool emit_spend(struct emitting *m, const struct report_row *row, struct err *e)
{
	Utarg__V1__AdSpend spend = UTARG__V1__AD_SPEND__INIT;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	char day[PERIOD_DAY_SIZE], campaign[REPORT_PAGE_MAX + 1], currency[4];
	copy_name(row->name, campaign);
	text_copy(currency, sizeof(currency), row->currency);
	spend.platform = m->platform;
	spend.account = m->account;
	spend.campaign = campaign;
	spend.day = day_text(row->day, day);
	spend.zone = m->zone;
	spend.spend_minor = row->values[VALUE(COLUMN_SPEND)];
	spend.currency = currency;
	spend.impressions = row->values[VALUE(COLUMN_IMPRESSIONS)];
	spend.clicks = row->values[VALUE(COLUMN_CLICKS)];
	spend.reported_orders = whole(row->values[VALUE(COLUMN_ORDERS)]);
	if (row->has_share)
		spend.known_impression_share_case =
			UTARG__V1__AD_SPEND__KNOWN_IMPRESSION_SHARE_IMPRESSION_SHARE_BP;
	spend.impression_share_bp = row->has_share ? (uint32_t)row->values[VALUE(COLUMN_SHARE)] : 0;
	spend.report_time_ms = m->options->report_time_ms;
	spend.marketing_channel = m->channel;
	event.body_case = UTARG__V1__EVENT__BODY_AD_SPEND;
	event.ad_spend = &spend;
	return emit(m, &event, &spend.base, e);
}

static bool emit_mailing(struct emitting *m, const struct report_row *row, struct err *e)
{
	Utarg__V1__MailingStats stats = UTARG__V1__MAILING_STATS__INIT;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	char day[PERIOD_DAY_SIZE], campaign[REPORT_PAGE_MAX + 1];
	copy_name(row->name, campaign);
	stats.platform = m->platform;
	stats.account = m->account;
	stats.campaign = campaign;
	stats.day = day_text(row->day, day);
	stats.zone = m->zone;
	stats.sent = row->values[VALUE(COLUMN_SENT)];
	stats.delivered = row->values[VALUE(COLUMN_DELIVERED)];
	stats.opened = row->values[VALUE(COLUMN_OPENED)];
	stats.clicked = row->values[VALUE(COLUMN_CLICKED)];
	stats.unsubscribed = row->values[VALUE(COLUMN_UNSUBSCRIBED)];
	stats.bounced = row->values[VALUE(COLUMN_BOUNCED)];
	stats.report_time_ms = m->options->report_time_ms;
	event.body_case = UTARG__V1__EVENT__BODY_MAILING_STATS;
	event.mailing_stats = &stats;
	return emit(m, &event, &stats.base, e);
}

// ---- search: one event a day ----

static int compare_shown(const void *left, const void *right)
{
	const struct report_row *a = left, *b = right;
	int64_t shown_a = a->values[VALUE(COLUMN_IMPRESSIONS)],
		shown_b = b->values[VALUE(COLUMN_IMPRESSIONS)];
	if (shown_a != shown_b)
		return shown_a > shown_b ? -1 : 1;
	return compare_keys(left, right);
}

// How many of the rows, most shown first, have room in an event of their own name.
static size_t count_fitting(const struct report_row *rows, size_t count)
{
	size_t bytes = 0, i = 0;
	for (; i < count && i < SEO_ROWS_MAX; i++) {
		bytes += rows[i].name.size + SEO_NUMBERS_BYTES;
		if (bytes > SEO_BYTES_MAX)
			break;
	}
	return i;
}

static void fill_page(const struct report_row *row, char *page, Utarg__V1__SeoRow *out)
{
	int64_t impressions = row->values[VALUE(COLUMN_IMPRESSIONS)];
	utarg__v1__seo_row__init(out);
	copy_name(row->name, page);
	out->landing_page = page;
	out->brand = row->is_brand;
	out->impressions = impressions;
	out->clicks = row->values[VALUE(COLUMN_CLICKS)];
	if (impressions > 0)
		out->position_thousandth = (int64_t)money_div_half_even(row->position, impressions);
}

struct pages {
	char names[SEO_ROWS_MAX + SEO_OTHERS][REPORT_PAGE_MAX + 1];
	Utarg__V1__SeoRow rows[SEO_ROWS_MAX + SEO_OTHERS];
	Utarg__V1__SeoRow *pointers[SEO_ROWS_MAX + SEO_OTHERS];
};

// What has no room becomes "(other)", of the brand and not.
static bool gather_others(struct report_row *rows, size_t count, struct report_row others[SEO_OTHERS],
			  struct err *e)
{
	for (int i = 0; i < SEO_OTHERS; i++)
		others[i] = (struct report_row){
			.day = rows[0].day, .name = {(const uint8_t *)"(other)", 7}, .is_brand = i == 1};
	for (size_t i = 0; i < count; i++)
		if (!add_row(&others[rows[i].is_brand], &rows[i], e))
			return false;
	return true;
}

static bool fill_pages(struct report_row *rows, size_t count, struct pages *pages, size_t *out_count,
		       struct err *e)
{
	struct report_row others[SEO_OTHERS];
	size_t used = count;
	qsort(rows, count, sizeof(rows[0]), compare_shown);
	size_t fitting = count_fitting(rows, count);
	if (fitting < count) {
		if (!gather_others(rows + fitting, count - fitting, others, e))
			return false;
		used = fitting + SEO_OTHERS;
	}
	for (size_t i = 0; i < used; i++) {
		pages->pointers[i] = &pages->rows[i];
		fill_page(i < fitting ? &rows[i] : &others[i - fitting], pages->names[i], &pages->rows[i]);
	}
	*out_count = used;
	return true;
}

static bool emit_search_day(struct emitting *m, struct report_row *rows, size_t count, struct pages *pages,
			    struct err *e)
{
	Utarg__V1__SeoStats stats = UTARG__V1__SEO_STATS__INIT;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	char day[PERIOD_DAY_SIZE];
	if (!fill_pages(rows, count, pages, &stats.n_rows, e))
		return false;
	stats.rows = pages->pointers;
	stats.platform = m->platform;
	stats.account = m->account;
	stats.day = day_text(rows[0].day, day);
	stats.zone = m->zone;
	stats.report_time_ms = m->options->report_time_ms;
	event.body_case = UTARG__V1__EVENT__BODY_SEO_STATS;
	event.seo_stats = &stats;
	return emit(m, &event, &stats.base, e);
}

static bool emit_search(struct emitting *m, const struct report_rows *rows, struct err *e)
{
	struct pages *pages = malloc(sizeof(*pages));
	bool ok = pages != NULL || err_set(e, ERR_INTERNAL, "no memory for an event");
	for (size_t i = 0, end = 0; ok && i < rows->count; i = end) {
		for (end = i; end < rows->count && rows->at[end].day == rows->at[i].day;)
			end++;
		ok = emit_search_day(m, rows->at + i, end - i, pages, e);
	}
	free(pages);
	return ok;
}

// ---- all ----

static bool begin(struct emitting *m, struct err *e)
{
	const struct report_options *options = m->options;
	const struct report_format_row *format = &report_formats[m->summary->format];
	if (text_copy(m->shop, sizeof(m->shop), options->shop) &&
	    text_copy(m->platform, sizeof(m->platform),
		      options->platform ? options->platform : format->platform) &&
	    text_copy(m->account, sizeof(m->account), options->account) &&
	    text_copy(m->zone, sizeof(m->zone), options->zone) &&
	    text_copy(m->channel, sizeof(m->channel), options->channel ? options->channel : format->channel))
		return true;
	return err_set(e, ERR_BAD_FIELD, "platform, account, zone or channel are too long");
}

bool report_emit(struct report_rows *rows, const struct report_options *options,
		 struct report_summary *summary, struct err *e)
{
	struct emitting m = {.options = options, .summary = summary};
	if (!begin(&m, e) || !add_up(rows, e) || !sum_up(rows, summary, e))
		return false;
	if (summary->format == REPORT_SEARCH_CONSOLE)
		return emit_search(&m, rows, e);
	for (size_t i = 0; i < rows->count; i++) {
		bool ok = summary->format == REPORT_MAILING ? emit_mailing(&m, &rows->at[i], e)
							    : emit_spend(&m, &rows->at[i], e);
		if (!ok)
			return false;
	}
	return true;
}
