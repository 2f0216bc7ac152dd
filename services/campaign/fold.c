// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: the batch: gathering rows, writing them, and saying what changed. What an event means stands in
// apply.c.
#include "services/campaign/fold.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "services/campaign/stats.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// A payload has 64 KiB at most; decoded it grows a few times (a text of one byte costs a pointer and 16).
enum { EVENT_ARENA_BYTES = 4 * 1024 * 1024, OWN_COLUMNS_FROM = 3, KINDS_MAX = 64 };

struct sink_row {
	const char *statement;
	enum fold_subject returns;
	enum db_type own[SINK_COLUMNS_MAX - OWN_COLUMNS_FROM + 1]; // ends with DB_NULL
};

static const struct sink_row sinks[SINK_COUNT] = {
	[SINK_PRICE] = {"campaign_price_add",
			FOLD_OFFER,
			{DB_INT8, DB_TEXT, DB_TEXT, DB_INT2, DB_TEXT, DB_INT8, DB_BOOL}},
	[SINK_OFFER] = {"campaign_offer_put", FOLD_OFFER, {DB_INT8, DB_TEXT, DB_BYTEA}},
	[SINK_STOCK] = {"campaign_stock_put", FOLD_OFFER, {DB_INT8, DB_TEXT, DB_TEXT, DB_INT8}},
	[SINK_SPEND] = {"campaign_spend_put",
			FOLD_CAMPAIGN,
			{DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_INT8}},
	[SINK_CAMPAIGN] = {"campaign_campaign_put",
			   FOLD_CAMPAIGN,
			   {DB_INT8, DB_TEXT, DB_BYTEA, DB_INT2, DB_TEXT}},
	[SINK_SETTINGS] = {"campaign_settings_put",
			   FOLD_NOTHING,
			   {DB_INT8, DB_TEXT, DB_TEXT, DB_TEXT, DB_BYTEA}},
	[SINK_AFFILIATE] = {"campaign_affiliate_put", FOLD_NOTHING, {DB_INT8, DB_TEXT, DB_BYTEA}},
	[SINK_AFFILIATE_KEY] = {"campaign_affiliate_key_put", FOLD_NOTHING, {DB_TIME, DB_BYTEA}},
	[SINK_COMMISSION] = {"campaign_commission_put",
			     FOLD_NOTHING,
			     {DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_BYTEA}},
	[SINK_AFFILIATE_PAID] = {"campaign_affiliate_paid_put",
				 FOLD_NOTHING,
				 {DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_INT8}},
	[SINK_TARGET] = {"campaign_target_put", FOLD_NOTHING, {DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT}},
	[SINK_RULES] = {"campaign_rules_put", FOLD_NOTHING, {DB_INT8, DB_TIME, DB_INT8, DB_BYTEA}},
	[SINK_DIRECTIVE] = {"campaign_directive_put",
			    FOLD_DIRECTIVE,
			    {DB_INT8, DB_TEXT, DB_TEXT, DB_INT2, DB_TEXT, DB_INT2, DB_TIME, DB_BYTEA}},
	[SINK_SUPPLIER] = {"campaign_supplier_put", FOLD_NOTHING, {DB_INT8, DB_TEXT, DB_BYTEA}},
	[SINK_REDUCTION] = {"campaign_reduction_put",
			    FOLD_OFFER,
			    {DB_INT8, DB_TEXT, DB_TEXT, DB_TIME, DB_TIME, DB_TEXT, DB_BYTEA}},
	[SINK_REDUCTION_END] = {"campaign_reduction_end", FOLD_OFFER, {DB_INT8, DB_TEXT}},
	[SINK_MESSAGE] = {"campaign_message_put", FOLD_MESSAGE, {DB_INT8, DB_TEXT, DB_INT2, DB_BYTEA}},
	[SINK_MESSAGE_CLAIM] = {"campaign_message_claim_add", FOLD_NOTHING, {DB_INT2, DB_TEXT, DB_TEXT}},
	[SINK_SHOWN] = {"campaign_shown_put", FOLD_MESSAGE, {DB_TEXT, DB_TEXT, DB_INT8, DB_INT8, DB_TEXT}},
	[SINK_COUPON] = {"campaign_coupon_add", FOLD_NOTHING, {DB_TEXT}},
};

static size_t own_count_of(enum fold_sink sink)
{
	size_t count = 0;

	while (sinks[sink].own[count] != DB_NULL)
		count++;
	return count;
}

static size_t column_count_of(enum fold_sink sink)
{
	return OWN_COLUMNS_FROM + own_count_of(sink);
}

void fold_init(struct fold *fold)
{
	static const enum db_type common[OWN_COLUMNS_FROM] = {DB_INT4, DB_TIME, DB_UUID};

	*fold = (struct fold){0};
	arena_init(&fold->arena, EVENT_ARENA_BYTES);
	for (int sink = 0; sink < SINK_COUNT; sink++) {
		for (size_t c = 0; c < column_count_of((enum fold_sink)sink); c++)
			db_array_init(&fold->columns[sink][c],
				      c < OWN_COLUMNS_FROM ? common[c]
							   : sinks[sink].own[c - OWN_COLUMNS_FROM]);
	}
}

