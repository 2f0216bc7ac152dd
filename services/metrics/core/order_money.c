// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The arithmetic of one copy: lines to sums. order.c decides which copy counts.
#include "services/metrics/core/order.h"

#include "common/base/fail.h"

#include <string.h>

enum { RATE_WHOLE_BP = 10000, RATE_MAX_BP = 100000 };
// A million of the shop's currency for one of another: what is above is no rate, and products stay in 128
// bits.
#define RATE_MAX_NANO INT64_C(1000000000000000)

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

static void add_net_line(const Utarg__V1__OrderLine *line, int64_t discount, struct order_amounts *sums)
{
	int64_t after = line->net_minor - discount, tax = 0;
	if (has_tax(line))
		tax = line->tax_minor;
	else if (has_rate(line))
		tax = tax_on(after, line);
	sums->before_net += kept(line->net_minor);
	sums->after_net += kept(after);
	sums->tax += tax;
}

static int64_t net_before(const Utarg__V1__OrderLine *line, int64_t discount, int64_t tax)
{
	int64_t gross = gross_of(line), left = gross - discount;
	if (!discount)
		return gross - tax;
	if (has_rate(line))
		return gross - tax_within(gross, line);
	return left > 0 ? gross - money_mul_div_half_up(tax, gross, left) : gross;
}

static void add_gross_line(const Utarg__V1__OrderLine *line, int64_t discount, struct order_amounts *sums)
{
	int64_t left = gross_of(line) - discount, tax = 0;
	if (has_tax(line))
		tax = line->tax_minor;
	else if (has_rate(line))
		tax = tax_within(left, line);
	sums->before_net += kept(net_before(line, discount, tax));
	sums->after_net += kept(left - tax);
	sums->tax += tax;
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

void order_read_content(const Utarg__V1__Order *stated, struct order_content *out)
{
	*out = (struct order_content){0};
	text_copy(out->currency, sizeof(out->currency), stated->currency);
	if (stated->rate && strcmp(stated->rate->currency, stated->currency) == 0 &&
	    stated->rate->per_unit_nano > 0 && stated->rate->per_unit_nano <= RATE_MAX_NANO)
		out->rate_nano = stated->rate->per_unit_nano;
	struct zone_date promised;
	if (zone_date_parse(stated->promised_day, &promised))
		out->promised_day = promised.year * 10000 + promised.month * 100 + promised.day;
	struct order_amounts *sums = &out->amounts;
	int64_t *shares = spread_discount(stated);
	for (size_t i = 0; i < stated->n_lines; i++) {
		const Utarg__V1__OrderLine *line = stated->lines[i];
		int64_t discount = line->discount_minor + shares[i];
		if (has_net(line))
			add_net_line(line, discount, sums);
		else
			add_gross_line(line, discount, sums);
		sums->units += line->quantity;
	}
	memory_free(shares);
	sums->shipping_net = stated->shipping_net_minor;
	sums->tax += stated->shipping_tax_minor;
}

static int64_t at_least_zero(int64_t n)
{
	return n > 0 ? n : 0;
}

void refund_read_content(const Utarg__V1__Refund *stated, struct refund_content *out)
{
	*out = (struct refund_content){0};
	text_copy(out->currency, sizeof(out->currency), stated->currency);
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
