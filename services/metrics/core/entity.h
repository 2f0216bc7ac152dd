// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The things that have a state of their own, as they stand in memory, and the table that finds them by key.
// Life of an entity: brought by fold_load (or known to be absent: then it is empty), changed by fold_apply
// (dirty), written at a checkpoint (clean), evicted. What its fields mean is told beside the code that
// changes them: session.h, cart.h, order.h, order_life.h, customer.h, settings.h. Bytes are made in state.c.
#pragma once

#include "services/metrics/core/fold.h"
#include "services/metrics/core/ledger.h"
#include "services/metrics/core/moment.h"
#include "services/metrics/core/order_life.h"
#include "services/metrics/core/vec.h"

enum entity_flag {
	ENTITY_DIRTY = 1,
	ENTITY_STORED = 2,  // the store has a row
	ENTITY_CLOSURE = 4, // in the closure being folded
	ENTITY_REFRESH = 8, // its link to a session may change
	ENTITY_CHANGE = 16, // its own state changes
	ENTITY_DETACHED = 32,
	ENTITY_USED = 64,    // since eviction last looked at it
	ENTITY_CREDIT = 128, // what its touches are credited with may change: credit.c
};

struct entity {
	struct entity *newer, *older; // by age, renewed by eviction when it was used
	uint32_t hash;
	uint32_t bytes; // of memory, when it was counted last
	uint8_t kind;
	uint8_t key_size;
	uint16_t flags;
	uint32_t due_index; // place in the fold's heap of what the clock will change + 1, or 0
};

// ---- visitor ----
// The last two are of memory only: by the event under way, since the last checkpoint.
enum session_flag {
	SESSION_ADDED = 1,
	SESSION_CHECKOUT = 2,
	SESSION_ITEM = 4, // it looked at one
	SESSION_STORED = SESSION_ADDED | SESSION_CHECKOUT | SESSION_ITEM,
	SESSION_TOUCHED = 8,
	SESSION_CHANGED = 16,
};

enum { SESSION_NAMES_MAX = (1 << 24) - 1 };

struct session {
	struct moment first;
	int64_t last_ms;
	int64_t engaged_ms; // length of the union of spans, clipped to [first, last]
	uint32_t dims;      // of its first event
	uint32_t landing;   // of organic search: the page it began on, interned; else 0
	uint32_t click;     // kind of its click id, interned; 0: none
	uint32_t views;
	uint32_t orders; // that belong to it
	uint32_t valid_orders;
	uint32_t flags : 8;
	uint32_t name : 24; // of its first event's customer, index + 1 in names, or 0
};

struct span { // time in the foreground, ms, half-open; disjoint and ascending, not clipped
	int64_t from_ms, to_ms;
};

struct view_count { // page views of a minute and sales channel, ascending
	int32_t minute;
	uint32_t channel : 3;
	uint32_t count : 29;
};

enum note_kind { NOTE_SEARCH = 1, NOTE_MISSED_SEARCH, NOTE_ERROR, NOTE_PAINT, NOTE_INTERACTION };

struct note { // what else was told in a minute, by (minute, level, kind, channel)
	int32_t minute;
	uint32_t level; // of a time in ms, else 0
	uint32_t kind : 3;
	uint32_t channel : 3;
	uint32_t count : 26;
};

// Minutes in which a visitor is not live although a session begins before and ends behind them. Whoever
// leaves no pause of five minutes has none.
struct lull {
	int32_t from, to; // first and last
};

// A later event of a session that was not direct, so that it is a touch when the one before it in the session
// had another source (touch_keep.c says which are kept). The session's first event stands in the session.
struct candidate {
	struct moment moment;
	uint32_t dims;  // of a touch: marketing channel and campaign
	uint32_t click; // as in the session
	uint32_t name;
};

// An affiliate_click with a valid signature: always a touch.
struct click {
	struct moment moment;
	uint32_t dims;      // of a touch
	uint32_t affiliate; // interned
	uint32_t name;      // as in the session
};

struct visitor_name { // a customer that some event named
	char text[ENTITY_ID_SIZE];
};

// What few visitors have: nobody else pays for it.
struct sources {
	VEC(struct candidate) * candidates; // by moment
	VEC(struct click) * clicks;         // by moment
	VEC(struct visitor_name) * names;   // of those that are kept; touch_put_name
	VEC(uint32_t) * by_text;            // indices of names
};

enum link_kind { LINK_ORDER = 1, LINK_CART_ORDER, LINK_CART };

// Who has to be asked again when sessions change.
struct link {
	int64_t at_ms;    // in the session...
	int64_t until_ms; // ...that is not over at this time; >= at_ms
	uint8_t kind;
	char id[ENTITY_ID_SIZE]; // of the order, or of the cart that stands for its component
};

