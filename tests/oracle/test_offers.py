# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hand-worked: offers."""
from oracle.cases import AT, DAY, MINUTE, SERVER, SHOP, Told, line


def view(t=AT, sku="A", **more):
    return SHOP.of("view_item", t, "v", sku=sku, **more)


def stock(quantity, t=AT - DAY, sku="A", location=""):
    return SHOP.of("stock_changed", t, sku=sku, quantity=quantity, location=location), SERVER


def offer(t=AT - DAY, sku="A", **more):
    return SHOP.of("offer_updated", t, sku=sku, currency=more.pop("currency", "PLN"), **more), SERVER


def order(name, *lines, t=AT):
    return SHOP.purchase("v", t, name, lines=list(lines))


def of(told, kpi, key="A", day="2026-03-10", **how):
    return told.figure(kpi, day, dimension="offer", key=key, **how)


def test_views_orders_units_revenue_and_margin():
    told = Told(
        view(), view(), view(sku="B"), (view(), SERVER),
        order("O-1", line("A", 2, 1_000, cost_net_minor=400), line("B", 1, 500), line("A", 1, 600, cost_net_minor=100)),
        order("O-2", line("A", 5, 900)), (SHOP.order_cancelled(AT + 1, "O-2"), SERVER),
    )
    expected = {"offer_views": ((3, 1), (1, 1), (4, 1)), "offer_orders": ((2, 1), (1, 1), (3, 1)),
                "offer_units": ((8, 1), (1, 1), (9, 1)), "offer_revenue": ((1_600, 1), (500, 1), (2_100, 1)),
                "offer_conversion": ((2, 3), (1, 1), (3, 4)), "offer_margin": ((1_100, 1), (0, 1), (1_100, 1))}
    for kpi, figures in expected.items():
        assert (of(told, kpi), of(told, kpi, "B"), told.figure(kpi)) == figures, kpi


def test_stock_and_what_it_is_worth():
    told = Told(stock(5), stock(3, AT, location="north"), stock(2, AT + DAY), offer(cost_net_minor=10),
                offer(AT + DAY, cost_net_minor=12), offer(AT + 2 * DAY, currency="EUR", cost_net_minor=99),
                stock(7, sku="B"))
    assert [of(told, "stock", day=f"2026-03-{day}") for day in ("08", "09", 10, 11)] == [(0, 1), (5, 1), (8, 1), (5, 1)]
    assert [of(told, "stock_value", day=f"2026-03-{day}")[0] for day in ("09", 10, 11, 12)] == [50, 80, 60, 60]
    assert told.figure("stock") == (15, 1) and told.figure("stock_value") == (80, 1)


def test_what_sells_and_what_does_not():
    told = Told(stock(6), stock(4, sku="B"), offer(cost_net_minor=10), offer(sku="B", cost_net_minor=100),
                order("O-1", line("A", 2, 100)), order("O-2", line("A", 9, 100)),
                (SHOP.order_cancelled(AT, "O-2"), SERVER))
    assert of(told, "sell_through") == (2, 8) and told.figure("sell_through") == (2, 12)
    assert of(told, "days_of_stock") == (28 * 6, 2) and of(told, "days_of_stock", "B") == (28 * 4, 0)
    # 28 days that end with the day (the clock changes within): the sale of March 10 is in those of April 6, not of 7.
    assert of(told, "sell_through", day="2026-04-06") == (2, 8) and of(told, "sell_through", day="2026-04-07") == (0, 6)
    assert told.figure("dead_stock") == (400, 1) and of(told, "dead_stock", "B") == (400, 1)
    # Sold on March 10: dead from the ninetieth day after, June 8.
    assert of(told, "dead_stock", day="2026-06-07") == (0, 1) and of(told, "dead_stock", day="2026-06-08") == (60, 1)
    now = Told(*told.events, as_of="2026-06-07T12:00Z")
    assert of(now, "dead_stock", day="2026-06-01", window="month") == (0, 1), "the month is not over"


def test_what_a_stockout_may_have_cost():
    told = Told(
        stock(3, AT - 3 * DAY), stock(0, AT - DAY), offer(AT - 3 * DAY, price_gross_minor=1_000),
        *(view(AT - 2 * DAY) for _ in range(4)), order("O-1", line("A", 1, 100), t=AT - 2 * DAY),
        view(AT - DAY - MINUTE), view(AT - DAY), view(AT), view(AT, price_gross_minor=800, currency="PLN"),
        view(AT, price_gross_minor=7, currency="EUR"), view(sku="no stock told"),
    )
    # In stock at the beginning of March 8 and 9: 1 order, 6 views. Out since 10:00 on the 9th, at 1,000 / 6 a view.
    assert of(told, "stockout_loss", day="2026-03-08") == (0, 1)
    # A day's own views do not count: on the 9th only the 8th was there, with 4 views.
    assert of(told, "stockout_loss", day="2026-03-09") == (250, 1)
    assert of(told, "stockout_loss") == (167 + 133 + 167, 1) and told.figure("stockout_loss") == (467, 1)
