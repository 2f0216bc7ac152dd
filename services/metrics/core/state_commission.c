// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Bytes of partners' terms, of the lists of orders by hour, and of an order's ledger. See state.c for the
// rules.
#include "services/metrics/core/commission.h"
#include "services/metrics/core/state.h"

#include <string.h>

enum { TERM_BITS = 3, TERM_NEW_ONLY = 1, TERM_ENDED = 2, RATE_WHOLE_BP = 10000 };
enum { HOUR_DAYS_MAX = 4000000 };

static uint32_t get_key(struct fold *fold, size_t size, struct codec_reader *r)
{
	char text[FOLD_TEXT_SIZE];
	codec_get_text(r, text, size);
	return intern_key(fold->intern, text); // "" when broken
}

// ---- terms ----

void commission_terms_clear(void *entity)
{
	struct commission_terms *terms = entity;
	vec_free(terms->rules);
	vec_free(terms->partners);
	vec_free(terms->days);
}

size_t commission_terms_bytes(const void *entity)
{
	const struct commission_terms *terms = entity;
	return vec_bytes(terms->rules) + vec_bytes(terms->partners) + vec_bytes(terms->days);
}

bool commission_terms_is_empty(const void *entity)
{
	const struct commission_terms *terms = entity;
	return !vec_count(terms->rules) && !vec_count(terms->partners) && !vec_count(terms->days);
}

static void write_rule(const struct commission_rule *rule, struct codec_writer *w)
{
	codec_put_text(w, rule->affiliate);
	codec_put_text(w, rule->category);
	codec_put_int(w, rule->valid_from_ms);
	state_put_moment(&rule->moment, w);
	codec_put_text(w, rule->rule_id);
	codec_put_text(w, rule->currency);
	codec_put_uint(w, (uint64_t)rule->fixed_minor);
	codec_put_uint(w, rule->percentage_bp);
	codec_put_uint(w, rule->holding_days);
	codec_put_uint(w, (rule->new_customers_only ? TERM_NEW_ONLY : 0u) | (rule->ended ? TERM_ENDED : 0u));
}

static void read_rule(struct commission_rule *rule, struct codec_reader *r)
{
	codec_get_text(r, rule->affiliate, sizeof(rule->affiliate));
	codec_get_text(r, rule->category, sizeof(rule->category));
	rule->valid_from_ms = codec_get_int(r);
	state_get_moment(&rule->moment, r);
	codec_get_text(r, rule->rule_id, sizeof(rule->rule_id));
	codec_get_text(r, rule->currency, sizeof(rule->currency));
	rule->fixed_minor = (int64_t)codec_get_uint_max(r, (uint64_t)MONEY_MAX_MINOR);
	rule->percentage_bp = (uint32_t)codec_get_uint_max(r, RATE_WHOLE_BP);
	rule->holding_days = (uint32_t)codec_get_uint_max(r, COMMISSION_HOLDING_MAX_DAYS);
	uint64_t bits = codec_get_uint_max(r, TERM_BITS);
	rule->new_customers_only = bits & TERM_NEW_ONLY;
	rule->ended = bits & TERM_ENDED;
}

void commission_terms_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct commission_terms *terms = entity;
	(void)fold;
	codec_put_uint(w, vec_count(terms->rules));
	for (uint32_t i = 0; i < vec_count(terms->rules); i++)
		write_rule(&terms->rules->at[i], w);
	codec_put_uint(w, vec_count(terms->partners));
	for (uint32_t i = 0; i < vec_count(terms->partners); i++) {
		codec_put_text(w, terms->partners->at[i].affiliate);
		state_put_moment(&terms->partners->at[i].moment, w);
		codec_put_uint(w, terms->partners->at[i].is_paused);
	}
	codec_put_uint(w, vec_count(terms->days));
	for (uint32_t i = 0; i < vec_count(terms->days); i++)
		codec_put_int(w, terms->days->at[i].day);
}

void commission_terms_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct commission_terms *terms = entity;
	(void)fold;
	uint32_t rules = codec_get_count(r, 24);
	for (uint32_t i = 0; i < rules && !r->broken; i++) {
		struct commission_rule *rule = vec_push(terms->rules);
		read_rule(rule, r);
	}
	uint32_t partners = codec_get_count(r, 3 + UUID_SIZE);
	for (uint32_t i = 0; i < partners && !r->broken; i++) {
		struct commission_partner *partner = vec_push(terms->partners);
		codec_get_text(r, partner->affiliate, sizeof(partner->affiliate));
		state_get_moment(&partner->moment, r);
		partner->is_paused = codec_get_uint_max(r, 1);
	}
	uint32_t days = codec_get_count(r, 1);
	for (uint32_t i = 0; i < days && !r->broken; i++) {
		struct commission_day *day = vec_push(terms->days);
		int64_t read = codec_get_int(r);
		day->day = (int32_t)read;
		if (read > HOUR_DAYS_MAX || read < -HOUR_DAYS_MAX || (i && day[-1].day >= day->day))
			r->broken = true;
	}
}

// ---- orders of an hour ----

void commission_hour_clear(void *entity)
{
	vec_free(((struct commission_hour *)entity)->orders);
}

size_t commission_hour_bytes(const void *entity)
{
	return vec_bytes(((const struct commission_hour *)entity)->orders);
}

