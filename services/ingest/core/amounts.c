// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See amounts.h. Every amount that comes here lies in 0 to MONEY_MAX_MINOR and there are at most 1,000
// lines, so that no sum of 64 bits can overflow on the way to being refused.
#include "services/ingest/core/amounts.h"

#include "common/base/money.h"

#include <stdio.h>
#include <string.h>

// What the lines of an order come to; the line's own discount is off the counted side and off gross.
struct order_sum {
	int64_t counted_minor;      // net or gross, whichever counts, after the line's discount
	int64_t gross_before_minor; // what the line would cost without its discount
	int64_t cost_minor;
};

static bool line_fault(struct err *e, enum err_code code, const char *body, size_t line, const char *field,
		       const char *sentence)
{
	char path[ERR_FIELD_SIZE];

	snprintf(path, sizeof(path), "%s.lines[%zu].%s", body, line, field);
	return err_field(e, code, path, "%s %s", path, sentence);
}

static bool has_net(const Utarg__V1__OrderLine *line)
{
	return line->known_net_case == UTARG__V1__ORDER_LINE__KNOWN_NET_NET_MINOR;
}

static bool has_gross(const Utarg__V1__OrderLine *line)
{
	return line->known_gross_case == UTARG__V1__ORDER_LINE__KNOWN_GROSS_GROSS_MINOR;
}

static bool has_tax(const Utarg__V1__OrderLine *line)
{
	return line->known_tax_case == UTARG__V1__ORDER_LINE__KNOWN_TAX_TAX_MINOR;
}

static bool has_rate(const Utarg__V1__OrderLine *line)
{
	return line->known_tax_rate_case == UTARG__V1__ORDER_LINE__KNOWN_TAX_RATE_TAX_RATE_BP;
}

static int64_t tax_of_net(const Utarg__V1__OrderLine *line, int64_t net_minor)
{
	if (has_tax(line))
		return line->tax_minor;
	return has_rate(line) ? money_mul_div_half_up(net_minor, line->tax_rate_bp, 10000) : 0;
}

// Whether net and tax of the line can be known at all.
static bool line_is_known(const Utarg__V1__OrderLine *line, const char *body, size_t i, struct err *e)
{
	if (!has_net(line) && !has_gross(line))
		return line_fault(e, ERR_MISSING_FIELD, body, i, "net_minor",
				  "is missing: a line has net_minor, or gross_minor and its tax");
	if (!has_net(line) && !has_rate(line) && !has_tax(line))
		return line_fault(e, ERR_MISSING_FIELD, body, i, "tax_rate_bp",
				  "is missing: gross_minor needs tax_rate_bp (0 is a rate) or tax_minor");
	return true;
}

static bool line_is_consistent(const Utarg__V1__OrderLine *line, bool order_has_discount, const char *body,
			       size_t i, struct err *e)
{
	int64_t counted_minor = has_net(line) ? line->net_minor : line->gross_minor;

	if (line->discount_minor > counted_minor)
		return line_fault(e, ERR_BAD_FIELD, body, i, "discount_minor",
				  "is more than the line's amount");
	if (!has_net(line) && has_tax(line) && line->tax_minor > line->gross_minor - line->discount_minor)
		return line_fault(e, ERR_BAD_FIELD, body, i, "tax_minor",
				  "is more than the line's gross amount");
	if (!has_net(line) || !has_gross(line))
		return true;
	if (line->gross_minor < line->net_minor)
		return line_fault(e, ERR_BAD_FIELD, body, i, "gross_minor", "is less than net_minor");
	// With a discount the tax is that of what is left, and the three need not add up.
	if (has_tax(line) && line->discount_minor == 0 && !order_has_discount &&
	    line->net_minor + line->tax_minor != line->gross_minor)
		return line_fault(e, ERR_BAD_FIELD, body, i, "tax_minor",
				  "and net_minor do not add up to gross_minor");
	return true;
}

static void line_add(struct order_sum *sum, const Utarg__V1__OrderLine *line)
{
	if (has_net(line)) {
		sum->counted_minor += line->net_minor - line->discount_minor;
		// The larger of the two taxes: the one given is that of what is left after the discount.
		int64_t gross_minor = line->net_minor + tax_of_net(line, line->net_minor);
		sum->gross_before_minor +=
			has_gross(line) && line->gross_minor > gross_minor ? line->gross_minor : gross_minor;
	} else {
		sum->counted_minor += line->gross_minor - line->discount_minor;
		sum->gross_before_minor += line->gross_minor;
	}
	if (line->known_cost_case == UTARG__V1__ORDER_LINE__KNOWN_COST_COST_NET_MINOR)
		sum->cost_minor += line->cost_net_minor;
}

