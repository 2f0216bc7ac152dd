# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders: all copies of one id with their cancellations, refunds, payments, costs and parcels."""
import functools

from oracle import money
from oracle.told import best_first, by_moment, earliest, group
from oracle.windows import parse_day

CANCELLED = 2
# what else is said of an order by its id
FOLLOWERS = ("order_cancelled", "order_paid", "order_cost", "order_fulfilled", "order_delivered", "parcel_refused",
             "return_received")


class Order:
    def __init__(self, order_id, copies, followers, refunds):
        self.id = order_id
        self.copies = sorted(best_first(copies), key=lambda copy: -copy.body.order_version)
        self.content = self.copies[0].body
        lowest = next(copy for copy in self.copies if copy.body.order_version == self.copies[-1].body.order_version)
        self.placed_at = lowest.body.placed_at_ms + lowest.shift if lowest.body.placed_at_ms else lowest.t
        self.visitor = self._first(lambda copy: copy.visitor)
        self.customer = self._first(lambda copy: copy.customer)
        self.cart_id = self._first(lambda copy: copy.body.cart_id)
        self.channel = self._first(lambda copy: copy.channel) or 0
        self.speaker = next((copy for copy in self.copies if copy.has_context), self.copies[0])  # of the context
        self.units = sum(line.quantity for line in self.content.lines)
        self.followers = group(followers, lambda event: event.kind)
        self.cancelled_at = self._cancellation()
        self._take(refunds)
        self.session = self.place = self.convert = None  # the shop sets them

    def _first(self, field):
        """Field by field from the best copy that has it."""
        return next((field(copy) for copy in self.copies if field(copy)), "")

    def of(self, kind):
        return by_moment(self.followers.get(kind, ()))

    @property
    def is_cancelled(self):
        return self.cancelled_at is not None

    @property
    def is_valid(self):
        gone = self.paid.items > 0 and self.refunded.items == self.paid.items
        return not self.is_cancelled and not gone and self.units > 0

    def _cancellation(self):
        """The earliest moment at which it was told for good; None when it stands."""
        moments = [event.t for event in self.of("order_cancelled")]
        version = None
        for copy in self.copies:
            if copy.body.order_version == version:
                continue  # a worse copy of the version
            if copy.body.status != CANCELLED:
                break
            version = copy.body.order_version
            moments.append(copy.t)
        return min(moments, default=None)

    def _take(self, refunds):
        """Refunds in order of (t, refund id). `given_back` and `excess` are [(t, sum before, sum after it)]."""
        self.lines = money.order_lines(self.content)
        self.lines_tax = sum(line.tax for line in self.lines)
        self.gmv = sum(line.before for line in self.lines)
        self.paid = money.Parts(sum(line.net for line in self.lines), self.content.shipping_net_minor,
                                self.lines_tax + self.content.shipping_tax_minor)
        self.refunds = [refund for refund in refunds if refund.body.currency in ("", self.content.currency)]
        self.refunded, self.given_back, self.excess, excess = money.Parts(0, 0, 0), [], [], 0
        standing = True
        for refund in self.refunds:
            if standing and self.is_cancelled and refund.t > self.cancelled_at:
                self.given_back.append((self.cancelled_at, self.refunded.items, self.paid.items))
                standing = False
            before, taken = self.refunded, money.refund_taken(refund.body, self.paid - self.refunded)
            self.refunded += taken
            money.take_from_lines(self.lines, refund.body, taken.items)
            if standing:  # else everything is back already
                self.given_back.append((refund.t, before.items, self.refunded.items))
            beyond = money.refund_sum(refund.body) - sum(taken)
            self.excess.append((refund.t, excess, excess + beyond))
            excess += beyond
        if standing and self.is_cancelled:
            self.given_back.append((self.cancelled_at, self.refunded.items, self.paid.items))

    @property
    def gross(self):
        """What was to be paid when it was placed, in its own currency."""
        return sum(self.paid)

    # -- money of the order in the shop's currency

    def in_shop_money(self, currency, amount, shop_currency):
        """An amount that another event says of this order; None where it counts nowhere."""
        if currency in ("", self.content.currency):
            return self.convert(amount) if self.convert else None
        return amount if currency == shop_currency else None

    @property
    def net(self):
        return 0 if self.is_cancelled else self.convert(self.paid.items) - self.convert(self.refunded.items)

    def kept(self, line):
        """What is left of a line's net, in the order's currency."""
        return 0 if self.is_cancelled else line.net - line.taken

    # -- what happened to it

    @functools.cached_property
    def paid_at(self):
        """When the payments reached what it costs; None while they have not."""
        if not self.gross:
            return self.placed_at
        total = 0
        for event in self.of("order_paid"):
            if event.body.currency in ("", self.content.currency):
                total += event.body.amount_minor
                if total >= self.gross:
                    return event.t
        return None

    @functools.cached_property
    def fulfilled_at(self):
        last = earliest(event for event in self.of("order_fulfilled") if event.body.last_parcel)
        return last.t if last else None

    @functools.cached_property
    def delivered_at(self):
        parcels = {}
        for event in self.of("order_delivered"):
            parcels.setdefault(event.body.parcel_id, event.t)
        return max(parcels.values(), default=None)

    @property
    def promised_day(self):
        return parse_day(self.content.promised_day)


def best_refunds(refunds):
    """One event a refund id, by (t, refund id)."""
    by_id = group(refunds, lambda refund: refund.body.refund_id)
    best = [best_first(copies)[0] for copies in by_id.values()]
    return sorted(best, key=lambda refund: (refund.t, refund.body.refund_id))


def read_orders(told):
    """(orders, refunds whose order nobody knows)."""
    copies = group([event for event in told if event.kind in ("purchase", "order_updated")],
                   lambda event: event.body.order_id)
    followers = group([event for event in told if event.kind in FOLLOWERS], lambda event: event.body.order_id)
    best = best_refunds([event for event in told if event.kind == "refund"])
    refunds = group(best, lambda event: event.body.order_id)
    orders = [Order(one, copies[one], followers.get(one, ()), refunds.get(one, ())) for one in copies]
    return orders, [event for event in best if event.body.order_id not in copies]
