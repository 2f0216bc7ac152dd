// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The fold: accepted events of one shop in, changes of additive cells out. Pure: no clock, no I/O; the
// same set of events at the same as-of minute A gives the same cells in whatever order they came.
//
// How an event is folded. State is a graph of entities (visitor with its sessions, cart, order, customer,
// report fact). Each entity's contribution to the cells is a list of facts {minute, dimension values,
// measure, amount} that is a function of its own state and of the entities it leans on. fold_apply
//   1. collects the entities whose facts can change (the closure over links),
//   2. derives their facts, 3. changes the state, 4. derives again, 5. turns the difference into cells.
// Facts that cancel out touch no cell, so a cell's revision is the seq of the last event that changed it
// by other than zero, whatever the batches were.
//
// Facts that depend on the clock (an abandoned cart) carry the minute from which they count. Changing
// such a fact stamps its cells' revision whether or not it counts yet; the clock alone changes values,
// never revisions. So a replay gives the same revisions at any A.
//
// Memory: state is a cache. fold_missing says which entities an event needs that are not here, the shell
// brings them (fold_load), fold_apply does nothing without them. After a checkpoint clean entities may be
// evicted.
#pragma once

#include "common/base/err.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "common/base/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/event.pb-c.h"

struct fold; // one shop

enum fold_entity_kind {
	FOLD_SETTINGS = 1, // key "": the settings in force; loaded before anything else
	FOLD_VISITOR,
	FOLD_CART,
	FOLD_ORDER,
	FOLD_CUSTOMER,
	FOLD_REFUND,      // a refund's own id: the same refund told twice counts once
	FOLD_REPORT,      // ad_spend row of a day
	FOLD_RATE,        // a week of published rates of a currency, and the orders that wait for them
	FOLD_OFFER_FACTS, // by sku: what was stated of an offer and what each day sold, offer.h
	FOLD_OFFER_DAYS,  // by sku: views and orders of each day
	FOLD_OFFER_DAY,   // by sku and local day: stock and views by the minute
	FOLD_SERVICE_CASE,
	FOLD_REVIEW,
	FOLD_COMPLAINT,     // a complaint's own id
	FOLD_WITHDRAWAL,    // a withdrawal's own id
	FOLD_DIGEST,        // key "2026-11-23": what the shop and the journal say of a day's orders
	FOLD_DAY_ORDERS,    // key "2026-11-23#5f": a part of the orders placed on a day
	FOLD_TARGETS,       // key TARGETS_KEY; brought with the settings, never evicted
	FOLD_PATH_DAY,      // key "2026-11-23": the paths that ended on a day, path_days.h
	FOLD_PATH_ORDERS,   // key "2026-11-23#05": a part of its orders with their touches
	FOLD_PATHS,         // key PATHS_KEY: which days there are; never evicted
	FOLD_MAILING,       // mailing_stats row of a day
	FOLD_SEO,           // seo_stats of a day
	FOLD_FEED,          // by platform and feed
	FOLD_MESSAGE,       // by message id: its versions and what its placements showed
	FOLD_CAMPAIGN_PLAN, // by campaign: budget and period
	FOLD_AFFILIATE,     // key COMMISSION_KEY: what was decided about partners and their rules
	FOLD_COMMISSION,    // key "493176": orders placed in that hour since 1970 that have a ledger
	FOLD_KIND_COUNT,
};

enum { FOLD_KEY_SIZE = 255, FOLD_TEXT_SIZE = 257 };

struct fold_key {
	uint8_t kind; // enum fold_entity_kind
	uint8_t size;
	uint8_t bytes[FOLD_KEY_SIZE];
};

// One row of the journal, decoded. Borrowed for the call.
struct fold_event {
	int64_t seq;
	uint8_t id[UUID_SIZE];
	int64_t t_ms; // accepted event time
	int64_t received_at_ms;
	int16_t origin;       // utarg.v1.Origin
	struct slice visitor; // empty: none
	struct slice customer;
	const Utarg__V1__Event *event;
};

// Additive cells exist for these grains: the minute (kept 48 hours back from A), the UTC quarter of an hour
// and the local day. Distinct counts (visitors) exist for minute, hour, day, week and month.
enum fold_grain { FOLD_MINUTE = 1, FOLD_QUARTER, FOLD_HOUR, FOLD_DAY, FOLD_WEEK, FOLD_MONTH };
#define FOLD_MINUTE_KEPT_MS (INT64_C(48) * 3600 * 1000)

enum fold_dimension {
	FOLD_TOTAL = 1, // key "-"
	FOLD_SALES_CHANNEL,
	FOLD_MARKETING_CHANNEL,
	FOLD_CAMPAIGN,
	FOLD_DEVICE,
	FOLD_COUNTRY,
	FOLD_OFFER,          // of figures of items only
	FOLD_PAYMENT_METHOD, // of orders only
	FOLD_LANDING_PAGE,   // of organic search only
	FOLD_AFFILIATE_NAME, // of partners' figures only
	FOLD_DIMENSION_COUNT = FOLD_AFFILIATE_NAME,
};

// Why a cell changed last; the values of utarg.v1.Reason. The shell turns NEW into LATE for windows that had
// ended a minute before the event was received.
enum fold_reason {
	FOLD_NEW = 1,
	FOLD_LATE,
	FOLD_REFUND_MADE,
	FOLD_CANCELLATION,
	FOLD_CORRECTION,
	FOLD_ERASURE,
	FOLD_SETTING,
	FOLD_CLOCK,
	FOLD_RATE_TOLD = 10 // 9 is the snapshot, which is no change
};

