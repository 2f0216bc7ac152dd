# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hand-worked: money, payments, margins and customers."""
import pytest

from oracle import money
from oracle.cases import AT, DAY, HOUR, SERVER, SHOP, Told, line


def by_server(*events):
    return [(event, SERVER) for event in events]


def paid(order, amount, t=AT, currency="PLN"):
    return SHOP.of("order_paid", t, order_id=order, amount_minor=amount, currency=currency)


def cost(order, net, currency="PLN"):
    return SHOP.of("order_cost", AT + DAY, order_id=order, cost_kind=2, net_minor=net, currency=currency)


def test_baskets():
    orders = [SHOP.purchase("v", AT, f"O-{net}", net, lines=[line("A", 1, net)]) for net in (100, 200, 300, 1_000)]
    told = Told(*orders, (SHOP.order_cancelled(AT, "O-1000"), SERVER))
    # 23 % of 100, 200 and 300 on top.
    assert told.figures("basket_value_p50", "basket_value_p90", "basket_value", "basket_value_gross") == {
        "basket_value_p50": (200, 1), "basket_value_p90": (300, 1), "basket_value": (600, 3),
        "basket_value_gross": (600 + 23 + 46 + 69, 3)}


def test_coupons_and_methods():
    told = Told(SHOP.purchase("v", AT, "O-1", coupon="C", payment_method="blik"),
                SHOP.purchase("w", AT, "O-2", payment_method="blik"), SHOP.purchase("x", AT, "O-3"))
    assert told.figure("coupon_share") == (1, 3) and told.figure("payment_mix") == (3, 1)
    by_method = [told.figure("payment_mix", dimension="payment_method", key=key) for key in ("blik", "unknown", "card")]
    assert by_method == [(2, 1), (1, 1), (0, 1)]


def test_payments_count_when_they_are_made():
    rate = {"currency": "EUR", "per_unit_nano": 4_000_000_000}
    told = Told(SHOP.purchase("v", AT, "O-1", 100, currency="EUR", rate=rate),
                *by_server(paid("O-1", 50, AT + DAY, "EUR"), paid("O-1", 73, AT + DAY), paid("O-1", 9, AT + DAY, "CHF"),
                           paid("O-unknown", 5, AT + DAY), paid("O-unknown", 6, AT + DAY, "EUR")))
    assert told.figure("paid_revenue", "2026-03-11") == (200 + 73 + 5, 1)
    assert told.figure("paid_revenue", "2026-03-10") == (0, 1)


