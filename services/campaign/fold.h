// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// From events to tables. Rows of the journal are gathered by kind into columns and written with one
// statement a table; every table keeps the greatest (time, id) of a key, or a set, so that neither order nor
// repetition of events matters. The state is in the tables: this is only a batch on its way there.
//
//   fold_row ... fold_row -> fold_flush, in the caller's transaction -> fold_reset after its end
//
// A decision folds its own event by the same functions. Positions, transactions and publishing are the
// caller's.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/db/db.h"
#include "common/journal/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/event.pb-c.h"

// A table that is written: its statement, the types of its columns behind (shop_id, time, id), and what a
// returned row (shop_id, key) means.
enum fold_sink {
	SINK_PRICE,
	SINK_OFFER,
	SINK_STOCK,
	SINK_SPEND,
	SINK_CAMPAIGN,
	SINK_SETTINGS,
	SINK_TARGET,
	SINK_RULES,
	SINK_DIRECTIVE,
	SINK_SUPPLIER,
	SINK_REDUCTION,
	SINK_REDUCTION_END,
	SINK_MESSAGE,
	SINK_MESSAGE_CLAIM,
	SINK_SHOWN,
	SINK_COUPON,
	SINK_AFFILIATE,
	SINK_AFFILIATE_KEY,
	SINK_COMMISSION,
	SINK_AFFILIATE_PAID,
	SINK_COUNT
};
enum { SINK_COLUMNS_MAX = 16, FOLD_KEY_SIZE = 132 };

enum fold_subject {
	FOLD_NOTHING,
	FOLD_OFFER,
	FOLD_CAMPAIGN,
	FOLD_DIRECTIVE,
	FOLD_MESSAGE,
	FOLD_SUBJECT_COUNT
};

// Something that a flush changed.
struct fold_change {
	enum fold_subject subject;
	int32_t shop_id;
	char key[FOLD_KEY_SIZE]; // sku, campaign or message
};

struct fold {
	struct db_array columns[SINK_COUNT][SINK_COLUMNS_MAX];
	struct fold_change *changes; // of all flushes since the last reset, maybe twice the same
	size_t change_count, change_capacity;
	struct arena arena; // the event being folded
	size_t ignored;
};

void fold_init(struct fold *fold);
void fold_fini(struct fold *fold);
// Events of kinds without meaning here are passed over, as are test events; content that cannot be used is
// counted and logged, never a failure: it is in the journal for ever.
void fold_row(struct fold *fold, const struct journal_row *row);
// The kinds with a meaning: all that has to be read; *kinds is static.
size_t fold_wanted(const int16_t **kinds);
bool fold_flush(struct fold *fold, struct db *db, struct err *e);
void fold_reset(struct fold *fold);

// Adds a row to a sink: shop, time and id of the event, then the sink's own columns. Used by apply.c.
void fold_put(struct fold *fold, enum fold_sink sink, const struct journal_row *row, int64_t time_ms,
	      const struct db_value *own, size_t own_count);

// A key of ours: a text that an index can hold.
bool fold_is_key(const char *text);
// A packed copy of a part of the event, in the event's arena; an empty slice when there is no room.
struct slice fold_pack(struct fold *fold, const ProtobufCMessage *message);

// apply_offer.c
bool apply_offer(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);
bool apply_stock(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);
bool apply_supplier(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);
bool apply_reduction(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);
bool apply_reduction_end(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);
// apply_affiliate.c
bool apply_affiliate(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);
bool apply_affiliate_key(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);
bool apply_commission(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);
bool apply_affiliate_paid(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);
// apply_message.c
bool apply_message(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);
bool apply_withdrawal(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);
bool apply_shown(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);
bool apply_coupon(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);

// apply.c: whether this machine knows the zone, for settings_check.
bool fold_zone_known(void *context, const char *name);
// A kind of event and what becomes of it; false when its content cannot be used.
struct fold_kind {
	int16_t kind;
	const char *name;
	bool (*apply)(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event);
};
extern const struct fold_kind fold_kinds[];
extern const size_t fold_kind_count;
