// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The arithmetic of one copy: its lines and their sums. order.c decides which copy counts.
#include "services/metrics/core/order.h"

#include "services/metrics/core/rate.h"

#include "common/base/fail.h"

#include <string.h>

enum { RATE_WHOLE_BP = 10000, RATE_MAX_BP = 100000 };

static bool has_net(const Utarg__V1__OrderLine *line)
{
	return line->known_net_case == UTARG__V1__ORDER_LINE__KNOWN_NET_NET_MINOR;
}

static int64_t gross_of(const Utarg__V1__OrderLine *line)
{
	return line->known_gross_case == UTARG__V1__ORDER_LINE__KNOWN_GROSS_GROSS_MINOR ? line->gross_minor
											: 0;
}

static bool has_tax(const Utarg__V1__OrderLine *line)
{
	return line->known_tax_case == UTARG__V1__ORDER_LINE__KNOWN_TAX_TAX_MINOR;
}

static bool has_rate(const Utarg__V1__OrderLine *line)
{
	return line->known_tax_rate_case == UTARG__V1__ORDER_LINE__KNOWN_TAX_RATE_TAX_RATE_BP;
}

static int64_t rate_of(const Utarg__V1__OrderLine *line)
{
	return line->tax_rate_bp < RATE_MAX_BP ? line->tax_rate_bp : RATE_MAX_BP;
}

static int64_t tax_on(int64_t net, const Utarg__V1__OrderLine *line)
{
	return money_mul_div_half_up(net, rate_of(line), RATE_WHOLE_BP);
}

static int64_t tax_within(int64_t gross, const Utarg__V1__OrderLine *line)
{
	return money_mul_div_half_up(gross, rate_of(line), RATE_WHOLE_BP + rate_of(line));
}

// What is left of a line after its own discount, gross: a line that is given away takes no share of the
// order's.
static int64_t gross_value(const Utarg__V1__OrderLine *line)
{
	if (!has_net(line))
		return gross_of(line) - line->discount_minor;
	int64_t after = line->net_minor - line->discount_minor;
	if (has_rate(line))
		return after + tax_on(after, line);
	return after + (has_tax(line) ? line->tax_minor : 0);
}

// The amount itself. In a test of the tests, what becomes of it as a floating number of whole units.
static int64_t kept(int64_t minor)
{
	return fail_mutant(MUTANT_FLOAT_MONEY) ? (int64_t)((double)minor / 100 * 100) : minor;
}

static void read_net_line(const Utarg__V1__OrderLine *line, int64_t discount, struct order_line *out)
{
	int64_t after = line->net_minor - discount, tax = 0;
	if (has_tax(line))
		tax = line->tax_minor;
	else if (has_rate(line))
		tax = tax_on(after, line);
	out->before_net = kept(line->net_minor);
	out->after_net = kept(after);
	out->tax = tax;
}

static int64_t net_before(const Utarg__V1__OrderLine *line, int64_t discount, int64_t tax)
{
	int64_t gross = gross_of(line), left = gross - discount;
	if (!discount)
		return gross - tax;
	if (has_rate(line))
		return gross - tax_within(gross, line);
	if (left <= 0)
		return gross;
	int64_t tax_before = money_mul_div_half_up(tax, gross, left);
	return tax_before < gross ? gross - tax_before : 0;
}

static void read_gross_line(const Utarg__V1__OrderLine *line, int64_t discount, struct order_line *out)
{
	int64_t left = gross_of(line) - discount, tax = 0;
	if (has_tax(line))
		tax = line->tax_minor;
	else if (has_rate(line))
		tax = tax_within(left, line);
	out->before_net = kept(net_before(line, discount, tax));
	out->after_net = kept(left - tax);
	out->tax = tax;
}

static void read_line(const Utarg__V1__OrderLine *line, int64_t discount, struct intern *intern,
		      struct order_line *out)
{
	*out = (struct order_line){.quantity = line->quantity};
	if (has_net(line))
		read_net_line(line, discount, out);
	else
		read_gross_line(line, discount, out);
	out->sku = intern_key(intern, strlen(line->sku) < ENTITY_ID_SIZE ? line->sku : "");
	out->category = intern_key(intern, strlen(line->category) < FOLD_TEXT_SIZE ? line->category : "");
	out->has_cost = line->known_cost_case == UTARG__V1__ORDER_LINE__KNOWN_COST_COST_NET_MINOR &&
			line->cost_net_minor >= 0 && line->cost_net_minor <= MONEY_MAX_MINOR;
	out->cost_net = out->has_cost ? line->cost_net_minor : 0;
}

