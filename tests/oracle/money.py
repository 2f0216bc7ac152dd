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
        before = min(half_up(tax * amount, left), amount) if left > 0 else 0  # what the whole amount would bear
    return amount - before, left - tax, tax


# ---- currencies --------------------------------------------------------------------------------------------


def as_it_is(minor):
    return minor


def converter(rate, currency):
    """A function from minor units of the rate's currency to those of the shop's."""
    exponents = EXPONENTS.get(currency, 2) - EXPONENTS.get(rate.currency, 2)
    factor = fractions.Fraction(rate.per_unit_nano, 10**9) * fractions.Fraction(10) ** exponents
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


@dataclasses.dataclass
class Line:
    """A line of an order, in the order's own currency."""

    sku: str
    quantity: int
    before: int  # net before discounts
    net: int  # after them
    tax: int
    cost: int = None  # None: not said
    taken: int = 0  # of the net, by refunds

    @property
    def left(self):
        return max(0, self.net - self.taken)


def order_lines(order):
    shares = split(order.discount_minor, [line_gross(line) for line in order.lines])
    return [Line(line.sku, line.quantity, *line_money(line, share), known(line, "cost_net_minor"))
            for line, share in zip(order.lines, shares)]


def take_from_lines(lines, refund, items):
    """Places what a refund took of the items on the lines: first where it names them, the rest pro rata."""
    for asked in refund.lines:
        named = [line for line in lines if line.sku == asked.sku]
        items -= take_pro_rata(named, min(asked.net_minor, items))
    take_pro_rata(lines, items)


def take_pro_rata(lines, amount):
    """By what is left of each; returns how much there was to take."""
    left = [line.left for line in lines]
    amount = min(amount, sum(left))
    for line, part in zip(lines, split(amount, left)):
        line.taken += part
    return amount


def refund_asked(refund):
    """(Parts, total): one of the two is None. A part that is not stated is what the lines come to."""
    stated = [known(refund, field) for field in ("items_net_minor", "shipping_net_minor", "tax_minor")]
    if not refund.lines and all(part is None for part in stated):
        return None, refund.total_minor
    of_lines = [sum(line.net_minor for line in refund.lines), 0, sum(line.tax_minor for line in refund.lines)]
    return Parts(*(line if part is None else part for part, line in zip(stated, of_lines))), None


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
