// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See ledger_list.h.
#include "services/metrics/core/ledger_list.h"

#include "services/metrics/core/commission.h"
#include "services/metrics/core/inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOURS_A_DAY = 24, HOURS_AHEAD = 24 * 30, TIME_TEXT_SIZE = 40 };

// ---- places ----

// "493176/order"; false when it is none.
static bool read_place(const char *place, int64_t *hour, const char **id)
{
	char *end;
	*hour = strtoll(place, &end, 10);
	*id = end + 1;
	return end != place && *end == '/' && strlen(end + 1) < ENTITY_ID_SIZE;
}

bool ledger_place_is_valid(const char *place)
{
	int64_t hour;
	const char *id;
	return !place[0] || read_place(place, &hour, &id);
}

// ---- walking ----

struct walk {
	struct fold *fold;
	const struct ledger_query *query;
	const struct commission_terms *terms;
	int64_t after_hour;
	const char *after_id;
	struct fold_key *keys;
	size_t key_capacity, missing;
	struct ledger_row *out;
	size_t capacity, count;
	bool is_full;
};

static void *want(struct walk *walk, uint8_t kind, const char *id)
{
	void *found = entity_find(walk->fold->table, kind, slice_of(id));
	if (found)
		return found;
	if (walk->missing < walk->key_capacity) {
		struct fold_key *key = &walk->keys[walk->missing];
		key->kind = kind;
		key->size = (uint8_t)strlen(id);
		memcpy(key->bytes, id, key->size);
	}
	walk->missing++;
	return NULL;
}

static bool is_asked_for(const struct walk *walk, const struct listed_order *listed, int64_t hour)
{
	const char *affiliate = walk->query->affiliate;
	if (listed->placed_ms < walk->query->from_ms || listed->placed_ms >= walk->query->to_ms)
		return false;
	if (hour == walk->after_hour && strcmp(listed->id, walk->after_id) <= 0)
		return false;
	return !affiliate[0] || listed->is_paid ||
	       (listed->affiliate &&
		strcmp(intern_text(walk->fold->intern, listed->affiliate), affiliate) == 0);
}

// ---- sentences ----

static const char *money_of(const struct fold *fold, int64_t minor, char out[MONEY_TEXT_SIZE])
{
	int exponent = 2;
	(void)money_exponent(fold->currency, &exponent);
	return money_text(minor, exponent, out);
}

static void add_text(char out[LEDGER_TEXT_SIZE], const char *text)
{
	size_t used = strlen(out);
	snprintf(out + used, LEDGER_TEXT_SIZE - used, "%s", text);
}

static void add_money(const struct fold *fold, char out[LEDGER_TEXT_SIZE], const char *before, int64_t minor,
		      const char *behind)
{
	char money[MONEY_TEXT_SIZE];
	add_text(out, before);
	add_text(out, money_of(fold, minor, money));
	add_text(out, " ");
	add_text(out, fold->currency);
	add_text(out, behind);
}

// What the rule pays, of an order that earns or would.
static void add_rule(const struct walk *walk, const struct ledger_row *row, char out[LEDGER_TEXT_SIZE])
{
	const struct commission_rule *rule =
		commission_rule_of(walk->terms, row->affiliate, row->rule, row->sums.placed_ms);
	char text[96];
	if (!rule)
		return;
	if (rule->fixed_minor > 0) {
		add_money(walk->fold, out, "", rule->fixed_minor, " for the order");
	} else {
		snprintf(text, sizeof(text), "%u.%02u %% of ", rule->percentage_bp / 100,
			 rule->percentage_bp % 100);
		add_text(out, text);
		add_money(walk->fold, out, "", row->sums.base, " net");
	}
	snprintf(text, sizeof(text), " by rule %.64s", row->rule);
	add_text(out, text);
	if (rule->category[0]) {
		snprintf(text, sizeof(text), " for %.60s", rule->category);
		add_text(out, text);
	}
}

static void add_why(const struct walk *walk, const struct ledger_row *row, char out[LEDGER_TEXT_SIZE])
{
	static const char *const texts[LEDGER_WHY_COUNT] = {
		[LEDGER_NO_RULE] = "no rule of the partner was in force for these lines",
		[LEDGER_PAUSED] = "the partner was paused when the order was placed",
		[LEDGER_NOT_NEW] =
			"the rule is for new customers, and this is not its customer's first order",
		[LEDGER_NO_RATE] = "the order is in another currency without a rate",
		[LEDGER_OTHER_CURRENCY] = "the rule pays in another currency than the shop's",
		[LEDGER_MOVED] = "paid for an order that this rule earns nothing for any more",
	};
	if (row->why == LEDGER_EARNS)
		add_rule(walk, row, out);
	else
		add_text(out, texts[row->why]);
}

static void add_time(const struct fold *fold, char out[LEDGER_TEXT_SIZE], const char *before, int64_t t_ms)
{
	struct zone_date date = zone_date(fold->zone, t_ms);
	char text[TIME_TEXT_SIZE];
	snprintf(text, sizeof(text), "%04d-%02u-%02u", date.year, (unsigned)date.month % 100,
		 (unsigned)date.day % 100);
	add_text(out, before);
	add_text(out, text);
}