void order_add_line(struct order_content *content, const struct order_line *line)
{
	struct order_line *added = vec_push(content->lines);
	*added = *line;
	content->amounts.before_net += line->before_net;
	content->amounts.after_net += line->after_net;
	content->amounts.tax += line->tax;
	content->amounts.units += line->quantity;
}

// Shares of the order's discount, one a line.
static int64_t *spread_discount(const Utarg__V1__Order *stated)
{
	size_t count = stated->n_lines;
	int64_t *memory = memory_get(2 * count * sizeof(*memory));
	int64_t *shares = memory, *weights = memory + count;
	int64_t total = stated->discount_minor;
	bool any = false;
	for (size_t i = 0; i < count; i++) {
		int64_t value = gross_value(stated->lines[i]);
		weights[i] = value > 0 ? value : 0;
		any = any || value > 0;
	}
	if (!any && count)
		weights[0] = 1;
	if (total && count)
		money_split(total < 0 ? -total : total, weights, count, shares);
	for (size_t i = 0; total < 0 && i < count; i++)
		shares[i] = -shares[i];
	return memory;
}

int64_t order_stated_rate(const Utarg__V1__Order *stated)
{
	bool is_of_it = stated->rate && strcmp(stated->rate->currency, stated->currency) == 0 &&
			rate_is_valid(stated->rate->per_unit_nano);
	return is_of_it ? stated->rate->per_unit_nano : 0;
}

void order_read_content(const Utarg__V1__Order *stated, struct intern *intern, struct order_content *out)
{
	*out = (struct order_content){0};
	order_read_currency(stated->currency, out->currency);
	out->rate_nano = order_stated_rate(stated);
	bool has_method = stated->payment_method[0] && strlen(stated->payment_method) < FOLD_TEXT_SIZE;
	out->method = has_method ? intern_key(intern, stated->payment_method) : 0;
	out->has_coupon = stated->coupon[0];
	struct zone_date promised;
	if (said_day(stated->promised_day, &promised))
		out->promised_day = promised.year * 10000 + promised.month * 100 + promised.day;
	int64_t *shares = spread_discount(stated);
	for (size_t i = 0; i < stated->n_lines; i++) {
		struct order_line line;
		read_line(stated->lines[i], stated->lines[i]->discount_minor + shares[i], intern, &line);
		order_add_line(out, &line);
	}
	memory_free(shares);
	out->amounts.shipping_net = stated->shipping_net_minor;
	out->amounts.shipping_tax = stated->shipping_tax_minor;
	out->amounts.tax += stated->shipping_tax_minor;
}

static int64_t at_least_zero(int64_t n)
{
	return n > 0 ? n : 0;
}

void refund_read_content(const Utarg__V1__Refund *stated, struct refund_content *out)
{
	*out = (struct refund_content){0};
	order_read_currency(stated->currency, out->currency);
	for (size_t i = 0; i < stated->n_lines; i++) {
		out->net += stated->lines[i]->net_minor;
		out->tax += stated->lines[i]->tax_minor;
		out->known |= REFUND_NET | REFUND_TAX;
	}
	if (stated->known_items_net_case == UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR) {
		out->net = stated->items_net_minor;
		out->known |= REFUND_NET;
	}
	if (stated->known_shipping_net_case == UTARG__V1__REFUND__KNOWN_SHIPPING_NET_SHIPPING_NET_MINOR) {
		out->shipping = stated->shipping_net_minor;
		out->known |= REFUND_SHIPPING;
	}
	if (stated->known_tax_case == UTARG__V1__REFUND__KNOWN_TAX_TAX_MINOR) {
		out->tax = stated->tax_minor;
		out->known |= REFUND_TAX;
	}
	if (stated->known_total_case == UTARG__V1__REFUND__KNOWN_TOTAL_TOTAL_MINOR) {
		out->total = stated->total_minor;
		out->known |= REFUND_TOTAL;
	}
	out->net = at_least_zero(out->net);
	out->shipping = at_least_zero(out->shipping);
	out->tax = at_least_zero(out->tax);
	out->total = at_least_zero(out->total);
}

void refund_read_lines(const Utarg__V1__Refund *stated, struct intern *intern, struct order_refund *out)
{
	for (size_t i = 0; i < stated->n_lines; i++) {
		const Utarg__V1__RefundLine *line = stated->lines[i];
		struct refund_line *added = vec_push(out->lines);
		added->sku = intern_key(intern, strlen(line->sku) < ENTITY_ID_SIZE ? line->sku : "");
		added->net = line->net_minor > 0 ? line->net_minor : 0;
	}
}
