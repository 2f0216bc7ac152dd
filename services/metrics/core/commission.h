// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Partners and their rules as decided (affiliate_changed, commission_changed), and how the ledger of an order
// (ledger.h) keeps step with the fold.
//
// Terms are one entity, small and seldom changed. A statement acts on orders placed from its valid-from on,
// however late it comes: they are found by lists of orders with a ledger, one for each hour of placed_at,
// whose days the terms name. The ledger itself lives in the order. Pure.
#pragma once

#include "services/metrics/core/codec.h"
#include "services/metrics/core/entity.h"

struct commission_rule { // one commission_changed
	char affiliate[FOLD_TEXT_SIZE], category[FOLD_TEXT_SIZE];
	int64_t valid_from_ms;
	struct moment moment;
	char rule_id[ENTITY_ID_SIZE];
	char currency[ORDER_CURRENCY_SIZE]; // of fixed_minor
	int64_t fixed_minor;                // above 0: for an order; else
	uint32_t percentage_bp;
	uint32_t holding_days;
	bool new_customers_only, ended;
};

struct commission_partner { // one affiliate_changed
	char affiliate[FOLD_TEXT_SIZE];
	struct moment moment;
	bool is_paused;
};

struct commission_day {
	int32_t day; // since 1970-01-01 UTC
};

struct commission_terms {
	struct entity entity;
	VEC(struct commission_rule) * rules;       // by (affiliate, category, valid_from, t, id)
	VEC(struct commission_partner) * partners; // by (affiliate, t, id)
	VEC(struct commission_day) * days;         // that ever had a listed order, ascending
};

#define COMMISSION_KEY "-" // of the one entity that holds the terms

struct listed_order { // by id
	char id[ENTITY_ID_SIZE];
	int64_t placed_ms;
	uint32_t affiliate; // interned; 0: only paid for
	bool is_paid;       // something was, maybe to another partner
};

struct commission_hour {
	struct entity entity;
	VEC(struct listed_order) * orders;
};

enum { COMMISSION_KEY_SIZE = 24, COMMISSION_HOLDING_MAX_DAYS = 3650, COMMISSION_HOUR_MS = 3600000 };
int64_t commission_hour_of(int64_t placed_ms);
void commission_hour_key(int64_t hour, char out[COMMISSION_KEY_SIZE]);

// The rule for lines of a category of an order placed then; NULL: none is in force.
const struct commission_rule *commission_rule_at(const struct commission_terms *terms, const char *affiliate,
						 const char *category, int64_t placed_ms);
// The statement of that id in force then, whatever came behind it.
const struct commission_rule *commission_rule_of(const struct commission_terms *terms, const char *affiliate,
						 const char *rule_id, int64_t placed_ms);
bool commission_is_paused(const struct commission_terms *terms, const char *affiliate, int64_t placed_ms);
// False: it is there already or says nothing that can be used.
bool commission_add_rule(struct commission_terms *terms, const struct moment *moment,
			 const Utarg__V1__CommissionRule *stated);
bool commission_add_partner(struct commission_terms *terms, const struct moment *moment,
			    const Utarg__V1__Affiliate *stated);

// ---- the ledger in the fold ----
struct said;
// closure.c: an order changes (flags as closure_need_order's), or will be placed then.
void commission_need_order(const struct fold *fold, const struct order *order, unsigned flags);
void commission_need_placed(const struct fold *fold, const struct order *order, const char *id,
			    const char *customer, int64_t placed_ms);
// apply.c: takes the ledgers of the closure's orders out of the figures before anything changes; makes them
// anew and puts them in when all orders and customers stand again.
void commission_put_all(struct fold *fold, int sign);
// Of kind_rows[FOLD_ORDER]: the ledger's facts, and when the clock changes them.
void commission_put(struct fold *fold, const void *order, int sign);
int64_t commission_due_ms(const struct fold *fold, const struct order *order);
// A valid affiliate_click: one click of that affiliate.
void commission_click(struct fold *fold, const struct said *said);

// state_commission.c
void ledger_write(const struct fold *fold, const struct ledger *ledger, struct codec_writer *w);
void ledger_read(struct fold *fold, struct ledger *ledger, struct codec_reader *r);
// Of kind_rows.
void commission_terms_clear(void *entity);
size_t commission_terms_bytes(const void *entity);
bool commission_terms_is_empty(const void *entity);
void commission_terms_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void commission_terms_read(struct fold *fold, void *entity, struct codec_reader *r);
void commission_hour_clear(void *entity);
size_t commission_hour_bytes(const void *entity);
bool commission_hour_is_empty(const void *entity);
void commission_hour_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void commission_hour_read(struct fold *fold, void *entity, struct codec_reader *r);
// Of event.c: affiliate_changed, commission_changed; affiliate_paid.
void commission_collect(const struct fold *fold, const struct said *said);
uint8_t commission_apply(struct fold *fold, const struct said *said);
void commission_collect_paid(const struct fold *fold, const struct said *said);
uint8_t commission_apply_paid(struct fold *fold, const struct said *said);