static void explain(const struct walk *walk, struct ledger_row *row)
{
	const struct fold *fold = walk->fold;
	const struct ledger_sums *sums = &row->sums;
	int64_t given_back = sums->placed_commission - sums->commission - sums->clawed_back;
	row->text[0] = '\0';
	add_why(walk, row, row->text);
	if (given_back > 0)
		add_money(fold, row->text, "; ", given_back, " less, given back before it was due");
	if (sums->clawed_back > 0)
		add_money(fold, row->text, "; ", sums->clawed_back, " taken back after it was due");
	if (sums->held > 0)
		add_time(fold, row->text, "; held until ", row->due_ms);
	else if (sums->commission > 0)
		add_time(fold, row->text, "; due since ", row->due_ms);
	if (sums->paid != 0)
		add_money(fold, row->text, "; ", sums->paid, " was paid");
	if (sums->due < 0)
		add_money(fold, row->text, "; ", -sums->due, " is kept back from what is paid next");
	if (!row->text[0])
		add_text(row->text, "nothing is left of the order");
}

// ---- rows ----

static bool is_of(const struct walk *walk, const struct ledger_line *line)
{
	return !walk->query->affiliate[0] ||
	       strcmp(intern_text(walk->fold->intern, line->affiliate), walk->query->affiliate) == 0;
}

static void put_row(struct walk *walk, const struct order *order, const char *id, uint32_t line,
		    const char *place)
{
	struct ledger_row *row = &walk->out[walk->count++];
	const struct ledger_line *from = &order->ledger.lines->at[line];
	*row = (struct ledger_row){
		.affiliate = intern_text(walk->fold->intern, from->affiliate),
		.rule = intern_text(walk->fold->intern, from->rule),
		.order = intern_text(walk->fold->intern, intern_key(walk->fold->intern, id)),
		.sums = ledger_sum(&order->ledger, line, walk->query->as_of_ms),
		.due_ms = from->due_ms,
		.why = from->why};
	row->sums.placed_ms = order_placed_ms(order);
	text_copy(row->place, sizeof(row->place), place);
	explain(walk, row);
}

static void put_order(struct walk *walk, const struct order *order, const char *id, int64_t hour)
{
	char place[LEDGER_PLACE_SIZE];
	size_t lines = 0;
	if (!order_is_known(order))
		return;
	for (uint32_t i = 0; i < vec_count(order->ledger.lines); i++)
		lines += is_of(walk, &order->ledger.lines->at[i]);
	if (walk->count + lines > walk->capacity) {
		walk->is_full = true;
		return;
	}
	snprintf(place, sizeof(place), "%lld/%s", (long long)hour, id);
	for (uint32_t i = 0; i < vec_count(order->ledger.lines); i++)
		if (is_of(walk, &order->ledger.lines->at[i]))
			put_row(walk, order, id, i, place);
}

// Orders of one hour: those that are there are told unless something was missing before.
static void walk_hour(struct walk *walk, int64_t hour)
{
	char key[COMMISSION_KEY_SIZE];
	commission_hour_key(hour, key);
	const struct commission_hour *listed = want(walk, FOLD_COMMISSION, key);
	for (uint32_t i = 0; listed && i < vec_count(listed->orders) && !walk->is_full; i++) {
		const struct listed_order *at = &listed->orders->at[i];
		if (!is_asked_for(walk, at, hour))
			continue;
		const struct order *order = want(walk, FOLD_ORDER, at->id);
		if (order && !walk->missing)
			put_order(walk, order, at->id, hour);
		// Enough to load at once.
		walk->is_full = walk->is_full || walk->missing >= walk->capacity;
	}
}

static void walk_all(struct walk *walk)
{
	int64_t first = commission_hour_of(walk->query->from_ms),
		last = commission_hour_of(walk->query->to_ms - 1);
	if (walk->after_hour > first)
		first = walk->after_hour;
	for (uint32_t i = 0; i < vec_count(walk->terms->days); i++) {
		int64_t day = walk->terms->days->at[i].day * (int64_t)HOURS_A_DAY;
		for (int64_t hour = day; hour < day + HOURS_A_DAY && !walk->is_full; hour++)
			if (hour >= first && hour <= last)
				walk_hour(walk, hour);
		if (walk->missing >= HOURS_AHEAD)
			return;
	}
}

size_t ledger_list(struct fold *fold, const struct ledger_query *query, struct ledger_row *out,
		   size_t capacity, struct fold_key *keys, size_t key_capacity, size_t *missing, bool *is_end)
{
	struct walk walk = {.fold = fold,
			    .query = query,
			    .after_hour = INT64_MIN,
			    .after_id = "",
			    .keys = keys,
			    .key_capacity = key_capacity,
			    .out = out,
			    .capacity = capacity};
	if (query->after[0])
		(void)read_place(query->after, &walk.after_hour, &walk.after_id);
	walk.terms = want(&walk, FOLD_AFFILIATE, COMMISSION_KEY);
	if (walk.terms && query->from_ms < query->to_ms)
		walk_all(&walk);
	*missing = walk.missing;
	*is_end = !walk.is_full;
	return walk.missing ? 0 : walk.count;
}