struct fold_cell {
	uint16_t measure; // enum measure, measure.h
	uint8_t dimension;
	uint8_t grain;
	uint8_t reason;
	int64_t bucket_ms;      // start of the bucket
	int64_t level;          // of a level measure (level.h), else 0
	const char *key;        // interned in the fold
	money_sum delta;        // may be 0: then only the revision moved
	int64_t revision;       // seq of the event that changed it, 0 when only the clock did
	int64_t received_at_ms; // of that event
};

struct fold_entity {
	struct fold_key key;
	struct slice state; // packed; empty: no longer needed, delete it
	int64_t due_ms;     // fold_tick wants it in memory when A reaches this; INT64_MAX: never
	bool is_stored;     // the store has a row of it (not told rightly of the settings behind a rebuild)
};

// Rules of other tools, to explain a difference (dialect.h). With any of them events must come in order of
// (t, id), and what the fold tells is never stored.
enum fold_switch {
	FOLD_CUT_MIDNIGHT = 1,     // a session ends at local midnight
	FOLD_CUT_MIDNIGHT_UTC = 2, // at midnight in UTC
	FOLD_CUT_CAMPAIGN = 4,     // and before an event of another channel or campaign that is not direct
	FOLD_BOUNCE_ONE_VIEW = 8,  // a session of one page bounced, whatever else there was but:
	FOLD_BOUNCE_NO_EVENT = 16, // a session with a cart, a checkout or an order did not
	FOLD_BOUNCE_NO_CART = 32,  // our own rule, but carts and checkouts do not save it; an order does
	FOLD_VISIT_CARTS = 64,     // tell VISITS_WITH_CART and VISITS_LEFT
	FOLD_PLACED_GROSS = 128,   // tell PLACED_GROSS
};

// What one event changed of a local day that was over when it was received; history.h has the bytes.
struct fold_history {
	int64_t seq, received_at_ms; // of the event
	int64_t day_ms;              // start of the day
	uint8_t reason; // enum fold_reason; what is new is LATE, unless the day ended within a minute
	struct slice changes;
};

struct fold_options {
	uint32_t switches; // enum fold_switch; 0: our own rules
	int64_t as_of_ms;  // A to begin with, whole minutes
	// The zone by IANA name, loaded by the shell and kept for ever; NULL when it does not exist (then
	// UTC).
	const struct zone *(*zone)(void *context, const char *name);
	void *context;
};

struct fold *fold_create(const struct fold_options *options);
void fold_destroy(struct fold *fold);

// Keys that must be in memory before fold_apply(event) and are neither here nor known to be absent. Returns
// how many there are in all (writes at most capacity). Loading them can reveal more: ask until it is 0.
// Asking for many events ahead is fine, but those before may make new links: fold_apply says when they did.
size_t fold_missing(const struct fold *fold, const struct fold_event *event, struct fold_key *out,
		    size_t capacity);
// Brings an entity from the store; size 0: the store has none. False with INTERNAL when the bytes are broken.
bool fold_load(struct fold *fold, const struct fold_key *key, struct slice state, int64_t due_ms,
	       struct err *e);

// A hint, worth a third of the time with many visitors: these events come next, in a part of some hundreds.
void fold_warm(const struct fold *fold, const struct fold_event *events, size_t count);

enum fold_outcome {
	FOLD_DONE,
	FOLD_LACKS,   // an entity it needs is not here: nothing has changed, fold_missing tells which
	FOLD_REBUILD, // zone, session gap or currency changed for all history: nothing else was folded. The
		      // shell checkpoints only the settings entity, deletes the shop's other state and reads
		      // from seq 0. The fold has forgotten the rest already: what it tells is the settings.
};
enum fold_outcome fold_apply(struct fold *fold, const struct fold_event *event);

// Moves A. Entities whose due_ms <= as_of_ms must be in memory (the shell loads them by due date).
void fold_tick(struct fold *fold, int64_t as_of_ms);
int64_t fold_as_of_ms(const struct fold *fold);

// What has changed since the last fold_checkpointed: one cell a (measure, dimension, key, grain, bucket), in
// a fixed order, and the entities to write, in the order they were first changed. The arrays are the fold's
// and live until its next change. Minutes that begin before A - FOLD_MINUTE_KEPT_MS are not told: the shell
// drops those it has when A passes them.
size_t fold_cells(struct fold *fold, const struct fold_cell **out);
size_t fold_entities(struct fold *fold, const struct fold_entity **out);
// In the order of (seq, day).
size_t fold_history(const struct fold *fold, const struct fold_history **out);
// How many sums wait to be told; each is at most FOLD_CELLS_A_CHANGE cells.
size_t fold_changes(const struct fold *fold);
enum { FOLD_CELLS_A_CHANGE = 5 * FOLD_DIMENSION_COUNT };
void fold_checkpointed(struct fold *fold);
// Drops clean entities, those not used lately first (second chance), until at most keep_count are in memory.
void fold_evict(struct fold *fold, size_t keep_count);
size_t fold_entity_count(const struct fold *fold);
size_t fold_memory_bytes(const struct fold *fold); // as it was after the last fold_checkpointed or fold_load

struct target; // target.h
// The shop's targets as folded so far, as far as they were brought; the fold's, until its next change.
const struct target *fold_targets(const struct fold *fold, size_t *count);
// The shop's settings as folded so far.
const char *fold_currency(const struct fold *fold);
const struct zone *fold_zone(const struct fold *fold);
