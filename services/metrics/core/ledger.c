// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See ledger.h.
#include "services/metrics/core/ledger.h"

#include "services/metrics/core/commission.h"
#include "services/metrics/core/order_lines.h"

#include <string.h>

enum { RATE_WHOLE_BP = 10000 };
#define DAY_MS (INT64_C(24) * 3600 * 1000)

// Lines of the order that fall under one rule, or under none.
struct group {
	const struct commission_rule *rule; // NULL: none
	uint8_t why;
};

struct derivation {
	const struct ledger_input *input;
	struct ledger *ledger;
	struct group *groups; // at most one a line
	uint32_t *of_line;    // index of its group
	uint32_t count;       // of groups
	// of the group whose steps are made
	uint32_t group, line;
	int64_t cancelled_ms; // INT64_MAX: it stands
};

void ledger_clear(struct ledger *ledger)
{
	vec_free(ledger->lines);
	vec_free(ledger->steps);
	vec_free(ledger->payments);
	*ledger = (struct ledger){.affiliate = 0};
}

size_t ledger_bytes(const struct ledger *ledger)
{
	return vec_bytes(ledger->lines) + vec_bytes(ledger->steps) + vec_bytes(ledger->payments);
}

// Amounts of a shop fit; the worst that a rate can make of a worst order does not.
static int64_t in_64_bits(money_sum n)
{
	const money_sum most = INT64_MAX / 4;
	if (n > most)
		return INT64_MAX / 4;
	return n < -most ? -(INT64_MAX / 4) : (int64_t)n;
}

// ---- which rule is whose ----

static struct group group_for(const struct ledger_input *input, const char *affiliate, const char *category)
{
	struct group group = {.why = LEDGER_EARNS};
	int64_t placed_ms = order_placed_ms(input->order);
	if (!order_is_convertible(input->order, input->shop_currency)) {
		group.why = LEDGER_NO_RATE;
	} else if (commission_is_paused(input->terms, affiliate, placed_ms)) {
		group.why = LEDGER_PAUSED;
	} else {
		group.rule = commission_rule_at(input->terms, affiliate, category, placed_ms);
		if (!group.rule)
			group.why = LEDGER_NO_RULE;
		else if (group.rule->new_customers_only && !input->is_new)
			group.why = LEDGER_NOT_NEW;
		else if (group.rule->fixed_minor > 0 &&
			 strcmp(group.rule->currency, input->shop_currency) != 0)
			group.why = LEDGER_OTHER_CURRENCY;
	}
	return group;
}

static void sort_out(struct derivation *d)
{
	const struct ledger_input *input = d->input;
	const struct order *order = input->order;
	const char *affiliate = intern_text(input->intern, input->affiliate);
	for (uint32_t i = 0; i < vec_count(order->content.lines); i++) {
		const char *category = intern_text(input->intern, order->content.lines->at[i].category);
		struct group group = group_for(input, affiliate, category);
		uint32_t at = 0;
		while (at < d->count && d->groups[at].rule != group.rule)
			at++;
		if (at == d->count)
			d->groups[d->count++] = group;
		d->of_line[i] = at;
	}
}

// ---- steps ----

static int64_t commission_of(const struct group *group, int64_t base)
{
	if (!group->rule || group->why != LEDGER_EARNS || base <= 0)
		return 0;
	if (group->rule->fixed_minor > 0)
		return group->rule->fixed_minor;
	return money_mul_div_half_up(base, group->rule->percentage_bp, RATE_WHOLE_BP);
}

static void add_step(struct derivation *d, int64_t t_ms, int64_t base)
{
	struct ledger *ledger = d->ledger;
	uint32_t count = vec_count(ledger->steps);
	bool follows = count > 0 && ledger->steps->at[count - 1].line == d->line;
	if (follows && ledger->steps->at[count - 1].base == base)
		return;
	if (follows && t_ms < ledger->steps->at[count - 1].t_ms)
		t_ms = ledger->steps->at[count - 1].t_ms; // told to have been before the order
	struct ledger_step *step = vec_push(ledger->steps);
	*step = (struct ledger_step){d->line, t_ms, base, commission_of(&d->groups[d->group], base)};
}

