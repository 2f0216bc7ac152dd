# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Offers: what is known of each (price, cost, stock), and its figures. Totals are sums over the offers."""
import bisect
import collections
import datetime
import fractions
import functools

from oracle import money
from oracle.facts import OFFER, WHOLE_DAYS, Fact, Row, standing, summed
from oracle.money import known
from oracle.places import Place
from oracle.told import by_moment, group
from oracle.windows import MINUTE

SALES_DAYS, DEAD_DAYS = 28, 90
PUBLIC = (0, 1)  # audience: unspecified is public


class Offers:
    """Facts with a validity: at x the one with the greatest (t, id), t <= x."""

    def __init__(self, shop):
        self.shop = shop
        told = by_moment(shop.of("offer_updated", "stock_changed"))
        mine = [event for event in told
                if event.kind == "offer_updated" and event.body.currency in ("", shop.currency)]
        self.updates = group(mine, lambda event: event.body.sku)
        self.stocks = group([event for event in told if event.kind == "stock_changed"], lambda event: event.body.sku)
        self.pieces = {sku: self._pieces(events) for sku, events in self.stocks.items()}

    @staticmethod
    def _pieces(stocks):
        """[(t, pieces in all places from then on)]"""
        places, found = {}, []
        for event in stocks:
            places[event.body.location] = event.body.quantity
            found.append((event.t, sum(places.values())))
        return found

    # -- at an instant

    def _latest(self, sku, t, field, audiences=range(4)):
        told = self.updates.get(sku, ())
        count = bisect.bisect_right(told, t, key=lambda event: event.t)
        said = (known(event.body, field) for event in reversed(told[:count]) if event.body.audience in audiences)
        return next((value for value in said if value is not None), None)

    def cost_at(self, sku, t):
        """Of a piece; None: not known."""
        return self._latest(sku, t, "cost_net_minor")

    def price_at(self, sku, t):
        return self._latest(sku, t, "price_gross_minor", PUBLIC)

    def stock_at(self, sku, t):
        """Pieces in all places; None before anything was told."""
        told = self.pieces.get(sku, ())
        count = bisect.bisect_right(told, t, key=lambda one: one[0])
        return told[count - 1][1] if count else None

    def value_at(self, sku, t):
        return (self.stock_at(sku, t) or 0) * (self.cost_at(sku, t) or 0)

    # -- of a line of an order

    def cost(self, order, line):
        """(cost of the whole line, its conversion); None: not known."""
        if line.cost is not None:
            return line.cost, order.convert
        piece = self.cost_at(line.sku, order.placed_at)
        return None if piece is None else (piece * line.quantity, money.as_it_is)

    def kept_cost(self, order, line):
        """What the goods cost that were not given back, in the shop's money; None: not known."""
        found = self.cost(order, line)
        if found is None:
            return None
        cost, convert = found
        all_back = order.paid.items > 0 and order.refunded.items == order.paid.items
        if order.is_cancelled:
            return 0
        if line.net <= 0:
            return 0 if all_back else convert(cost)
        return convert(round(fractions.Fraction(cost * order.kept(line), line.net)))


# ---- facts -------------------------------------------------------------------------------------------------


def facts(shop, as_of_ms):
    for view in shop.of("view_item"):
        yield Fact("offer_views", view.t, Place(offer=view.body.sku))
        yield Fact("stockout_loss", view.t, Place(offer=view.body.sku), Stockouts.of(shop).loss(view))
    for order in shop.orders:
        for sku in sorted({line.sku for line in order.lines}):
            lines = [line for line in order.lines if line.sku == sku]
            units = sum(line.quantity for line in lines)
            amounts = {"offer_orders": 1, "offer_units": units, "sold": 0 if order.is_cancelled else units}
            if order.convert:
                amounts |= earned(shop, order, lines)
            for measure, amount in amounts.items():
                yield Fact(measure, order.placed_at, Place(offer=sku), amount)
    for sku in shop.offers.stocks:
        yield from stock(shop.offers, sku)


def earned(shop, order, lines):
    revenue = margin = 0
    for line in lines:
        kept = 0 if order.is_cancelled else order.convert(line.net) - order.convert(line.taken)
        revenue += kept
        if (cost := shop.offers.kept_cost(order, line)) is not None:
            margin += kept - cost
    return {"offer_revenue": revenue, "offer_margin": margin}


