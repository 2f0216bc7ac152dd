# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""KPI.md section 7, the documented failures of other tools, worked out by hand for the oracle itself. The number in a
test's name is the vector's; 11 is of attribution, whose part here is that the steps end at exactly nothing."""
import random

import pytest

from oracle import histories, oracle
from oracle.cases import AT, DAY, MINUTE, SERVER, SHOP, Told, line, ms


def test_1_two_orders_in_one_session_convert_once():
    told = Told(SHOP.page_view("v", AT), SHOP.purchase("v", AT + MINUTE, "O-1", 10_000),
                SHOP.purchase("v", AT + 2 * MINUTE, "O-2", 5_000), SHOP.page_view("w", AT))
    assert told.figures("conversion_rate", "visitor_conversion_rate", "orders", "gmv", "basket_value") == {
        "conversion_rate": (1, 2), "visitor_conversion_rate": (1, 2), "orders": (2, 1), "gmv": (15_000, 1),
        "basket_value": (15_000, 2),
    }


def test_2_copies_of_an_order_are_one():
    told = Told(SHOP.page_view("v", AT), SHOP.purchase("v", AT + MINUTE, "O-1", 10_000),
                (SHOP.purchase("", AT + MINUTE + 900, "O-1", lines=[line("A", 3, 9_000)]), SERVER))
    assert told.figures("orders", "units", "net_revenue", "unattributed_orders", "conversion_rate") == {
        "orders": (1, 1), "units": (3, 1), "net_revenue": (9_000, 1), "unattributed_orders": (0, 1),
        "conversion_rate": (1, 1),
    }


@pytest.mark.parametrize("first,last,day", [
    ("2026-03-10T21:58:00Z", "2026-03-10T22:03:00Z", "2026-03-10"),
    ("2026-03-10T22:58:00Z", "2026-03-10T23:03:00Z", "2026-03-10"),  # across local midnight
])
def test_3_a_visit_across_midnight_is_one_session(first, last, day):
    told = Told(SHOP.page_view("v", first), SHOP.page_view("v", last))
    assert told.figures("sessions", "visit_seconds", "bounce_rate", day=day) == {
        "sessions": (1, 1), "visit_seconds": (300_000, 1), "bounce_rate": (0, 1)}
    assert told.figure("sessions", "2026-03-11") == (0, 1)


def test_4_a_cart_of_five_days_is_recovered_and_one_may_be_emptied():
    adds = [SHOP.add_to_cart("v", AT + day * DAY, "C-1", sku=f"S-{day}") for day in range(5)]
    assert Told(*adds).figures("cart_abandonment_rate", "cart_recovery_rate") == {
        "cart_abandonment_rate": (1, 1), "cart_recovery_rate": (0, 1)}
    told = Told(*adds, SHOP.purchase("v", AT + 5 * DAY, "O-1", cart_id="C-1"),
                SHOP.add_to_cart("w", AT, "C-2", quantity=2), SHOP.remove_from_cart("w", AT + 1, "C-2", quantity=2))
    assert told.figures("carts", "cart_abandonment_rate", "cart_recovery_rate") == {
        "carts": (2, 1), "cart_abandonment_rate": (0, 1), "cart_recovery_rate": (1, 1)}


def test_5_a_refund_two_months_later():
    lines = [{"sku": "B", "quantity": 1, "net_minor": 5_000, "tax_minor": 1_150}]
    told = Told(SHOP.purchase("v", AT, "O-1", lines=[line("A", 2, 10_000), line("B", 1, 5_000)]),
                (SHOP.refund("2026-05-10T10:00:00+02:00", "R-1", "O-1", lines=lines), SERVER))
    kpis = ("net_revenue", "net_revenue_by_refund_date", "refund_rate", "basket_value")
    assert told.figures(*kpis, window="month") == {
        "net_revenue": (10_000, 1), "net_revenue_by_refund_date": (15_000, 1), "refund_rate": (5_000, 15_000),
        "basket_value": (15_000, 1)}
    assert told.figures("net_revenue", "net_revenue_by_refund_date", day="2026-05-10", window="month") == {
        "net_revenue": (0, 1), "net_revenue_by_refund_date": (-5_000, 1)}


def test_6_an_order_in_another_currency():
    rate = {"currency": "EUR", "per_unit_nano": 4_263_100_000}
    told = Told(SHOP.purchase("v", AT, "O-1", 10_000, currency="EUR", rate=rate),
                SHOP.purchase("w", AT, "O-2", 5_000, currency="EUR"), SHOP.purchase("y", AT, "O-3", 1_000))
    assert told.figures("orders", "net_revenue", "foreign_orders") == {
        "orders": (3, 1), "net_revenue": (42_631 + 1_000, 1), "foreign_orders": (1, 1)}


def test_6_a_published_rate():
    def published(day, nano, t=AT - DAY, source=histories.RATE_SOURCE):
        rates = [{"currency": "EUR", "per_unit_nano": nano}]
        return SHOP.of("rate_published", t, rate_source=source, day=day, rates=rates), SERVER

    order = SHOP.purchase("v", AT, "O-1", 10_000, currency="EUR")
    newest = [published("2026-03-09", 4_200_000_000), published("2026-03-09", 4_300_000_000, AT),
              published("2026-03-08", 4_100_000_000, AT + 1), published("2026-03-10", 4_900_000_000),
              published("2026-03-09", 4_800_000_000, AT + 2, "another bank")]
    assert Told(order, *newest).figure("net_revenue") == (43_000, 1), "the latest day, then the latest word"
    assert Told(order, published("2026-03-03", 4_000_000_000)).figure("net_revenue") == (40_000, 1), "7 days old"
    assert Told(order, published("2026-03-02", 4_000_000_000)).figures("net_revenue", "foreign_orders") == {
        "net_revenue": (0, 1), "foreign_orders": (1, 1)}, "8 days old"


def test_7_an_event_forty_days_late_counts_on_its_day():
    told = Told(SHOP.purchase("v", AT, "O-1", 1_000), (SHOP.purchase("w", AT - 40 * DAY, "O-late", 2_550), SERVER))
    assert told.figure("net_revenue", "2026-01-29") == (2_550, 1) and told.figure("net_revenue") == (1_000, 1)


def test_8_a_late_event_merges_two_sessions():
    views = [SHOP.page_view("v", AT), SHOP.page_view("v", AT + 50 * MINUTE)]
    assert Told(*views).figure("sessions") == (2, 1)
    told = Told(*views, SHOP.page_view("v", AT + 25 * MINUTE))
    assert told.figures("sessions", "visit_seconds") == {"sessions": (1, 1), "visit_seconds": (3_000_000, 1)}
    apart = Told(SHOP.page_view("v", AT), SHOP.page_view("v", AT + 30 * MINUTE),
                 SHOP.page_view("w", AT), SHOP.page_view("w", AT + 30 * MINUTE - 1))
    assert apart.figure("sessions") == (3, 1)


@pytest.mark.parametrize("day,start,hours", [("2026-03-29", "2026-03-29T00:00:00+01:00", 23),
                                             ("2026-10-25", "2026-10-25T00:00:00+02:00", 25)])
def test_9_days_of_23_and_25_hours(day, start, hours):
    first = ms(start)
    told = Told(*(SHOP.purchase("v", first + i * 60 * MINUTE, f"O-{i}", 100) for i in range(-1, hours + 1)))
    assert told.figure("orders", day) == (hours, 1)


def test_9_the_second_pass_of_half_past_two():
    told = Told(SHOP.purchase("v", "2026-10-25T02:30:00+02:00", "O-1", 1_000),
                SHOP.purchase("w", "2026-10-25T02:30:00+01:00", "O-2", 2_000))
    assert told.figure("net_revenue", "2026-10-25") == (3_000, 1)
    assert told.figure("net_revenue", "2026-10-25T02:00:00+01:00", "hour") == (2_000, 1)


@pytest.mark.parametrize("seed", range(3))
def test_10_any_order_any_doubles(seed):
    zone, currency, start = histories.SHOPS[seed]
    events = histories.History("s", currency, start, seed, 300).make()
    expected = oracle.figures(histories.journal(events, currency, zone), ms(start) + 20 * DAY)
    shuffled = events + events[::3]
    random.Random(seed).shuffle(shuffled)
    assert oracle.figures(histories.journal(shuffled, currency, zone), ms(start) + 20 * DAY) == expected


def test_11_a_refund_in_a_hundred_and_one_steps():
    order = SHOP.purchase("v", AT, "O-1", lines=[line("A", 1, 101, 0)])
    refunds = [(SHOP.refund(AT + i, f"R-{i}", "O-1", total_minor=1), SERVER) for i in range(1, 102)]
    for steps in (0, 1, 50, 100, 101):
        told = Told(order, *refunds[:steps])
        assert told.figures("net_revenue", "refunds_by_refund_date", "refund_excess") == {
            "net_revenue": (101 - steps, 1), "refunds_by_refund_date": (steps, 1), "refund_excess": (0, 1)}


def test_12_cancelled_and_then_refunded_is_subtracted_once():
    told = Told(SHOP.purchase("v", AT, "O-1", 10_000), SHOP.purchase("w", AT, "O-2", 7_000),
                (SHOP.order_cancelled(AT + DAY, "O-1"), SERVER),
                (SHOP.refund(AT + 2 * DAY, "R-1", "O-1", total_minor=12_300), SERVER))
    assert told.figures("orders", "net_revenue", "cancel_rate", "gmv") == {
        "orders": (2, 1), "net_revenue": (7_000, 1), "cancel_rate": (1, 2), "gmv": (17_000, 1)}
    given_back = [told.figure("refunds_by_refund_date", f"2026-03-{day}") for day in (10, 11, 12)]
    assert given_back == [(0, 1), (10_000, 1), (0, 1)]
