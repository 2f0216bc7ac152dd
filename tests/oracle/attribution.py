# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Attribution: what orders are credited to, under seven models, straight from KPI.md section 4. Which touches there
are stands in touches.py, what channels are worth in a chain in markov.py."""
import collections
import functools
import math

from oracle import markov, money
from oracle.facts import TOTAL, WHOLE_DAYS, Fact, summed
from oracle.places import Place
from oracle.sales import SPEND
from oracle.touches import DIRECT
from oracle.windows import DAY

MODELS = ("last_non_direct", "first", "last", "linear", "position", "time_decay", "markov")
MILLION = 10**6
SOLD_THERE = ("marketplace", "pos", "phone")


def _rows(model):
    suffix = "" if model == MODELS[0] else f"_{model}"
    net, orders, customers = f"attributed_net_{model}", f"attributed_orders_{model}", f"attributed_customers_{model}"
    kept = {"windows": WHOLE_DAYS, "dimensions": SPEND}
    return [
        summed(f"attributed_revenue{suffix}", net, **kept),
        summed(f"attributed_orders{suffix}", orders, **kept),
        summed(f"attributed_new_customers{suffix}", customers, **kept),
        summed(f"roas{suffix}", net, "spend", **kept),
        summed(f"cost_per_order{suffix}", "spend", orders, scale=MILLION, **kept),
        summed(f"cac{suffix}", "spend", customers, scale=MILLION, **kept),
    ]


ROWS = [row for model in MODELS for row in _rows(model)]
ROWS.append(summed("mer", "net", "spend", windows=WHOLE_DAYS, dimensions=TOTAL))


# ---- weights -----------------------------------------------------------------------------------------------


@functools.cache
def decayed(days):
    """2^40 halved every seven whole days; the root of 2 is rounded to integers once a day of the week."""
    root = 2 ** (7 * 40 - days % 7)  # the seventh power of what is looked for
    value = math.isqrt(math.isqrt(root))  # somewhere above it
    while value**7 > root:
        value = ((value * 6) + root // value**6) // 7  # Newton, from above
    if (2 * value + 1) ** 7 <= 128 * root:  # nearer to the next
        value += 1
    return value >> days // 7


def weights(model, touches, placed_at, channels):
    count = len(touches)
    if model == "markov":
        return [channels.weight(touch.channel) for touch in touches]
    if model == "first":
        return [int(i == 0) for i in range(count)]
    if model in ("last", "last_non_direct"):
        return [int(i == count - 1) for i in range(count)]
    if model == "position" and count > 2:
        return [2 * (count - 2) if i in (0, count - 1) else 1 for i in range(count)]
    if model == "time_decay":
        return [decayed((placed_at - touch.t) // DAY) for touch in touches]
    return [1] * count


def split(amount, shares):
    return money.split(amount, shares if any(shares) else [1] * len(shares))


# ---- credits -----------------------------------------------------------------------------------------------


def not_direct(touches):
    """Unless only direct ones remain."""
    return [touch for touch in touches if touch.place != DIRECT] or list(touches)


class Attribution:
    """Of each order the touches that count; of each local day the channels' weights."""

    def __init__(self, shop):
        self.shop, self.touches = shop, shop.touches
        self.of_order = {order.id: not_direct(self.touches.of_order(order)) for order in shop.orders}
        self.paths = collections.Counter()  # (local day as a number, channels, whether it converted)
        self.models = {}
        for order in shop.orders:
            if self.of_order[order.id]:
                self._add_path(order.placed_at, self.of_order[order.id], True)
        for lapse_at, touches in self.touches.lapsed(shop.orders):
            self._add_path(lapse_at, not_direct(touches), False)

    def day(self, t):
        return self.shop.calendar.date(t).toordinal()

    def _add_path(self, t, touches, converted):
        self.paths[self.day(t), tuple(touch.channel for touch in touches), converted] += 1

    def channels_at(self, t):
        day = self.day(t)
        if day not in self.models:
            ended = [(path, converted, count) for (at, path, converted), count in self.paths.items()
                     if day - 90 <= at < day]
            self.models[day] = markov.Channels(ended)
        return self.models[day]

    def credits(self, order):
        """(model, place, net, millionths)"""
        net = order.net if order.convert else 0
        touches = self.of_order[order.id]
        if not touches:
            sold = order.place.sales_channel
            channel = sold if sold in SOLD_THERE else "unattributed"
            place = Place(marketing_channel=channel, campaign="unattributed")
            yield from ((model, place, net, MILLION) for model in MODELS)
            return
        channels = self.channels_at(order.placed_at)
        for model in MODELS:
            shares = weights(model, touches, order.placed_at, channels)
            for touch, credit, millionths in zip(touches, split(net, shares), split(MILLION, shares)):
                yield model, touch.place, credit, millionths


def facts(shop, as_of_ms):
    attribution = Attribution(shop)
    for order in shop.orders:
        is_new = bool(order.customer) and shop.customers.get(order.customer, [None])[0] is order
        for model, place, net, millionths in attribution.credits(order):
            yield Fact(f"attributed_net_{model}", order.placed_at, place, net)
            yield Fact(f"attributed_orders_{model}", order.placed_at, place, millionths)
            yield Fact(f"attributed_customers_{model}", order.placed_at, place, millionths if is_new else 0)
