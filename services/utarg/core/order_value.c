// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/order_value.h"

#include "common/base/money.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { RATE_WHOLE_BP = 10000, RATE_MAX_BP = 100000 };

static int64_t rate_of(const Utarg__V1__OrderLine *line)
{
	if (!line->known_tax_rate_case)
		return 0;
	return line->tax_rate_bp < RATE_MAX_BP ? line->tax_rate_bp : RATE_MAX_BP;
}

// Gross after the line's own discount: by that the order's is spread.
static int64_t gross_value(const Utarg__V1__OrderLine *line)
{
	if (!line->known_net_case)
		return (line->known_gross_case ? line->gross_minor : 0) - line->discount_minor;
	int64_t after = line->net_minor - line->discount_minor;
	if (line->known_tax_rate_case)
		return after + money_mul_div_half_up(after, rate_of(line), RATE_WHOLE_BP);
	return after + (line->known_tax_case ? line->tax_minor : 0);
}

static void add_line(struct order_value *value, const Utarg__V1__OrderLine *line, int64_t discount)
{
	int64_t tax = 0;
	if (line->known_net_case) {
		int64_t after = line->net_minor - discount;
		if (line->known_tax_case)
			tax = line->tax_minor;
		else
			tax = money_mul_div_half_up(after, rate_of(line), RATE_WHOLE_BP);
		value->left[PART_ITEMS] += after;
	} else {
		int64_t left = (line->known_gross_case ? line->gross_minor : 0) - discount;
		if (line->known_tax_case)
			tax = line->tax_minor;
		else
			tax = money_mul_div_half_up(left, rate_of(line), RATE_WHOLE_BP + rate_of(line));
		value->left[PART_ITEMS] += left - tax;
	}
	value->left[PART_TAX] += tax;
}

// Shares of the order's discount, one a line; the heap's. When no line has a value the first takes it all.
static int64_t *spread_discount(const Utarg__V1__Order *order)
{
	size_t count = order->n_lines;
	int64_t *shares = calloc(2 * count + 1, sizeof(*shares)), *weights = shares + count;
	bool any = false;
	if (shares == NULL)
		abort();
	for (size_t i = 0; i < count; i++) {
		int64_t gross = gross_value(order->lines[i]);
		weights[i] = gross > 0 ? gross : 0;
		any = any || gross > 0;
	}
	if (!any && count > 0)
		weights[0] = 1;
	if (order->discount_minor > 0 && count > 0)
		money_split(order->discount_minor, weights, count, shares);
	return shares;
}

struct order_value order_value_of(const Utarg__V1__Order *order)
{
	struct order_value value = {
		.left = {
			[PART_SHIPPING] = order->shipping_net_minor, [PART_TAX] = order->shipping_tax_minor}};
	int64_t *shares = spread_discount(order);
	for (size_t i = 0; i < order->n_lines; i++)
		add_line(&value, order->lines[i], order->lines[i]->discount_minor + shares[i]);
	free(shares);
	return value;
}

// ---- refunds ----

struct parts {
	int64_t named[PART_COUNT];
	bool is_named[PART_COUNT];
};

static void name_part(struct parts *parts, enum order_part part, int64_t minor)
{
	parts->named[part] = minor;
	parts->is_named[part] = true;
}

static struct parts read_parts(const Utarg__V1__Refund *refund)
{
	struct parts parts = {0};
	for (size_t i = 0; i < refund->n_lines; i++) {
		name_part(&parts, PART_ITEMS, parts.named[PART_ITEMS] + refund->lines[i]->net_minor);
		name_part(&parts, PART_TAX, parts.named[PART_TAX] + refund->lines[i]->tax_minor);
	}
	if (refund->known_items_net_case)
		name_part(&parts, PART_ITEMS, refund->items_net_minor);
	if (refund->known_shipping_net_case)
		name_part(&parts, PART_SHIPPING, refund->shipping_net_minor);
	if (refund->known_tax_case)
		name_part(&parts, PART_TAX, refund->tax_minor);
	return parts;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void take_rest(struct order_value *value, const struct parts *parts, int64_t rest)
{
	int64_t weights[PART_COUNT], shares[PART_COUNT], sum = 0;
	for (int i = 0; i < PART_COUNT; i++) {
		weights[i] = parts->is_named[i] || value->left[i] < 0 ? 0 : value->left[i];
		sum += weights[i];
	}
	if (least(rest, sum) <= 0)
		return;
	money_split(least(rest, sum), weights, PART_COUNT, shares);
	for (int i = 0; i < PART_COUNT; i++)
		value->left[i] -= shares[i];
}

void order_value_refund(struct order_value *value, const char *currency, const Utarg__V1__Refund *refund)
{
	struct parts parts = read_parts(refund);
	int64_t named = 0;
	if (refund->currency[0] && strcmp(refund->currency, currency) != 0)
		return;
	for (int i = 0; i < PART_COUNT; i++) {
		int64_t left = value->left[i] > 0 ? value->left[i] : 0;
		int64_t stated = parts.named[i] > 0 ? parts.named[i] : 0;
		value->left[i] -= least(stated, left);
		named += stated;
	}
	if (refund->known_total_case)
		take_rest(value, &parts, refund->total_minor - named);
}
