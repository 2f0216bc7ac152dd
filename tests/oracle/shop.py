# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A shop's accepted events, joined: who belongs to what, and where it stands. What is counted lies in the modules of
the groups (traffic, sales, carted, service, supply, books, offers)."""
import functools

from oracle import affiliates, money, offers, orders, places, told, touches
from oracle.carts import Carts
from oracle.rates import Rates
from oracle.sessions import Sessions
from oracle.windows import Calendar


class Shop:
    def __init__(self, entries):
        self.told = told.read(entries)
        self.of_kind = told.group(self.told, lambda event: event.kind)
        self.settings = told.Settings(self.told)
        self.currency = self.settings.currency
        self.calendar = Calendar(self.settings.zone)
        self.sessions = Sessions(self.settings, self.told)
        self.rates = Rates(self.settings, self.calendar, self.told)
        self.offers = offers.Offers(self)
        self.orders, self.unlinked_refunds = orders.read_orders(self.told)
        self.order = {order.id: order for order in self.orders}
        self.carts = Carts(self.told, self.orders)
        for order in self.orders:
            self._place_order(order)

    def of(self, *kinds):
        return [event for kind in kinds for event in self.of_kind.get(kind, ())]

    # -- orders

    def _place_order(self, order):
        order.convert = self.converter(order.content, order.placed_at)
        order.session = self._session_of_order(order)
        if order.session:
            order.session.orders.append(order)
            order.place = places.in_session(order.session, order.channel)
        else:
            speaker = order.speaker
            order.place = places.of_context(self.settings, speaker.t, order.channel, speaker.context)

    def converter(self, content, placed_at):
        """Of an order's money to the shop's. None: no rate, no money figure."""
        if content.currency == self.currency:
            return money.as_it_is
        rate = content.rate
        if rate.currency != content.currency or rate.per_unit_nano <= 0:
            rate = self.rates.of_order(content.currency, placed_at)
        return money.converter(rate, self.currency) if rate else None

    def _session_of_order(self, order):
        """Of its visitor, else of its cart's last client event."""
        found = self.sessions.of_visitor_at(order.visitor, order.placed_at)
        cart = self.carts.of(order.cart_id)
        return found or (self.sessions.at(cart.events, order.placed_at) if cart else None)

    @functools.cached_property
    def customers(self):
        """{customer: valid orders, the first first}; at the same instant the smaller id was first."""
        valid = [order for order in self.orders if order.is_valid]
        return told.group(sorted(valid, key=lambda order: (order.placed_at, order.id)), lambda order: order.customer)

    @functools.cached_property
    def touches(self):
        return touches.Touches(self)

    @functools.cached_property
    def ledger(self):
        return affiliates.Ledger(self)

    # -- places

    def place_of(self, event):
        """Of an event: its session, else its own context."""
        session = self.sessions.of_event.get(event.id)
        return places.in_session(session, event.channel) if session else self.place_alone(event)

    def place_alone(self, event):
        return places.of_context(self.settings, event.t, event.channel, event.context)

    def place_of_visitor(self, event):
        """Of what a server may say, too: the session that its visitor is in."""
        session = self.sessions.of_visitor_at(event.visitor, event.t)
        return places.in_session(session, event.channel) if session else self.place_alone(event)

    def place_of_order(self, event):
        """Of what is said of an order."""
        order = self.order.get(event.body.order_id)
        return order.place if order else self.place_alone(event)