static int64_t base_of(const struct derivation *d, const int64_t *taken)
{
	const struct order *order = d->input->order;
	const char *currency = d->input->shop_currency;
	money_sum placed = 0, back = 0;
	if (d->groups[d->group].why == LEDGER_NO_RATE)
		return 0;
	for (uint32_t i = 0; i < vec_count(order->content.lines); i++) {
		if (d->of_line[i] != d->group)
			continue;
		placed += order->content.lines->at[i].after_net;
		back += taken ? taken[i] : 0;
	}
	return in_64_bits(order_in_shop_money(order, placed, currency) -
			  order_in_shop_money(order, back, currency));
}

static void take_refund(void *context, int64_t t_ms, const int64_t *taken)
{
	struct derivation *d = context;
	if (t_ms <= d->cancelled_ms)
		add_step(d, t_ms, base_of(d, taken));
}

static void add_steps(struct derivation *d, uint32_t line, uint32_t group)
{
	d->line = line;
	d->group = group;
	add_step(d, order_placed_ms(d->input->order), base_of(d, NULL));
	order_lines_each(d->input->order, take_refund, d);
	if (d->cancelled_ms != INT64_MAX)
		add_step(d, d->cancelled_ms, 0);
}

// ---- lines ----

static int line_compare(const struct intern *intern, uint32_t affiliate, uint32_t rule,
			const struct ledger_line *b)
{
	int order = affiliate == b->affiliate
			    ? 0
			    : strcmp(intern_text(intern, affiliate), intern_text(intern, b->affiliate));
	if (order)
		return order;
	return rule == b->rule ? 0 : strcmp(intern_text(intern, rule), intern_text(intern, b->rule));
}

static bool has_line(const struct ledger *ledger, uint32_t affiliate, uint32_t rule)
{
	for (uint32_t i = 0; i < vec_count(ledger->lines); i++)
		if (ledger->lines->at[i].affiliate == affiliate && ledger->lines->at[i].rule == rule)
			return true;
	return false;
}

// Returns where it stands now; lines behind it move on.
static uint32_t add_line(struct ledger *ledger, const struct intern *intern, const struct ledger_line *line)
{
	uint32_t i = vec_count(ledger->lines);
	while (i > 0 && line_compare(intern, line->affiliate, line->rule, &ledger->lines->at[i - 1]) < 0)
		i--;
	struct ledger_line *added = vec_insert(ledger->lines, i);
	*added = *line;
	return i;
}

// Lines of the groups in their order; out[i]: the group of line i.
static void add_lines(struct derivation *d, uint32_t *out)
{
	const struct ledger_input *input = d->input;
	for (uint32_t g = 0; g < d->count; g++) {
		const struct commission_rule *rule = d->groups[g].rule;
		struct ledger_line line = {.affiliate = input->affiliate, .why = d->groups[g].why};
		line.rule = intern_key(input->intern, rule ? rule->rule_id : "");
		line.due_ms = order_placed_ms(input->order) + (rule ? rule->holding_days * DAY_MS : 0);
		uint32_t at = add_line(d->ledger, input->intern, &line);
		memmove(out + at + 1, out + at, (g - at) * sizeof(*out));
		out[at] = g;
	}
}

// What was paid for and is earned no more, or by somebody else.
static void add_moved(struct ledger *ledger, const struct ledger_input *input)
{
	for (uint32_t i = 0; i < vec_count(ledger->payments); i++) {
		const struct ledger_payment *payment = &ledger->payments->at[i];
		if (has_line(ledger, payment->affiliate, payment->rule))
			continue;
		struct ledger_line line = {payment->affiliate, payment->rule, LEDGER_MOVED,
					   order_placed_ms(input->order)};
		uint32_t at = add_line(ledger, input->intern, &line);
		for (uint32_t k = 0; k < vec_count(ledger->steps); k++)
			ledger->steps->at[k].line += ledger->steps->at[k].line >= at;
	}
}