void fold_fini(struct fold *fold)
{
	for (int sink = 0; sink < SINK_COUNT; sink++) {
		for (size_t c = 0; c < column_count_of((enum fold_sink)sink); c++)
			db_array_fini(&fold->columns[sink][c]);
	}
	free(fold->changes);
	arena_fini(&fold->arena);
}

static void empty_sink(struct fold *fold, enum fold_sink sink)
{
	for (size_t c = 0; c < column_count_of(sink); c++)
		db_array_reset(&fold->columns[sink][c]);
}

void fold_reset(struct fold *fold)
{
	for (int sink = 0; sink < SINK_COUNT; sink++)
		empty_sink(fold, (enum fold_sink)sink);
	fold->change_count = 0;
	fold->ignored = 0;
}

void fold_put(struct fold *fold, enum fold_sink sink, const struct journal_row *row, int64_t time_ms,
	      const struct db_value *own, size_t own_count)
{
	struct db_array *columns = fold->columns[sink];

	assert(own_count == own_count_of(sink));
	db_array_add(&columns[0], db_int4(row->shop_id));
	db_array_add(&columns[1], db_time_ms(time_ms));
	db_array_add(&columns[2], db_uuid(row->event_id));
	for (size_t i = 0; i < own_count; i++)
		db_array_add(&columns[OWN_COLUMNS_FROM + i], own[i]);
}

size_t fold_wanted(const int16_t **kinds)
{
	static int16_t wanted[KINDS_MAX];

	assert(fold_kind_count <= KINDS_MAX);
	for (size_t i = 0; i < fold_kind_count; i++)
		wanted[i] = fold_kinds[i].kind;
	*kinds = wanted;
	return fold_kind_count;
}

static const struct fold_kind *kind_of(int16_t kind)
{
	for (size_t i = 0; i < fold_kind_count; i++) {
		if (fold_kinds[i].kind == kind)
			return &fold_kinds[i];
	}
	return NULL;
}

static bool apply(struct fold *fold, const struct fold_kind *kind, const struct journal_row *row)
{
	const Utarg__V1__Event *event;

	arena_reset(&fold->arena);
	event = utarg__v1__event__unpack(&fold->arena.allocator, row->payload.size, row->payload.data);
	if (event == NULL || (int)event->body_case != kind->kind)
		return false;
	return event->test || kind->apply(fold, row, event);
}

void fold_row(struct fold *fold, const struct journal_row *row)
{
	const struct fold_kind *kind = kind_of(row->kind);

	if (kind == NULL || apply(fold, kind, row))
		return;
	fold->ignored++;
	log_warn("event_ignored", LOG_INT("shop_id", row->shop_id), LOG_INT("seq", row->seq),
		 LOG_STR("kind", kind->name));
}

static void add_change(struct fold *fold, enum fold_subject subject, int32_t shop_id, const char *key)
{
	struct fold_change *change;

	if (fold->change_count == fold->change_capacity) {
		size_t capacity = fold->change_capacity == 0 ? 64 : 2 * fold->change_capacity;
		struct fold_change *grown = realloc(fold->changes, capacity * sizeof(*grown));

		if (grown == NULL)
			abort(); // a batch is bounded: then the machine is out of memory
		fold->changes = grown;
		fold->change_capacity = capacity;
	}
	change = &fold->changes[fold->change_count++];
	change->subject = subject;
	change->shop_id = shop_id;
	text_copy(change->key, sizeof(change->key), key);
}

static bool flush_sink(struct fold *fold, struct db *db, enum fold_sink sink, struct err *e)
{
	struct db_value values[SINK_COLUMNS_MAX];
	struct db_result *result;

	if (fold->columns[sink][0].count == 0)
		return true;
	for (size_t c = 0; c < column_count_of(sink); c++)
		values[c] = db_array_value(&fold->columns[sink][c]);
	if (!db_run(db, sinks[sink].statement, values, column_count_of(sink), &result, e))
		return false;
	if (sinks[sink].returns != FOLD_NOTHING) {
		for (int row = 0; row < db_rows(result); row++)
			add_change(fold, sinks[sink].returns, (int32_t)db_get_int(result, row, 0),
				   db_get_text(result, row, 1));
	}
	db_result_free(result);
	empty_sink(fold, sink);
	return true;
}

// Messages that claim something about the offers that changed are to be judged.
static bool call_messages(const struct fold *fold, struct db *db, size_t first, struct err *e)
{
	struct db_array shops;
	struct db_array skus;
	bool ok = true;

	db_array_init(&shops, DB_INT4);
	db_array_init(&skus, DB_TEXT);
	for (size_t i = first; i < fold->change_count; i++) {
		if (fold->changes[i].subject != FOLD_OFFER)
			continue;
		db_array_add(&shops, db_int4(fold->changes[i].shop_id));
		db_array_add(&skus, db_text(fold->changes[i].key));
	}
	if (skus.count > 0) {
		const struct db_value values[] = {db_array_value(&shops), db_array_value(&skus)};

		ok = db_run(db, "campaign_message_due_offers", values, 2, NULL, e);
	}
	db_array_fini(&shops);
	db_array_fini(&skus);
	return ok;
}

bool fold_flush(struct fold *fold, struct db *db, struct err *e)
{
	size_t first = fold->change_count;

	for (int sink = 0; sink < SINK_COUNT; sink++) {
		if (!flush_sink(fold, db, (enum fold_sink)sink, e))
			return false;
	}
	return call_messages(fold, db, first, e);
}