def stock(offers, sku):
    """Steps of pieces and of what they cost."""
    pieces = value = 0
    moments = {event.t for event in offers.stocks[sku]} | {event.t for event in offers.updates.get(sku, ())}
    for t in sorted(moments):
        yield Fact("stock", t, Place(offer=sku), (offers.stock_at(sku, t) or 0) - pieces)
        yield Fact("stock_value", t, Place(offer=sku), offers.value_at(sku, t) - value)
        pieces, value = offers.stock_at(sku, t) or 0, offers.value_at(sku, t)


class Stockouts:
    """An estimate: what a view of something that is out of stock would have sold for. Stock and price are those of the
    beginning of the view's minute."""

    def __init__(self, shop):
        self.shop = shop
        date = shop.calendar.date
        self.views = collections.Counter((view.body.sku, date(view.t)) for view in shop.of("view_item"))
        self.orders = collections.Counter((sku, date(order.placed_at)) for order in shop.orders
                                          for sku in {line.sku for line in order.lines})
        self.conversion = functools.cache(self._conversion)

    @staticmethod
    def of(shop):
        if not hasattr(shop, "stockouts"):
            shop.stockouts = Stockouts(shop)
        return shop.stockouts

    def _days(self, sku, day):
        """The latest local days before this one that began with stock."""
        told, found = self.shop.offers.stocks.get(sku, ()), []
        first = self.shop.calendar.date(told[0].t) if told else day
        while len(found) < SALES_DAYS and day > first:
            day -= datetime.timedelta(days=1)
            if self.shop.offers.stock_at(sku, self.shop.calendar.midnight(day) - 1):
                found.append(day)
        return found

    def _conversion(self, sku, day):
        days = self._days(sku, day)
        views, orders = (sum(counts[sku, one] for one in days) for counts in (self.views, self.orders))
        return fractions.Fraction(min(orders, views), views) if views else 0

    def loss(self, view):
        sku, t = view.body.sku, view.t // MINUTE * MINUTE
        if self.shop.offers.stock_at(sku, t) != 0:  # None: nobody knows
            return 0
        price = known(view.body, "price_gross_minor")
        if price is None or view.body.currency not in ("", self.shop.currency):
            price = self.shop.offers.price_at(sku, t) or 0
        return round(price * self.conversion(sku, self.shop.calendar.date(view.t)))


# ---- figures -----------------------------------------------------------------------------------------------


def _sold(book, end, days, dimension, key):
    """Pieces in the local days that end at a midnight."""
    start = book.calendar.days_before(end, days)
    return book.before("sold", end, dimension, key) - book.before("sold", start, dimension, key)


def sell_through(book, window, start, end, dimension, key):
    sold = _sold(book, end, SALES_DAYS, dimension, key)
    return sold, sold + book.before("stock", end, dimension, key)


def days_of_stock(book, window, start, end, dimension, key):
    return SALES_DAYS * book.before("stock", end, dimension, key), _sold(book, end, SALES_DAYS, dimension, key)


def dead_stock(book, window, start, end, dimension, key):
    """The clock closes the day of A, however long the window is."""
    today = book.calendar.day_end(book.calendar.date(min(book.as_of_ms, end - 1)))
    skus = book.shop.offers.stocks if dimension == "total" else [key]
    dead = [sku for sku in skus if not _sold(book, today, DEAD_DAYS, "offer", sku)]
    return sum(book.before("stock_value", today, "offer", sku) for sku in dead), 1


HOW = {"windows": WHOLE_DAYS, "dimensions": OFFER}
ROWS = [
    summed("offer_views", "offer_views", **HOW),
    summed("offer_orders", "offer_orders", **HOW),
    summed("offer_units", "offer_units", **HOW),
    summed("offer_revenue", "offer_revenue", **HOW),
    summed("offer_conversion", "offer_orders", "offer_views", **HOW),
    summed("offer_margin", "offer_margin", **HOW),
    Row("sell_through", sell_through, reaches_back=True, **HOW),
    Row("days_of_stock", days_of_stock, reaches_back=True, **HOW),
    Row("dead_stock", dead_stock, nothing=(0, 1), reaches_back=True, **HOW),
    summed("stockout_loss", "stockout_loss", **HOW),
    standing("stock", "stock", dimensions=OFFER),
    standing("stock_value", "stock_value", dimensions=OFFER),
]