void ledger_derive(struct ledger *ledger, const struct ledger_input *input)
{
	uint32_t lines = vec_count(input->order->content.lines);
	struct moment cancel;
	vec_clear(ledger->lines);
	vec_clear(ledger->steps);
	ledger->affiliate = input->affiliate;
	if (input->affiliate && lines) {
		struct derivation d = {.input = input, .ledger = ledger, .cancelled_ms = INT64_MAX};
		d.groups = memory_get(lines * sizeof(*d.groups));
		d.of_line = memory_get(lines * sizeof(*d.of_line));
		uint32_t *order = memory_get(lines * sizeof(*order));
		if (order_is_cancelled(input->order, &cancel))
			d.cancelled_ms = cancel.t_ms;
		sort_out(&d);
		add_lines(&d, order);
		for (uint32_t i = 0; i < d.count; i++)
			add_steps(&d, i, order[i]);
		memory_free(d.groups);
		memory_free(d.of_line);
		memory_free(order);
	}
	add_moved(ledger, input);
	if (!vec_count(ledger->lines))
		vec_free(ledger->lines);
	if (!vec_count(ledger->steps))
		vec_free(ledger->steps);
}

// ---- sums ----

// Of lines that look the same the first one has what was paid.
static int64_t paid_for(const struct ledger *ledger, uint32_t line)
{
	const struct ledger_line *own = &ledger->lines->at[line];
	money_sum paid = 0;
	if (line > 0 && own[-1].affiliate == own->affiliate && own[-1].rule == own->rule)
		return 0;
	for (uint32_t i = 0; i < vec_count(ledger->payments); i++) {
		const struct ledger_payment *payment = &ledger->payments->at[i];
		if (payment->affiliate == own->affiliate && payment->rule == own->rule)
			paid += payment->minor;
	}
	return in_64_bits(paid);
}

struct ledger_sums ledger_sum(const struct ledger *ledger, uint32_t line, int64_t as_of_ms)
{
	int64_t due_ms = ledger->lines->at[line].due_ms;
	struct ledger_sums sums = {.placed_ms = INT64_MAX, .paid = paid_for(ledger, line)};
	bool is_due = as_of_ms >= due_ms;
	for (uint32_t i = 0; i < vec_count(ledger->steps); i++) {
		const struct ledger_step *step = &ledger->steps->at[i];
		if (step->line != line)
			continue;
		if (sums.placed_ms == INT64_MAX) {
			sums.placed_ms = step->t_ms;
			sums.placed_base = step->base;
			sums.placed_commission = step->commission;
		} else if (is_due && step->t_ms >= due_ms) {
			sums.clawed_back += sums.commission - step->commission;
		}
		sums.base = step->base;
		sums.commission = step->commission;
	}
	sums.held = is_due ? 0 : sums.commission;
	sums.due = sums.commission - sums.held - sums.paid;
	return sums;
}

void ledger_put_payment(struct ledger *ledger, const struct intern *intern,
			const struct ledger_payment *payment)
{
	uint32_t i = vec_count(ledger->payments);
	for (; i > 0; i--) {
		const struct ledger_payment *before = &ledger->payments->at[i - 1];
		const struct ledger_line key = {.affiliate = before->affiliate, .rule = before->rule};
		int order = moment_compare(&before->moment, &payment->moment);
		if (order == 0)
			order = -line_compare(intern, payment->affiliate, payment->rule, &key);
		if (order == 0)
			return;
		if (order < 0)
			break;
	}
	struct ledger_payment *added = vec_insert(ledger->payments, i);
	*added = *payment;
}
