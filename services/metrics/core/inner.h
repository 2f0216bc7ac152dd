// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the files of the fold share and nobody else sees. An event goes through
//   said.c     what it says to the figures, in plain terms
//   closure.c  which entities its facts lean on (also the answer to fold_missing)
//   attach.c   taking orders out of the figures and putting them back in; attach_cart.c: carts
//   visit.c    sessions: what changes in them, and distinct visitors
//   session_facts.c  the facts of one session
//   comfort.c  searches, errors and speed of pages
//   live.c     minutes in which a visitor is live
//   touch.c    which touches a visitor and an order have; touch_keep.c: what is kept of them, whom they
//   concern credit.c   what orders give their touches apply.c    the steps in their order rate.c published
//   rates and the orders and rows of spend that wait for them sales.c    facts of an order's own state:
//   baskets, payments, costs offer*.c   offers: what is known of them, their events, what they put into the
//   figures state*.c   bytes of an entity event.c    the kinds of events as rows: what they lean on, what
//   they do kind.c     the kinds of entities as rows commission_fold.c  ledgers of partners in the fold;
//   ledger.c: that of one order; commission.c: their terms order_life.c, claim.c, service_case.c, books.c
//              what becomes of an order, complaints, cases and reviews, the shop's own books
//   report.c, seo.c, feed.c, coherence.c, plan.c
//              what platforms report of advertising, mailings, search and feeds, what placements show,
//              what campaigns have to spend
//   path*.c, markov.c
//              paths to orders and lapses by day, the Markov model of a day and the credits by it
//   told.c     rows for people who analyse
//   due.c      what waits for the clock
//   warm.c     hints to the processor about what comes next
//   fold.c     the functions of fold.h
#pragma once

#include "services/metrics/core/cart.h"
#include "services/metrics/core/channel.h"
#include "services/metrics/core/fact.h"
#include "services/metrics/core/order.h"
#include "services/metrics/core/session.h"
#include "services/metrics/core/target.h"

// ---- what an event says ----
struct said {
	const struct fold_event *from;
	const Utarg__V1__Event *event;
	int kind; // number of the body
	struct moment moment;
	bool denied;                   // analytics: who it was is not looked at
	bool client_session;           // a client event with a visitor: it opens or extends a session
	bool server;                   // origin server or import
	char visitor[ENTITY_ID_SIZE];  // "" without or when analytics is denied
	char customer[ENTITY_ID_SIZE]; // likewise
	const char *cart, *other_cart; // of cart and checkout events; "" without
	const char *order;             // of order events, complaints, cases; "" without
	const char *id; // of a case, review, complaint or withdrawal, the day of a digest; "" without
	char refund[ENTITY_ID_SIZE];    // without one: the event's id
	const Utarg__V1__Order *stated; // purchase, order_updated
};
// False when the event says nothing to any figure.
bool said_read(struct said *said, const struct fold_event *event);
struct slice slice_of(const char *text);
// A day that an event names. False for what is none and outside the years of zones, 1970 to 2100: then it
// counts as not said.
enum { SAID_YEAR_FIRST = 1970, SAID_YEAR_LAST = 2100 };
bool said_day(const char *text, struct zone_date *out);
uint32_t said_channel(const struct said *said); // utarg.v1.Channel; web when it says none
// When the order was placed, by the corrected clock of who says it.
int64_t said_placed_ms(const struct said *said);
void said_copy(const struct said *said, struct fold *fold, struct order_copy *out);
void said_activity(const struct said *said, struct fold *fold, struct activity_said *out);

// ---- the fold ----
struct touched { // a session as it was before the event
	struct visitor *visitor;
	struct session before; // count of orders and dims too
	bool fresh;            // there was none: before.first says where it began
};

struct stray { // a visitor some of whose touches may change, or have led to an order, and when they are
	struct visitor *visitor;
	int64_t first_ms, last_ms;
};

struct work { // of the event under way
	VEC(struct entity *) * closure;
	VEC(struct fold_key) * missing;
	VEC(struct touched) * touched;
	VEC(struct stray) * strays; // one a visitor
	uint64_t touches_seen;      // by lapse.c, of all events: what its work is bounded by
};

struct due {
	int64_t at_ms;
	struct entity *entity;
};

struct fold {
	struct fold_options options;
	int64_t as_of_ms;
	struct entity_table *table;
	struct intern *intern;
	struct fact_book *book;
	struct settings_entity *settings;
	const struct zone *zone;
	int64_t gap_ms;
	char currency[ORDER_CURRENCY_SIZE];
	VEC(struct entity *) * dirty;
	VEC(struct due) * due; // heap
	struct work *work;
	struct told *told;
	struct path_work *path;
	struct codec_writer state; // bytes of fold_entities
	struct fold_entity *entities;
	size_t entity_capacity;
};

