// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the files of the oracle share.
#pragma once

#include "tests/unit/metrics/helper_oracle_money.h"

enum { ROWS_MAX = 20000, SESSIONS_MAX = 400, CARTS = 5, SKUS = 2 };

struct row {
	uint16_t measure;
	uint8_t grain, dimension;
	int64_t bucket_ms, level;
	const char *key;
	money_sum value;
};

struct visit {
	const char *visitor;
	const struct box *first;
	int64_t last_ms;
	int orders, valid_orders;
};

struct oracle {
	const struct history *history;
	const struct zone *zone;
	int64_t gap_ms;
	struct row *rows;
	size_t row_count;
	struct visit visits[SESSIONS_MAX];
	size_t visit_count;
};

#define EACH(o, b)                                                                                           \
	for (size_t i_##b = 0; i_##b < (o)->history->count; i_##b++)                                         \
		for (const struct box *b = (o)->history->boxes[i_##b]; b && !b->event.test; b = NULL)

// Adds to what is expected of the bucket that holds t: FOLD_MINUTE, FOLD_DAY or FOLD_MONTH.
void oracle_add(struct oracle *o, uint16_t measure, enum fold_grain grain, int64_t t_ms, int dimension,
		const char *key, money_sum value);
void oracle_add_total(struct oracle *o, uint16_t measure, int64_t t_ms, money_sum value); // of the day
void oracle_add_level(struct oracle *o, uint16_t measure, int64_t t_ms, int64_t level, money_sum value);

bool oracle_is_denied(const struct box *b);
bool oracle_is_client(const struct box *b);
const char *oracle_visitor_of(const struct box *b);
const char *oracle_device_of(const struct box *b);
// The visit that holds the instant, one of its visitor's events being there.
struct visit *oracle_visit_of(struct oracle *o, const char *visitor, int64_t t_ms);
bool oracle_in_visit(const struct visit *visit, const struct box *b);
bool oracle_concerns(const struct box *b, const int label[CARTS], int component);

// helper_oracle_marketing.c
void oracle_tell_marketing(struct oracle *o);
// Nothing when the visit is not from organic search.
void oracle_tell_landing(struct oracle *o, const struct visit *visit, uint16_t measure, int64_t t_ms,
			 money_sum amount);

// helper_oracle_traffic.c
void oracle_tell_steps(struct oracle *o, const struct visit *visit); // length and funnel
void oracle_tell_comfort(struct oracle *o);
void oracle_tell_live(struct oracle *o);
void oracle_tell_checkout(struct oracle *o, const int label[CARTS], int component, bool ordered,
			  bool abandoned);
void oracle_tell_payment(struct oracle *o, const int label[CARTS], int component,
			 const struct oracle_order *orders, size_t order_count);
