# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Customers who come again: of consented customer references, over all their valid orders. Total only."""
import functools

from oracle import sales
from oracle.facts import TOTAL, WHOLE_DAYS, Row

YEAR_DAYS = 365


def repeat(book, window, start, end, dimension, key):
    since = book.calendar.days_before(end, YEAR_DAYS)
    counts = [sum(since <= order.placed_at < end for order in orders) for orders in book.shop.customers.values()]
    return sum(count >= 2 for count in counts), sum(count >= 1 for count in counts)


def valued_at(value):
    """A figure that adds value(book, orders so far, end) over the customers with an order before the end."""

    def form(book, window, start, end, dimension, key):
        customers = [[order for order in orders if order.placed_at < end] for orders in book.shop.customers.values()]
        customers = [orders for orders in customers if orders]
        return sum(value(book, orders, end) for orders in customers), len(customers)

    return form


@functools.cache
def _earned(shop, order):
    """Net without cost of goods, costs of the order and commissions; spend is no customer's."""
    if not order.convert:
        return 0
    kept = [shop.offers.kept_cost(order, line) for line in order.lines]
    return (order.net - sum(cost or 0 for cost in kept) - sales.order_costs(shop, order)
            - shop.ledger.commission(order))


def margin(book, orders, end):
    return sum(_earned(book.shop, order) for order in orders)


def recency(book, orders, end):
    date = book.calendar.date
    return (date(orders[-1].placed_at) - date(orders[0].placed_at)).days


def age(book, orders, end):
    date = book.calendar.date
    return (date(min(book.as_of_ms, end - 1)) - date(orders[0].placed_at)).days


def _row(kpi, form):
    return Row(kpi, form, windows=WHOLE_DAYS, dimensions=TOTAL, reaches_back=True)


ROWS = [
    _row("repeat_purchase_rate", repeat),
    _row("clv", valued_at(margin)),
    _row("clv_frequency", valued_at(lambda book, orders, end: len(orders) - 1)),
    _row("clv_recency_days", valued_at(recency)),
    _row("clv_age_days", valued_at(age)),
]