bool commission_hour_is_empty(const void *entity)
{
	return !vec_count(((const struct commission_hour *)entity)->orders);
}

void commission_hour_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct commission_hour *hour = entity;
	codec_put_uint(w, vec_count(hour->orders));
	for (uint32_t i = 0; i < vec_count(hour->orders); i++) {
		const struct listed_order *order = &hour->orders->at[i];
		codec_put_text(w, order->id);
		codec_put_int(w, order->placed_ms);
		codec_put_text(w, order->affiliate ? intern_text(fold->intern, order->affiliate) : "");
		codec_put_uint(w, order->is_paid);
	}
}

void commission_hour_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct commission_hour *hour = entity;
	uint32_t orders = codec_get_count(r, 4);
	for (uint32_t i = 0; i < orders && !r->broken; i++) {
		char affiliate[FOLD_TEXT_SIZE];
		struct listed_order *order = vec_push(hour->orders);
		codec_get_text(r, order->id, sizeof(order->id));
		order->placed_ms = state_get_time(r);
		codec_get_text(r, affiliate, sizeof(affiliate));
		order->affiliate = affiliate[0] ? intern_key(fold->intern, affiliate) : 0;
		order->is_paid = codec_get_uint_max(r, 1);
		if (i && strcmp(order[-1].id, order->id) >= 0)
			r->broken = true;
	}
}

// ---- the ledger of an order ----

// Most orders have none: a byte.
void ledger_write(const struct fold *fold, const struct ledger *ledger, struct codec_writer *w)
{
	bool is_there = ledger->affiliate || vec_count(ledger->payments);
	codec_put_uint(w, is_there);
	if (!is_there)
		return;
	codec_put_text(w, ledger->affiliate ? intern_text(fold->intern, ledger->affiliate) : "");
	codec_put_uint(w, ledger->is_listed);
	if (ledger->is_listed)
		codec_put_int(w, ledger->listed_hour);
	codec_put_uint(w, vec_count(ledger->lines));
	for (uint32_t i = 0; i < vec_count(ledger->lines); i++) {
		const struct ledger_line *line = &ledger->lines->at[i];
		codec_put_text(w, intern_text(fold->intern, line->affiliate));
		codec_put_text(w, intern_text(fold->intern, line->rule));
		codec_put_uint(w, line->why);
		codec_put_int(w, line->due_ms);
	}
	codec_put_uint(w, vec_count(ledger->steps));
	for (uint32_t i = 0; i < vec_count(ledger->steps); i++) {
		const struct ledger_step *step = &ledger->steps->at[i];
		codec_put_uint(w, step->line);
		codec_put_int(w, step->t_ms);
		codec_put_int(w, step->base);
		codec_put_int(w, step->commission);
	}
	codec_put_uint(w, vec_count(ledger->payments));
	for (uint32_t i = 0; i < vec_count(ledger->payments); i++) {
		const struct ledger_payment *payment = &ledger->payments->at[i];
		state_put_moment(&payment->moment, w);
		codec_put_text(w, intern_text(fold->intern, payment->affiliate));
		codec_put_text(w, intern_text(fold->intern, payment->rule));
		codec_put_int(w, payment->minor);
	}
}

static void read_lines(struct fold *fold, struct ledger *ledger, struct codec_reader *r)
{
	uint32_t lines = codec_get_count(r, 4);
	for (uint32_t i = 0; i < lines && !r->broken; i++) {
		struct ledger_line *line = vec_push(ledger->lines);
		line->affiliate = get_key(fold, FOLD_TEXT_SIZE, r);
		line->rule = get_key(fold, ENTITY_ID_SIZE, r);
		line->why = (uint8_t)codec_get_uint_max(r, LEDGER_WHY_COUNT - 1);
		line->due_ms = state_get_time(r);
	}
	uint32_t steps = codec_get_count(r, 4);
	for (uint32_t i = 0; i < steps && !r->broken; i++) {
		struct ledger_step *step = vec_push(ledger->steps);
		step->line = (uint32_t)codec_get_uint_max(r, lines ? lines - 1 : 0);
		step->t_ms = state_get_time(r);
		step->base = codec_get_int(r);
		step->commission = codec_get_int(r);
		if (!lines)
			r->broken = true;
	}
}

void ledger_read(struct fold *fold, struct ledger *ledger, struct codec_reader *r)
{
	char affiliate[FOLD_TEXT_SIZE];
	if (!codec_get_uint_max(r, 1))
		return;
	codec_get_text(r, affiliate, sizeof(affiliate));
	ledger->affiliate = affiliate[0] ? intern_key(fold->intern, affiliate) : 0;
	ledger->is_listed = codec_get_uint_max(r, 1);
	if (ledger->is_listed)
		ledger->listed_hour = codec_get_int(r);
	read_lines(fold, ledger, r);
	uint32_t payments = codec_get_count(r, 4 + UUID_SIZE);
	for (uint32_t i = 0; i < payments && !r->broken; i++) {
		struct ledger_payment *payment = vec_push(ledger->payments);
		state_get_moment(&payment->moment, r);
		payment->affiliate = get_key(fold, FOLD_TEXT_SIZE, r);
		payment->rule = get_key(fold, ENTITY_ID_SIZE, r);
		payment->minor = codec_get_int(r);
	}
}
