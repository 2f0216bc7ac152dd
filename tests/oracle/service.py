# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Service: cases, ratings, and what is due by law."""
from oracle.facts import Fact, percentile, standing, summed
from oracle.orders import best_refunds
from oracle.told import by_moment, earliest, group, latest
from oracle.windows import DAY

DUE_MS = 14 * DAY
ROWS = [
    percentile("first_reply_minutes_p50", "reply_ms", 50),
    percentile("first_reply_minutes_p90", "reply_ms", 90),
    percentile("resolution_hours_p50", "resolution_ms", 50),
    percentile("resolution_hours_p90", "resolution_ms", 90),
    standing("open_cases", "open_cases"),
    summed("contact_rate", "cases", "orders"),
    summed("satisfaction", "scores", "ratings"),
    standing("open_orders", "open_orders"),
    standing("complaints_due", "complaints_due"),
    standing("complaints_overdue", "complaints_overdue"),
    standing("refunds_due", "refunds_due"),
    standing("refunds_overdue", "refunds_overdue"),
]


class Case:
    """From its first opening on."""

    def __init__(self, events):
        events = by_moment(events)
        self.opened = next((event for event in events if event.kind == "service_case_opened"), None)
        self.order_id = next((event.body.order_id for event in events if event.body.order_id), "")
        self.closings = [event for event in events if event.kind == "service_case_closed"]
        since = [event for event in events if self.opened and event.t >= self.opened.t]
        self.reply = earliest(event for event in since
                              if event.kind == "service_case_replied" and not event.body.by_customer)
        self.turns = [event for event in since if event.kind in ("service_case_closed", "service_case_reopened")]

    def reply_ms(self, as_of_ms):
        return self.reply.t - self.opened.t if self.reply else max(0, as_of_ms - self.opened.t)

    def resolution_ms(self, as_of_ms):
        is_closed = self.turns and self.turns[-1].kind == "service_case_closed"
        return self.turns[-1].t - self.opened.t if is_closed else max(0, as_of_ms - self.opened.t)

    def open_steps(self):
        """[(t, +1 or -1)]"""
        yield self.opened.t, 1
        is_open = True
        for turn in self.turns:
            if is_open == (turn.kind == "service_case_closed"):
                is_open = not is_open
                yield turn.t, 1 if is_open else -1


def facts(shop, as_of_ms):
    cases = read_cases(shop)
    for case in cases:
        if case.opened:
            place, t = shop.place_of(case.opened), case.opened.t
            yield Fact("cases", t, place)
            yield Fact("reply_ms", t, place, case.reply_ms(as_of_ms))
            yield Fact("resolution_ms", t, place, case.resolution_ms(as_of_ms))
            for at, step in case.open_steps():
                yield Fact("open_cases", at, place, step)
    for rated in group(shop.of("service_rated"), lambda event: event.body.case_id).values():
        last = latest(rated)
        yield Fact("ratings", last.t, shop.place_of(last))
        yield Fact("scores", last.t, shop.place_of(last), last.body.score)
    for order in shop.orders:
        ends = [t for t in (order.cancelled_at, order.fulfilled_at) if t is not None]
        yield from stands("open_orders", order.placed_at, ends, order.place)
    yield from due(shop, cases, as_of_ms)


def read_cases(shop):
    events = shop.of("service_case_opened", "service_case_replied", "service_case_closed", "service_case_reopened")
    return [Case(found) for found in group(events, lambda event: event.body.case_id).values()]


def stands(measure, since, ends, place):
    """From `since` until the first of the ends; not at all when that comes before."""
    if all(since < end for end in ends):
        yield Fact(measure, since, place)
        if ends:
            yield Fact(measure, min(ends), place, -1)


def cancellation(order, told):
    """[the moment] or []; an order that nobody knows may be cancelled, too."""
    moment = order.cancelled_at if order else min((event.t for event in told), default=None)
    return [] if moment is None else [moment]


def due(shop, cases, as_of_ms):
    refunds = group(best_refunds(shop.of("refund")), lambda event: event.body.order_id)
    cancelled = group(shop.of("order_cancelled"), lambda event: event.body.order_id)
    closings = [(case.order_id, event.t) for case in cases if case.order_id for event in case.closings]
    for kind, name, key in (("complaint_received", "complaints", "complaint_id"),
                            ("withdrawal_received", "refunds", "withdrawal_id")):
        for told in group(shop.of(kind), lambda event: getattr(event.body, key)).values():
            first = earliest(told)
            order_id, order = first.body.order_id, shop.order.get(first.body.order_id)
            ends = [refund.t for refund in refunds.get(order_id, ())]
            if name == "complaints":
                ends += [t for closed_order, t in closings if closed_order == order_id]
                ends += cancellation(order, cancelled.get(order_id, ()))
            later = [t for t in ends if t >= first.t]
            place = shop.place_of_order(first)
            yield Fact(f"{name}_due", first.t, place)
            if later:
                yield Fact(f"{name}_due", min(later), place, -1)
            if first.t + DUE_MS <= as_of_ms:
                yield from stands(f"{name}_overdue", first.t + DUE_MS, later, place)