struct visitor {
	struct entity entity;
	VEC(struct session) * sessions; // ascending, disjoint, at least the session gap apart
	VEC(struct span) * spans;
	VEC(struct view_count) * views;
	VEC(struct note) * notes;
	VEC(struct lull) * lulls; // ascending, disjoint; live.c
	VEC(struct link) * links; // by (at, kind, id)
	struct sources *sources;  // NULL: none; touch_sources
};

// ---- cart ----
enum activity_kind {
	ACTIVITY_ADD = 1,
	ACTIVITY_REMOVE,
	ACTIVITY_EMPTIED,
	ACTIVITY_MERGED_INTO,
	ACTIVITY_OTHER,
	ACTIVITY_CHECKOUT,
	ACTIVITY_PAYMENT_FAILED
};

struct activity {
	struct moment moment;
	int64_t quantity;
	uint32_t name; // of the sku (add, remove) or the other cart (merged into), index + 1 in names, or 0
	uint32_t visitor; // index + 1 in names, or 0
	uint32_t dims;    // own, of an add; else 0
	uint8_t kind;
	bool client; // a client event with a visitor
};

struct cart_name {
	char text[ENTITY_ID_SIZE];
};

struct cart_order {
	int64_t placed_ms;
	char id[ENTITY_ID_SIZE];
};

enum cart_state { CART_NONE = 0, CART_OPEN, CART_EMPTIED, CART_ORDERED, CART_RECOVERED };

// What the figures see of a component of merged carts; kept by the member with the least id.
struct cart_summary {
	int64_t first_ms;        // first add
	int64_t abandoned_at_ms; // INT64_MAX unless open
	int64_t checkout_ms;     // first begin_checkout, INT64_MAX without
	int64_t attempt_ms;      // first order or failed payment, INT64_MAX without
	VEC(int64_t) * turns;    // of A: when its payment counts as failed, no longer, again..., ascending
	uint32_t turns_counted;  // those that A has reached
	uint32_t dims;           // of the first add's session
	uint32_t own_dims;       // of the first add itself
	uint8_t state;           // enum cart_state; CART_NONE: no facts
	bool counted;            // as abandoned
	char visitor[ENTITY_ID_SIZE]; // of the first add, "" without
};

struct cart {
	struct entity entity;
	VEC(struct activity) * activities; // by moment
	VEC(struct cart_name) * names;
	VEC(struct cart_name) * merged;  // carts joined with this one, ascending
	VEC(struct cart_order) * orders; // by id
	struct cart_summary summary;
};

// ---- order ----
enum { ORDER_CURRENCY_SIZE = 4 };

// Which copy of an order is better: higher version, then server or import, then earlier, then smaller id.
struct copy_rank {
	uint32_t version;
	uint8_t server; // 1: server or import
	struct moment moment;
};

struct order_version {
	struct copy_rank rank; // of its best copy
	int64_t placed_ms;
	bool cancelled;
};

// A line of a content, in the order's currency.
struct order_line {
	int64_t quantity;
	int64_t before_net; // before discounts
	int64_t after_net;  // after the line's own and its share of the order's
	int64_t tax;
	int64_t cost_net; // of the whole line
	uint32_t sku;     // interned
	uint32_t category;
	bool has_cost; // the cost is known
};

// Sums over the lines, in the order's currency.
struct order_amounts {
	int64_t before_net;
	int64_t after_net;
	int64_t tax; // of the lines and the shipping
	int64_t shipping_net;
	int64_t shipping_tax;
	int64_t units;
};

struct order_content {
	struct order_amounts amounts;
	VEC(struct order_line) * lines; // as they were stated
	int64_t rate_nano;              // shop currency for one of this, 0: no rate given
	uint32_t method;                // of payment, interned; 0: not said
	int32_t promised_day;           // 20261123, 0: none
	bool has_coupon;
	char currency[ORDER_CURRENCY_SIZE];
};

struct order_text {
	struct copy_rank rank;
	char text[ENTITY_ID_SIZE]; // "": no copy has it
};

struct order_dims {
	struct copy_rank rank;
	uint32_t dims; // 0: no copy has it
};

enum refund_known { REFUND_NET = 1, REFUND_SHIPPING = 2, REFUND_TAX = 4, REFUND_TOTAL = 8 };

struct refund_content {
	int64_t net, shipping, tax, total;
	uint32_t dims; // own
	uint8_t known; // enum refund_known
	char currency[ORDER_CURRENCY_SIZE];
};

struct refund_line {
	uint32_t sku; // interned
	int64_t net;
};

struct order_refund {
	char id[ENTITY_ID_SIZE];
	struct copy_rank rank; // version is 0
	struct refund_content content;
	VEC(struct refund_line) * lines; // as they were stated
};

// An amount that an event of its own says of an order.
enum order_amount_kind { ORDER_PAYMENT = 1, ORDER_COST };
struct order_amount {
	struct moment moment;
	int64_t minor;
	uint32_t dims;                      // own
	uint8_t kind;                       // enum order_amount_kind
	char currency[ORDER_CURRENCY_SIZE]; // "": the order's
};
// Of more only the earliest count: state stays bounded, and which these are does not depend on arrival.
enum { ORDER_AMOUNTS_MAX = 1000 };