static bool order_fault(struct err *e, enum err_code code, const char *body, const char *field,
			const char *sentence)
{
	char path[ERR_FIELD_SIZE];

	snprintf(path, sizeof(path), "%s.%s", body, field);
	return err_field(e, code, path, "%s %s", path, sentence);
}

bool amounts_check_order(const Utarg__V1__Order *order, const char *body, struct err *e)
{
	struct order_sum sum = {0};

	for (size_t i = 0; i < order->n_lines; i++) {
		const Utarg__V1__OrderLine *line = order->lines[i];
		if (!line_is_known(line, body, i, e) ||
		    !line_is_consistent(line, order->discount_minor > 0, body, i, e))
			return false;
		line_add(&sum, line);
		if (sum.gross_before_minor > MONEY_MAX_MINOR || sum.cost_minor > MONEY_MAX_MINOR)
			return order_fault(e, ERR_AMOUNT_RANGE, body, "lines",
					   "come to more than an amount can be");
	}
	if (sum.gross_before_minor + order->shipping_net_minor + order->shipping_tax_minor > MONEY_MAX_MINOR)
		return order_fault(e, ERR_AMOUNT_RANGE, body, "shipping_net_minor",
				   "and the lines come to more than an amount can be");
	// Spread over the lines it would leave some of them below zero.
	if (order->discount_minor > sum.counted_minor)
		return order_fault(e, ERR_BAD_FIELD, body, "discount_minor",
				   "is more than the lines come to");
	if (order->rate && strcmp(order->rate->currency, order->currency) != 0)
		return order_fault(e, ERR_BAD_FIELD, body, "rate.currency", "is not the order's currency");
	return true;
}

// What the lines and the stated parts of a refund say; a part that is not stated is the lines' sum.
struct refund_parts {
	int64_t items_minor, shipping_minor, tax_minor;
};

static bool refund_sum_lines(const Utarg__V1__Refund *refund, struct refund_parts *out, struct err *e)
{
	*out = (struct refund_parts){0};
	for (size_t i = 0; i < refund->n_lines; i++) {
		out->items_minor += refund->lines[i]->net_minor;
		out->tax_minor += refund->lines[i]->tax_minor;
		if (out->items_minor + out->tax_minor > MONEY_MAX_MINOR)
			return order_fault(e, ERR_AMOUNT_RANGE, "refund", "lines",
					   "come to more than an amount can be");
	}
	return true;
}

bool amounts_check_refund(const Utarg__V1__Refund *refund, struct err *e)
{
	bool has_items = refund->known_items_net_case == UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
	bool has_shipping =
		refund->known_shipping_net_case == UTARG__V1__REFUND__KNOWN_SHIPPING_NET_SHIPPING_NET_MINOR;
	bool has_part_tax = refund->known_tax_case == UTARG__V1__REFUND__KNOWN_TAX_TAX_MINOR;
	bool has_total = refund->known_total_case == UTARG__V1__REFUND__KNOWN_TOTAL_TOTAL_MINOR;
	bool has_parts = refund->n_lines > 0 || has_items || has_shipping || has_part_tax;
	struct refund_parts parts;

	if (!has_parts && !has_total)
		return order_fault(e, ERR_MISSING_FIELD, "refund", "total_minor",
				   "is missing: a refund has lines, parts or a total");
	if (!refund_sum_lines(refund, &parts, e))
		return false;
	if (refund->n_lines > 0 && has_items && refund->items_net_minor != parts.items_minor)
		return order_fault(e, ERR_BAD_FIELD, "refund", "items_net_minor",
				   "is not the sum of the lines");
	if (refund->n_lines > 0 && has_part_tax && refund->tax_minor < parts.tax_minor)
		return order_fault(e, ERR_BAD_FIELD, "refund", "tax_minor",
				   "is less than the tax of the lines");
	parts.items_minor = has_items ? refund->items_net_minor : parts.items_minor;
	parts.tax_minor = has_part_tax ? refund->tax_minor : parts.tax_minor;
	parts.shipping_minor = has_shipping ? refund->shipping_net_minor : 0;
	int64_t sum_minor = parts.items_minor + parts.shipping_minor + parts.tax_minor;
	if (sum_minor > MONEY_MAX_MINOR)
		return order_fault(e, ERR_AMOUNT_RANGE, "refund", "items_net_minor",
				   "and the other parts come to more than an amount can be");
	if (has_parts && has_total && refund->total_minor != sum_minor)
		return order_fault(e, ERR_BAD_FIELD, "refund", "total_minor", "is not the sum of its parts");
	return true;
}
