# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Carts: an id, or several that were merged."""
import collections

from oracle.told import CART_KINDS, by_moment
from oracle.windows import DAY, HOUR


class Cart:
    def __init__(self, events, orders):
        self.events = by_moment(events)
        self.orders = orders
        self.first_add = next((event for event in self.events if event.kind == "add_to_cart"), None)
        self.first_checkout = next((event for event in self.events if event.kind == "begin_checkout"), None)
        self.failures = [event for event in self.events if event.kind == "payment_failed"]

    @property
    def is_empty(self):
        held = collections.defaultdict(collections.Counter)  # cart id: sku: quantity
        for event in self.events:
            body = event.body
            if event.kind == "add_to_cart":
                held[body.cart_id][body.sku] += body.quantity
            elif event.kind == "remove_from_cart":
                held[body.cart_id][body.sku] = max(0, held[body.cart_id][body.sku] - body.quantity)
            elif event.kind == "cart_emptied":
                held[body.cart_id].clear()
            elif event.kind == "cart_merged":
                held[body.into_cart_id].update(held.pop(body.from_cart_id, {}))
        return not any(any(items.values()) for items in held.values())

    @property
    def activities(self):
        moments = sorted([event.t for event in self.events] + [order.placed_at for order in self.orders])
        return [t for t in moments if t >= self.first_add.t]

    @property
    def has_lapse(self):
        moments = self.activities
        return any(later - earlier >= DAY for earlier, later in zip(moments, moments[1:]))

    def state(self, as_of_ms):
        if self.orders:
            return "ordered"
        if self.is_empty:
            return "emptied"
        return "abandoned" if as_of_ms - self.activities[-1] >= DAY else "open"

    # -- payments

    @property
    def first_attempt(self):
        """When the first payment failed or the first order was placed; None without an attempt."""
        return min([event.t for event in self.failures] + [order.placed_at for order in self.orders], default=None)

    def payment_failed(self, as_of_ms):
        """Whether the last failure of more than an hour ago had no order within its hour."""
        old = [event.t for event in self.failures if event.t + HOUR <= as_of_ms]
        return bool(old) and not any(old[-1] < order.placed_at <= old[-1] + HOUR for order in self.orders)


def names(told):
    """A function from a cart id to the name of its merged whole."""
    name = {}
    for event in told:
        if event.kind == "cart_merged":
            one, other = event.body.from_cart_id, event.body.into_cart_id
            old, new = name.setdefault(one, one), name.setdefault(other, other)
            name = {cart: new if whole == old else whole for cart, whole in name.items()}
    return lambda cart: name.get(cart, cart)


class Carts:
    def __init__(self, told, orders):
        self.name = names(told)
        events, ordered = collections.defaultdict(list), collections.defaultdict(list)
        for event in told:
            if event.kind == "cart_merged":
                events[self.name(event.body.from_cart_id)].append(event)
            elif event.kind in CART_KINDS and event.body.cart_id:
                events[self.name(event.body.cart_id)].append(event)
        for order in orders:
            if order.cart_id:
                ordered[self.name(order.cart_id)].append(order)
        self.whole = {whole: Cart(events[whole], ordered[whole]) for whole in {**events, **ordered}}

    def of(self, cart_id):
        return self.whole.get(self.name(cart_id)) if cart_id else None

    def __iter__(self):
        return iter(self.whole.values())
