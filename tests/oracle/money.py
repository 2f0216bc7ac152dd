# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an order is worth: the arithmetic of KPI.md sections 1 and 3 in exact integers, in the order's own currency
and converted. Beside oracle.py; knows no sessions, windows or dimensions."""
import dataclasses
import fractions

EXPONENTS = {"JPY": 0, "KRW": 0, "ISK": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}


def half_up(numerator, denominator):
    """Away from zero on either side of it."""
    rounded = (2 * abs(numerator) + denominator) // (2 * denominator)
    return rounded if numerator >= 0 else -rounded


def split(amount, weights):
    """`amount` by largest remainder; what is equal goes to the first."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    shares = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in by_remainder[: amount - sum(shares)]:
        shares[i] += 1
    return shares


def known(message, field):
    """The value of a oneof of one field, or None."""
    return getattr(message, field) if message.HasField(field) else None


# ---- lines -------------------------------------------------------------------------------------------------


def tax_in_gross(gross, rate_bp):
    return half_up(gross * rate_bp, 10_000 + rate_bp)


def line_side(line):
    """(amount before any discount, whether it is net)."""
    net = known(line, "net_minor")
    return (net, True) if net is not None else (known(line, "gross_minor") or 0, False)


def line_gross(line):
    """Gross after the line's own discount: the weight of its share in the order's discount."""
    amount, is_net = line_side(line)
    amount -= line.discount_minor
    if not is_net:
        return max(amount, 0)
    rate = known(line, "tax_rate_bp")
    return amount + (half_up(amount * rate, 10_000) if rate is not None else known(line, "tax_minor") or 0)


def line_money(line, share):
    """(net before discounts, net after, tax), `share` of the order's discount included."""
    amount, is_net = line_side(line)
    discount, tax, rate = line.discount_minor + share, known(line, "tax_minor"), known(line, "tax_rate_bp")
    left = amount - discount
    if is_net:
        return amount, left, tax if tax is not None else half_up(left * (rate or 0), 10_000)
    if tax is None:
        tax = tax_in_gross(left, rate or 0)
    if not discount:
        before = tax
    elif rate is not None:
        before = tax_in_gross(amount, rate)
    else:
        before = half_up(tax * amount, left) if left > 0 else 0  # what the whole amount would bear
    return amount - before, left - tax, tax


# ---- currencies --------------------------------------------------------------------------------------------


def converter(order, currency):
    """A function from the order's minor units to the shop's, or None: no rate, no money figure."""
    if order.currency == currency:
        return lambda minor: minor
    if order.rate.currency != order.currency or order.rate.per_unit_nano <= 0:
        return None
    exponents = EXPONENTS.get(currency, 2) - EXPONENTS.get(order.currency, 2)
    factor = fractions.Fraction(order.rate.per_unit_nano, 10**9) * fractions.Fraction(10) ** exponents
    return lambda minor: round(minor * factor)  # Python rounds a Fraction half to even


# ---- refunds -----------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Parts:
    """Items net, shipping net and tax: of an order, of a refund, of what is left."""

    items: int
    shipping: int
    tax: int

    def __iter__(self):
        return iter((self.items, self.shipping, self.tax))

    def __add__(self, other):
        return Parts(*(a + b for a, b in zip(self, other)))

    def __sub__(self, other):
        return Parts(*(a - b for a, b in zip(self, other)))


def order_parts(order):
    """(gmv, Parts after discounts) of an order's content, in its own currency."""
    shares = split(order.discount_minor, [line_gross(line) for line in order.lines])
    money = [line_money(line, share) for line, share in zip(order.lines, shares)]
    parts = Parts(sum(m[1] for m in money), order.shipping_net_minor,
                  sum(m[2] for m in money) + order.shipping_tax_minor)
    return sum(m[0] for m in money), parts


def refund_asked(refund):
    """(Parts, total): one of the two is None."""
    if refund.lines:
        net, tax = sum(line.net_minor for line in refund.lines), sum(line.tax_minor for line in refund.lines)
        return Parts(net, 0, tax), None
    parts = [known(refund, field) for field in ("items_net_minor", "shipping_net_minor", "tax_minor")]
    if any(part is not None for part in parts):
        return Parts(*(part or 0 for part in parts)), None
    return None, refund.total_minor


def refund_sum(refund):
    parts, total = refund_asked(refund)
    return total if parts is None else sum(parts)


def refund_items(refund):
    """Items net of a refund that stands alone."""
    parts, total = refund_asked(refund)
    return total if parts is None else parts.items


def refund_taken(refund, left):
    """What it takes of what is left of its order. The rest is excess."""
    parts, total = refund_asked(refund)
    there = [max(0, part) for part in left]
    if parts is None:
        return Parts(*split(min(total, sum(there)), there))
    return Parts(*(min(asked, part) for asked, part in zip(parts, there)))
