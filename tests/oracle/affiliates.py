# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What partners earn. An order's commission at a moment is that of the order as it would be without what came later:
its refunds are cut off there and the whole order is read again."""
import collections
import dataclasses

from oracle import money, orders, touches
from oracle.facts import WHOLE_DAYS, Fact, standing, summed
from oracle.places import Place
from oracle.windows import DAY

PAUSED, WHOLE_BP = 2, 10_000
KEPT = {"dimensions": ("total", "affiliate")}
DAILY = KEPT | {"windows": WHOLE_DAYS}
ROWS = [
    standing("affiliate_held", "affiliate_held", **KEPT),
    standing("affiliate_due", "affiliate_due", **KEPT),
    summed("affiliate_clawed_back", "affiliate_clawed_back", **DAILY),
    summed("affiliate_paid", "affiliate_paid", **DAILY),
    summed("affiliate_commission", "commission", **DAILY),
    summed("affiliate_orders", "affiliate_orders", **DAILY),
    summed("affiliate_clicks", "affiliate_clicks", **DAILY),
    summed("epc", "commission", "affiliate_clicks", **DAILY),
    summed("approval_rate", "affiliate_approved", "affiliate_orders", **DAILY),
]


class Terms:
    """What was decided about partners."""

    def __init__(self, shop):
        self.rules, self.partners = collections.defaultdict(list), collections.defaultdict(list)
        for event in shop.of("commission_changed"):
            self.rules[event.body.affiliate, event.body.category].append(event)
        for event in shop.of("affiliate_changed"):
            self.partners[event.body.affiliate].append(event)

    def _latest(self, affiliate, category, t):
        known = [event for event in self.rules[affiliate, category] if event.body.valid_from_ms <= t]
        last = max(known, key=lambda event: (event.body.valid_from_ms, *event.moment), default=None)
        return last.body if last and not last.body.ended else None

    def rule(self, affiliate, category, t):
        return (self._latest(affiliate, category, t) if category else None) or self._latest(affiliate, "", t)

    def is_paused(self, affiliate, t):
        known = [event for event in self.partners[affiliate] if event.t <= t]
        last = max(known, key=lambda event: event.moment, default=None)
        return last is not None and last.body.state == PAUSED


@dataclasses.dataclass
class Line:
    """Of one rule: [(t, commission from then on)], the first as placed."""

    rule: str
    earns: bool
    due_at: int
    steps: list


class Ledger:
    def __init__(self, shop):
        self.shop, self.terms, self.touches = shop, Terms(shop), shop.touches
        self.lines = {order.id: self._lines(order) for order in shop.orders}

    def affiliate(self, order):
        clicked = [touch.affiliate for touch in self.touches.of_order(order) if touch.affiliate]
        return clicked[-1] if clicked else None

    def commission(self, order):
        return sum(line.steps[-1][1] for line in self.lines[order.id])

    def _is_new(self, order):
        """No valid order of its customer stands before it."""
        earlier = [one for one in self.shop.customers.get(order.customer, ())
                   if (one.placed_at, one.id) < (order.placed_at, order.id)]
        return bool(order.customer) and not earlier

    def _lines(self, order):
        affiliate = self.affiliate(order)
        if not affiliate or not order.convert or self.terms.is_paused(affiliate, order.placed_at):
            return []
        rules = [self.terms.rule(affiliate, line.category, order.placed_at) for line in order.content.lines]
        found = {id(rule): rule for rule in rules if rule}
        return [self._line(order, rule, [other is rule for other in rules]) for rule in found.values()]

    def _earns(self, order, rule):
        is_payable = rule.fixed.minor <= 0 or rule.fixed.currency == self.shop.currency
        return is_payable and not (rule.new_customers_only and not self._is_new(order))

    def _line(self, order, rule, is_of):
        earns = self._earns(order, rule)

        def earned(taken):
            placed = sum(line.net for line, own in zip(order.lines, is_of) if own)
            back = sum(amount for amount, own in zip(taken, is_of) if own)
            base = order.convert(placed) - order.convert(back)
            if base <= 0 or not earns:
                return 0
            if rule.fixed.minor > 0:
                return rule.fixed.minor
            return money.half_up(base * rule.percentage_bp, WHOLE_BP)

        steps = [(order.placed_at, earned([0] * len(order.lines)))]
        for count, refund in enumerate(order.refunds, start=1):
            if not order.is_cancelled or refund.t <= order.cancelled_at:
                steps.append((max(refund.t, order.placed_at), earned(self._taken(order, count))))
        if order.is_cancelled:
            steps.append((max(order.cancelled_at, order.placed_at), 0))
        return Line(rule.rule_id, earns, order.placed_at + rule.holding_days * DAY, steps)

    def _taken(self, order, count):
        """Of each line, by the first refunds."""
        followers = [event for events in order.followers.values() for event in events]
        return [line.taken for line in orders.Order(order.id, order.copies, followers, order.refunds[:count]).lines]


def beside_spend(place, affiliate):
    return Place(marketing_channel=place.marketing_channel, campaign=place.campaign, affiliate=affiliate)


def facts(shop, as_of_ms):
    ledger = shop.ledger
    for order in shop.orders:
        if affiliate := ledger.affiliate(order):
            at, lines = Place(affiliate=affiliate), ledger.lines[order.id]
            for line in lines:
                yield from life(line, at, as_of_ms)
            commission = ledger.commission(order)
            yield Fact("commission", order.placed_at, beside_spend(order.place, affiliate), commission)
            yield Fact("affiliate_orders", order.placed_at, at)
            if commission > 0 and all(line.due_at <= as_of_ms for line in lines if line.earns):
                yield Fact("affiliate_approved", order.placed_at, at)
    yield from payments(shop)
    for event in shop.of("affiliate_click"):
        if touches.is_signed(shop, event):
            yield Fact("affiliate_clicks", event.t, Place(affiliate=event.body.affiliate))


def life(line, at, as_of_ms):
    """Held, then due, less what is taken back in between and afterwards."""
    is_due, before, held = line.due_at <= as_of_ms, 0, 0
    for t, commission in line.steps:
        change, before = commission - before, commission
        if t < line.due_at:
            held = commission
            yield Fact("affiliate_held", t, at, change)
        elif is_due:
            yield Fact("affiliate_due", t, at, change)
            yield Fact("affiliate_clawed_back", t, at, max(-change, 0))
    if is_due:
        yield Fact("affiliate_held", line.due_at, at, -held)
        yield Fact("affiliate_due", line.due_at, at, held)


def payments(shop):
    for event in shop.of("affiliate_paid"):
        paid, once = event.body, set()
        for line in paid.lines:
            order = shop.order.get(line.order_id)
            if not order or paid.currency != shop.currency or (line.order_id, line.rule_id) in once:
                continue
            once.add((line.order_id, line.rule_id))
            at = Place(affiliate=paid.affiliate)
            yield Fact("affiliate_paid", event.t, at, line.amount_minor)
            yield Fact("affiliate_due", event.t, at, -line.amount_minor)