enum order_session { ORDER_NO_SESSION = 0, ORDER_BY_VISITOR, ORDER_BY_CART };

struct order {
	struct entity entity;
	VEC(struct order_version) * versions; // ascending
	struct order_content content;         // of the greatest version
	struct order_text visitor, cart, customer;
	struct order_dims context, channel; // channel: only the sales channel of its dims stands
	bool cancelled;                     // by an event of its own
	struct moment cancel;               // the first of them
	VEC(struct order_refund) * refunds; // by (t, refund id)
	VEC(struct order_amount) * amounts; // payments and costs, by moment
	struct order_life life;
	struct ledger ledger; // of the partner who brought it
	// where it stands in other entities, as long as it is attached
	char cart_visitor[ENTITY_ID_SIZE]; // of its cart's last client event, "" without
	int64_t cart_at_ms;
	int64_t published_nano; // rate that was published, where it needs one (rate.h); 0: none
	int64_t kept_cost;      // of what is left of lines whose cost is known, shop's currency
	int64_t known_net;      // what is left of their net
	uint8_t session;        // enum order_session
	bool has_new_lines;     // of memory only: its own state changed since the last checkpoint
	uint32_t landing;       // of its session
	uint32_t dims;
};

// ---- customer, refund ----
struct customer_order { // by (placed, id)
	int64_t placed_ms;
	uint32_t dims;
	bool valid;
	char id[ENTITY_ID_SIZE];
};

struct customer_touch { // of any visitor, whose own event named the customer
	struct moment moment;
	uint32_t dims;      // of a touch
	uint32_t affiliate; // interned; 0: none
};

struct customer {
	struct entity entity;
	VEC(struct customer_order) * orders;
	VEC(struct customer_touch) * touches; // by moment
};

struct refund {
	struct entity entity;
	bool known;
	struct copy_rank rank;
	char order[ENTITY_ID_SIZE]; // "": unlinked, then content is here
	struct refund_content content;
};

struct settings;
struct settings_entity {
	struct entity entity;
	struct settings *settings;
};

// ---- what is particular to a kind ----
struct codec_writer;
struct codec_reader;

// Functions get the entity as its own type. NULL where a kind has nothing of the sort.
struct kind_row {
	const char *name; // for people: "order"
	size_t size;
	bool key_is_id;              // of at most 64 bytes; fold_load refuses longer ones
	void (*clear)(void *entity); // frees what it holds: an empty state again
	size_t (*held_bytes)(const void *entity);
	bool (*is_empty)(const void *entity); // NULL: never
	void (*write)(const struct fold *fold, const void *entity, struct codec_writer *w);
	void (*read)(struct fold *fold, void *entity, struct codec_reader *r);
	// Facts that are a function of its own state and A alone, sign times. They are taken out before the
	// entity changes and put in afterwards; a fact that the clock brings is put by fact_put_from.
	void (*put)(struct fold *fold, const void *entity, int sign);
	// Facts of its own state that is made anew from others when those stand again; who does that takes
	// them out and puts them in, only the clock comes here.
	void (*put_settled)(struct fold *fold, const void *entity, int sign);
	// The first instant after A at which those facts change; INT64_MAX: never.
	int64_t (*due_ms)(const struct fold *fold, const void *entity);
	// A has reached it; NULL: put is taken out as of just before and put in as of A.
	void (*clock)(struct fold *fold, void *entity);
};
extern const struct kind_row kind_rows[FOLD_KIND_COUNT]; // kind.c

// ---- the table ----
struct entity_table;
struct entity_table *entity_table_create(void);
void entity_table_destroy(struct entity_table *table);
struct entity *entity_find(struct entity_table *table, uint8_t kind, struct slice key); // NULL: not here
// For warm.c: hints where a search will look, and who stands there (by hash alone, maybe another one).
uint32_t entity_hash(uint8_t kind, struct slice key);
void entity_warm_place(const struct entity_table *table, uint32_t hash);
const struct entity *entity_at_place(const struct entity_table *table, uint32_t hash); // NULL: nobody
struct entity *entity_add(struct entity_table *table, uint8_t kind, struct slice key); // must not be here
void entity_remove(struct entity_table *table, struct entity *entity);                 // frees it
void entity_renew(struct entity_table *table, struct entity *entity);                  // makes it the newest
struct entity *entity_oldest(struct entity_table *table);
size_t entity_count(const struct entity_table *table);
// Memory of all, as it was when each was counted last: when it came and at the last checkpoint.
size_t entity_table_bytes(const struct entity_table *table);
void entity_count_bytes(struct entity_table *table, struct entity *entity); // counts it anew
struct slice entity_key(const struct entity *entity);
void entity_id(const struct entity *entity, char out[ENTITY_ID_SIZE]); // of a kind whose key is an id
int entity_compare(const struct entity *a, const struct entity *b);    // by (kind, key)