struct visitor *fold_visitor(const struct fold *fold, const char *id); // NULL: not in memory
struct cart *fold_cart(const struct fold *fold, const char *id);
struct order *fold_order(const struct fold *fold, const char *id);
struct customer *fold_customer(const struct fold *fold, const char *id);
void fold_dirty(struct fold *fold, struct entity *entity);
int32_t fold_day(const struct fold *fold, int64_t t_ms); // the local day, as a number since 1970
int64_t fold_day_start_ms(const struct fold *fold, int64_t day);

// ---- closure.c ----
// Fills work->closure with what is in memory and work->missing with what is not.
void closure_collect(const struct fold *fold, const struct said *said);
void closure_release(const struct fold *fold); // takes the marks off
// All members of the cart's component; those that are not in memory are left out.
void closure_component(const struct fold *fold, struct cart *cart, struct cart_component *out);

// ---- visit.c ----
// visit_rule.c: the sessions that the event belongs to or joins, as session_range
uint32_t visit_range(struct fold *fold, const struct said *said, const struct visitor *visitor,
		     uint32_t *from);
bool visit_bounced(const struct fold *fold, const struct session *session);
bool visit_is_cut(const struct fold *fold); // sessions end where a tool cuts them, too
void visit_touch(struct fold *fold, struct visitor *visitor, struct session *session); // before it changes
void visit_event(struct fold *fold, const struct said *said, struct visitor *visitor);
void visit_settle(struct fold *fold); // facts of all touched sessions

// ---- session_facts.c ----
void session_put(struct fold *fold, const struct session *session, int sign);
void session_put_change(struct fold *fold, const struct session *before,
			const struct session *after); // of one that begins where it did, with the same dims

// ---- comfort.c ----
bool comfort_is_told(int kind); // of search, page_error, page_timing
void comfort_event(struct fold *fold, const struct said *said, struct visitor *visitor,
		   const struct session *session);
void comfort_alone(struct fold *fold, const struct said *said); // without a session
// The session takes other dims.
void comfort_move(struct fold *fold, const struct visitor *visitor, const struct session *was, uint32_t dims);
int note_compare(const struct note *a, const struct note *b);

// ---- live.c ----
// The visitor has an event at t, which joins the sessions as they were (0 to 2) into one with these dims.
// Their live minutes have been moved to them.
void live_event(struct fold *fold, struct visitor *visitor, const struct session *was, uint32_t count,
		uint32_t dims, int64_t t_ms);
void live_move(struct fold *fold, const struct visitor *visitor, const struct session *was, uint32_t dims);

// ---- touch_keep.c: beside the contract of touch.h ----
// Whom a change of the visitor's touches by the event concerns.
void touch_need(const struct fold *fold, const struct said *said, struct visitor *visitor);
// The event begins a session, or joins those of the range: before it changes, and afterwards with what they
// were.
void touch_open(struct fold *fold, const struct said *said, struct visitor *visitor, struct session *session);
void touch_leave(struct fold *fold, const struct said *said, struct visitor *visitor, uint32_t from,
		 uint32_t count);
void touch_join(struct fold *fold, const struct said *said, struct visitor *visitor, struct session *session,
		const struct session *was, uint32_t count);

// ---- touch_click.c ----
void touch_collect_click(const struct fold *fold, const struct said *said);
uint8_t touch_apply_click(struct fold *fold, const struct said *said);

// ---- credit.c ----
// What it leans on beside its visitor and customer; may_move: its touches can become others.
void credit_need_order(const struct fold *fold, const char *id, int64_t placed_ms, bool may_move);
// Orders of the customer whose being new a change of the order can take or give.
void credit_need_customer(const struct fold *fold, const char *customer, const char *order,
			  int64_t placed_ms);
void credit_put_all(struct fold *fold, int sign); // of the closure's orders

// ---- lapse.c ----
// Touches of the visitor from first to last may change, or may lead to an order or no longer. NULL: none.
void lapse_concern(const struct fold *fold, struct visitor *visitor, int64_t first_ms, int64_t last_ms);
void lapse_concern_order(const struct fold *fold, const char *visitor, int64_t placed_ms);
void lapse_need(const struct fold *fold, const struct said *said); // of all that was said to be concerned
void lapse_put_all(struct fold *fold, int sign);