def test_unpaid_by_age():
    order = SHOP.purchase("v", AT, "O-1", lines=[line("A", 1, 100)])  # 123 with tax

    def unpaid(*events, as_of=AT + 30 * DAY):
        told = Told(order, *by_server(*events), as_of=as_of)
        days = [f"2026-03-{day}" for day in (10, 11, 13, 17)]
        return [[told.figure(f"unpaid_orders_{age}d", day)[0] for age in (1, 3, 7)] for day in days]

    assert unpaid() == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert unpaid(paid("O-1", 122)) == unpaid()
    assert unpaid(paid("O-1", 100), paid("O-1", 23, AT + HOUR)) == [[0, 0, 0]] * 4
    assert unpaid(paid("O-1", 123, AT + 5 * DAY)) == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert unpaid(SHOP.order_cancelled(AT + 2 * DAY, "O-1")) == [[0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert unpaid(as_of=AT + DAY)[1] == [1, 0, 0] and unpaid(as_of=AT + DAY - 60_000)[1] == [0, 0, 0]


def test_contribution_margin():
    lines = [line("A", 2, 1_000, cost_net_minor=600), line("B", 1, 500), line("C", 3, 900)]
    offer = SHOP.of("offer_updated", AT - DAY, sku="C", currency="PLN", cost_net_minor=100)
    later = SHOP.of("offer_updated", AT + 1, sku="C", currency="PLN", cost_net_minor=111)
    half = {"lines": [{"sku": "A", "quantity": 1, "net_minor": 500, "tax_minor": 115}]}
    told = Told(SHOP.purchase("v", AT, "O-1", lines=lines), *by_server(
        offer, later, cost("O-1", 70), cost("O-1", -20), cost("O-none", 9), cost("O-1", 5, "CHF"),
        SHOP.refund(AT + DAY, "R-1", "O-1", **half), SHOP.ad_spend(AT, "2026-03-10", "spring", 40)))
    # 2,400 - 500 given back; 300 of A's cost stay, B's is not known, C costs 3 x 100.
    assert told.figure("contribution_margin") == (1_900 - 300 - 300 - 50 - 40, 1)
    assert told.figure("margin_cost_coverage") == (500 + 900, 1_900)
    assert told.figure("contribution_margin", dimension="campaign", key="spring") == (-40, 1)
    assert told.figure("contribution_margin", window="month") == (1_210, 1)


def test_what_refunds_take_of_the_lines():
    def left(refund, *nets):
        order = Told(SHOP.purchase("v", AT, "O-1", lines=[line(sku, 1, net, 0) for sku, net in nets]),
                     (SHOP.refund(AT + DAY, "R-1", "O-1", **refund), SERVER))
        return [order.figure("offer_revenue", dimension="offer", key=sku)[0] for sku in "AB"]

    named = {"lines": [{"sku": "A", "quantity": 1, "net_minor": 30, "tax_minor": 0}]}
    assert left(named, ("A", 100), ("B", 50)) == [70, 50]
    assert left({"total_minor": 50}, ("A", 100), ("B", 50)) == [67, 33], "33.33 and 16.67: the remainder is B's"
    assert left(named, ("A", 20), ("B", 50)) == [0, 40], "what A does not have left is B's"
    assert left({"total_minor": 150}, ("A", 100), ("B", 50)) == [0, 0]


@pytest.mark.parametrize("amount,weights,shares", [(50, [100, 50], [33, 17]), (1, [1, 1], [1, 0]), (7, [0, 0], [0, 0]),
                                                   (10, [1, 1, 1], [4, 3, 3]), (0, [5], [0])])
def test_splitting(amount, weights, shares):
    assert money.split(amount, weights) == shares


def ordered(customer, t, order, net=1_000, **more):
    return SHOP.purchase("v", t, order, customer=customer, lines=[line("A", 1, net, cost_net_minor=net // 2)], **more)


def test_customers_who_came_again():
    told = Told(ordered("c", AT, "O-1"), ordered("c", AT + 2 * DAY, "O-2"), ordered("d", AT + DAY, "O-3"),
                ordered("e", AT, "O-4"), ordered("e", AT + DAY, "O-5"), (SHOP.order_cancelled(AT + DAY, "O-5"), SERVER),
                ordered("f", AT, "O-6", consent={"analytics": 2}))
    days = ("2026-03-10", "2026-03-11", "2026-03-12")
    assert [told.figure("repeat_purchase_rate", day) for day in days] == [(0, 2), (0, 3), (1, 3)]
    # 365 local days that end with the day: those of 2026-03-10 are out from 2027-03-10 on.
    assert told.figure("repeat_purchase_rate", "2027-03-09") == (1, 3)
    assert told.figure("repeat_purchase_rate", "2027-03-10") == (0, 2)


def test_customer_value():
    told = Told(ordered("c", AT, "O-1"), ordered("c", AT + 2 * DAY, "O-2", 3_000), ordered("d", AT + DAY, "O-3"),
                (cost("O-1", 120), SERVER), (SHOP.ad_spend(AT, "2026-03-10", "spring", 40), SERVER))
    assert told.figures("clv", "clv_frequency", "clv_recency_days", "clv_age_days", day="2026-03-12") == {
        "clv": (500 + 1_500 + 500 - 120, 2), "clv_frequency": (1, 2), "clv_recency_days": (2, 2),
        "clv_age_days": (2 + 1, 2)}
    assert told.figure("clv", "2026-03-10") == (380, 1)
    # A month that is not over ages until today.
    assert Told(*told.events, as_of=AT + 4 * DAY).figure("clv_age_days", window="month") == (4 + 3, 2)
    assert told.figure("clv_age_days", window="month") == (21 + 20, 2)