// ---- attach_cart.c, attach.c ----
void attach_cart_out(struct fold *fold, struct cart *cart);
void attach_carts_in(struct fold *fold);
void attach_order_out(struct fold *fold, struct order *order);
void attach_order_in(struct fold *fold, struct order *order);
void attach_cart_clock(struct fold *fold, void *cart); // it has become abandoned

// ---- due.c: entities whose facts the clock changes ----
int64_t due_of(const struct fold *fold, const struct entity *entity); // INT64_MAX: nothing is due
void due_set(struct fold *fold, struct entity *entity);               // as its kind says now
void due_forget(struct fold *fold, struct entity *entity);
// The clock has reached what was due then: puts its facts right and settles.
void due_reached(struct fold *fold, struct entity *entity, int64_t due_ms);
void due_tick(struct fold *fold); // all that is due at A

// ---- told.c: rows for people who analyse ----
struct told_place { // a session began here once
	const struct visitor *visitor;
	int64_t first_ms;
};
struct told *told_create(void);
void told_destroy(struct told *told);
void told_moved(struct told *told, const struct visitor *visitor, int64_t first_ms);
void told_clear(struct fold *fold); // before the dirty ones are forgotten
size_t told_bytes(const struct told *told);

// ---- warm.c ----
void warm_dirty(const struct fold *fold, uint32_t index); // dirty entities behind this one

// ---- event.c ----
// What a kind of event does beside opening or extending a session and being an activity of a cart. NULL:
// nothing.
struct event_row {
	void (*collect)(const struct fold *fold,
			const struct said *said);                     // closure.c: which entities it needs
	uint8_t (*apply)(struct fold *fold, const struct said *said); // returns an enum fold_reason
};
const struct event_row *event_row(int kind); // by the body's number; a row of NULLs for others

// Of closure.c, for event.c and the files of single kinds. NULL: it is not in memory and was noted as
// missing.
void *closure_need(const struct fold *fold, uint8_t kind, const char *id, unsigned flags);
void *closure_need_key(const struct fold *fold, uint8_t kind, struct slice key,
		       unsigned flags); // NULL for ""
// Notes it as missing when it is not in memory, and no more.
void closure_want(const struct fold *fold, uint8_t kind, const char *id);
struct order *closure_need_order(const struct fold *fold, const char *id,
				 unsigned flags);                     // with all it leans on
void closure_order(const struct fold *fold, const struct said *said); // the order said.order names changes
void closure_cancelled_order(const struct fold *fold, const struct said *said);
void closure_stated_order(const struct fold *fold, const struct said *said); // purchase, order_updated
void closure_refund(const struct fold *fold, const struct said *said);
void closure_targets(const struct fold *fold, const struct said *said);

// ---- offer_event.c ----
void offer_collect_view(const struct fold *fold, const struct said *said);
void offer_collect_stock(const struct fold *fold, const struct said *said);
void offer_collect_stated(const struct fold *fold, const struct said *said);
uint8_t offer_apply_view(struct fold *fold, const struct said *said);
uint8_t offer_apply_stock(struct fold *fold, const struct said *said);
uint8_t offer_apply_stated(struct fold *fold, const struct said *said);

// ---- offer_order.c ----
void offer_collect_order(const struct fold *fold, const struct order *order, int64_t placed_ms);
void offer_collect_stated_order(const struct fold *fold, const Utarg__V1__Order *stated, int64_t placed_ms);
// One a line, freed by the caller (memory_free); of an order that is not foreign, its offers in memory.
struct order_line_figures;
struct order_line_figures *offer_derive_lines(const struct fold *fold, const struct order *order);
void offer_put_order(struct fold *fold, const struct order *order, const struct order_figures *f, int sign);

// ---- apply.c ----
uint8_t apply_order(struct fold *fold, const struct said *said);
uint8_t apply_cancel(struct fold *fold, const struct said *said);
uint8_t apply_refund(struct fold *fold, const struct said *said);
uint8_t apply_target(struct fold *fold, const struct said *said);
enum fold_outcome apply_settings(struct fold *fold, const struct said *said);
bool apply_event(struct fold *fold, const struct said *said); // false: something is missing

// ---- state.c: bytes of an entity; an empty one writes nothing ----
void state_write(const struct fold *fold, const struct entity *entity, struct codec_writer *w);
bool state_read(struct fold *fold, struct entity *entity, struct slice bytes);
bool state_is_empty(const struct entity *entity);
void state_intern_words(struct intern *intern); // before any other key
