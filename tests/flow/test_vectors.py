# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The documented failures of other tools (KPI.md section 7), from a publisher's socket to metrics' answer.

Each in a shop of its own in Europe/Warsaw and PLN, on fixed past days, with exact figures. The number in a test's
name is the vector's.
"""
import itertools

import pytest

from harness import utarg as harness
from harness.events import DAY, MINUTE, Shop, line, ms

SERVER = 2


@pytest.fixture
def shop(new_shop):
    return Shop(new_shop())


@pytest.fixture
def tell(stack, publisher, shop):
    """Publishes and returns when metrics has folded it."""

    def publish(*publications, origin=0):
        publisher.accept(list(publications), origin)
        stack.settle(shop.slug)

    return publish


def fraction(stack, shop, kpi, day):
    (figure,) = stack.figures(shop.slug, kpi, from_day=day, to_day=day).values()
    return int(figure.numerator), int(figure.denominator), figure.value


def test_1_two_orders_in_one_session_convert_once(stack, shop, tell):
    t = ms("2026-03-10T10:00:00+01:00")
    tell(
        shop.page_view("v", t),
        shop.purchase("v", t + 5 * MINUTE, "O-1", 10_000),
        shop.purchase("v", t + 10 * MINUTE, "O-2", 5_000),
    )
    assert fraction(stack, shop, "conversion_rate", "2026-03-10") == (1, 1, "1.000000")
    assert fraction(stack, shop, "orders", "2026-03-10") == (2, 1, "2")
    tell(shop.page_view("w", t))
    assert fraction(stack, shop, "conversion_rate", "2026-03-10") == (1, 2, "0.500000")
    assert fraction(stack, shop, "visitor_conversion_rate", "2026-03-10") == (1, 2, "0.500000")
    assert stack.day(shop.slug, "2026-03-10", "sessions", "orders", "gmv", "basket_value", "visit_seconds") == {
        "sessions": "2", "orders": "2", "gmv": "150.00", "basket_value": "75.00", "visit_seconds": "300.000",
    }
    stack.verify(shop.slug)


def test_2_the_same_order_under_different_event_ids_is_one(stack, publisher, shop, tell, new_shop):
    t = ms("2026-03-10T10:00:00+01:00")
    tell(*(shop.purchase("v", t, "O-1", 10_000) for _ in range(3)))
    assert stack.day(shop.slug, "2026-03-10", "orders", "units", "net_revenue") == {
        "orders": "1", "units": "1", "net_revenue": "100.00",
    }
    other = Shop(new_shop())
    publisher.accept([other.purchase("v", t, "O-1", 7_000)])
    assert stack.day(other.slug, "2026-03-10", "orders", "net_revenue") == {"orders": "1", "net_revenue": "70.00"}
    assert stack.day(shop.slug, "2026-03-10", "orders", "net_revenue") == {"orders": "1", "net_revenue": "100.00"}


@pytest.mark.parametrize("server_first", [False, True])
def test_2_browser_and_server_copy(stack, shop, publisher, server_first):
    """One order: the server's content, the browser's visitor, whoever came first."""
    t = ms("2026-03-10T10:00:00+01:00")
    copies = [
        ([shop.page_view("v", t), shop.purchase("v", t + MINUTE, "O-1", 10_000)], 0),
        ([shop.purchase("", t + MINUTE + 900, "O-1", lines=[line("A", 3, 9_000)])], SERVER),
    ]
    for publications, origin in reversed(copies) if server_first else copies:
        publisher.accept(publications, origin)
    kpis = ("orders", "units", "net_revenue", "sessions", "unattributed_orders", "conversion_rate")
    assert stack.day(shop.slug, "2026-03-10", *kpis) == {
        "orders": "1", "units": "3", "net_revenue": "90.00", "sessions": "1", "unattributed_orders": "0",
        "conversion_rate": "1.000000",
    }
    stack.verify(shop.slug)


@pytest.mark.parametrize(
    "first,last,day",
    [
        ("2026-03-10T21:58:00Z", "2026-03-10T22:03:00Z", "2026-03-10"),
        ("2026-07-15T21:58:00Z", "2026-07-15T22:03:00Z", "2026-07-15"),  # 23:58 to 00:03 in Warsaw
        ("2026-03-10T22:58:00Z", "2026-03-10T23:03:00Z", "2026-03-10"),  # the same in winter
        ("2025-12-31T22:58:00Z", "2025-12-31T23:03:00Z", "2025-12-31"),  # across week, month and year
    ],
)
def test_3_a_visit_across_hour_and_midnight_is_one_session(stack, shop, tell, first, last, day):
    tell(shop.page_view("v", first), shop.page_view("v", last))
    assert stack.values(shop.slug, "sessions", "visit_seconds") == {
        ("sessions", "-", day): "1",
        ("visit_seconds", "-", day): "300.000",
    } | extra_days(stack, shop, day)
    assert fraction(stack, shop, "bounce_rate", day) == (0, 1, "0.000000")
    for window in (2, 3, 4, 5):
        values = [f.numerator for f in stack.figures(shop.slug, "sessions", window=window).values()]
        assert sum(map(int, values)) == 1, f"window {window}"


def extra_days(stack, shop, day):
    """What a day with nothing but the visit's end shows: page views, no session."""
    found = stack.values(shop.slug, "sessions", "visit_seconds")
    later = {place: value for place, value in found.items() if place[2] != day}
    assert set(later.values()) <= {"0", ""}
    return later


def test_4_a_cart_of_five_days_that_is_bought_is_recovered(stack, shop, tell):
    start = ms("2026-09-01T12:00:00+02:00")
    days = [shop.add_to_cart("v", start + day * DAY, "C-1", sku=f"S-{day}") for day in range(5)]
    tell(*days)
    assert fraction(stack, shop, "cart_abandonment_rate", "2026-09-01") == (1, 1, "1.000000")
    tell(shop.purchase("v", start + 5 * DAY, "O-1", cart_id="C-1"))
    assert fraction(stack, shop, "carts", "2026-09-01") == (1, 1, "1")
    assert fraction(stack, shop, "cart_abandonment_rate", "2026-09-01") == (0, 1, "0.000000")
    assert fraction(stack, shop, "cart_recovery_rate", "2026-09-01") == (1, 1, "1.000000")
    # Items added and all removed: emptied, which is neither abandoned nor ordered.
    t = start + 2 * MINUTE
    tell(
        shop.add_to_cart("w", t, "C-2", sku="A", quantity=2),
        shop.add_to_cart("w", t + 1, "C-2", sku="B"),
        shop.remove_from_cart("w", t + 2, "C-2", sku="A", quantity=2),
        shop.remove_from_cart("w", t + 3, "C-2", sku="B"),
    )
    assert fraction(stack, shop, "carts", "2026-09-01") == (2, 1, "2")
    assert fraction(stack, shop, "cart_abandonment_rate", "2026-09-01") == (0, 1, "0.000000")
    # One that is left alone, and one bought within the day: no recovery.
    tell(
        shop.add_to_cart("x", t, "C-3"),
        shop.add_to_cart("y", t, "C-4"),
        shop.purchase("y", t + 20 * MINUTE, "O-2", cart_id="C-4"),
    )
    assert fraction(stack, shop, "cart_abandonment_rate", "2026-09-01") == (1, 3, "0.333333")
    assert fraction(stack, shop, "cart_recovery_rate", "2026-09-01") == (1, 2, "0.500000")
    assert fraction(stack, shop, "carts", "2026-09-01") == (4, 1, "4")
    stack.verify(shop.slug)


def test_5_a_refund_two_months_later(stack, shop, publisher, tell):
    """The order's month is corrected with a new revision, the refund's month has it in the cash view."""
    tell(shop.purchase("v", "2026-03-10T10:00:00+01:00", "O-1", lines=[line("A", 2, 10_000), line("B", 1, 5_000)]))
    month = {"window": 5, "from_day": "2026-03-01", "to_day": "2026-05-31"}
    (before,) = [f for place, f in stack.figures(shop.slug, "net_revenue", **month).items() if place[2] == "2026-03"]
    (seq,) = publisher.accept(
        [shop.refund("2026-05-10T10:00:00+02:00", "R-1", "O-1", lines=[{"sku": "B", "quantity": 1, "net_minor": 5_000,
                                                                       "tax_minor": 1_150}])], SERVER)
    figures = stack.figures(shop.slug, "net_revenue", "net_revenue_by_refund_date", "refunds_by_refund_date",
                            "refund_rate", "gmv", "basket_value", **month)
    values = {place[0] + " " + place[2]: figure.value for place, figure in figures.items()}
    assert values["net_revenue 2026-03"] == "100.00" and values["net_revenue 2026-05"] == "0.00"
    assert figures["net_revenue", "-", "2026-03"].revision == seq > before.revision
    assert values["net_revenue_by_refund_date 2026-03"] == "150.00"
    assert values["net_revenue_by_refund_date 2026-05"] == "-50.00"
    assert values["refunds_by_refund_date 2026-05"] == "50.00" and values["refund_rate 2026-03"] == "0.333333"
    assert (values["gmv 2026-03"], values["basket_value 2026-03"]) == ("150.00", "150.00"), "a refund changes neither"
    stack.verify(shop.slug)


def test_6_an_order_in_another_currency(stack, shop, tell):
    t = "2026-03-10T10:00:00+01:00"
    tell(
        shop.purchase("v", t, "O-1", 10_000, currency="EUR", rate={"currency": "EUR", "per_unit_nano": 4_263_100_000}),
        shop.purchase("w", t, "O-2", 5_000, currency="EUR"),
        shop.purchase("x", t, "O-3", 100, currency="JPY", rate={"currency": "JPY", "per_unit_nano": 26_500_000}),
        shop.purchase("y", t, "O-4", 1_000),
    )
    # 100.00 EUR at 4.2631 and 100 JPY at 0.0265 and 10.00 PLN; the one without a rate stands apart.
    assert stack.day(shop.slug, "2026-03-10", "orders", "net_revenue", "foreign_orders") == {
        "orders": "4", "net_revenue": "438.96", "foreign_orders": "1",
    }
    stack.verify(shop.slug)


def test_7_an_event_forty_days_late_corrects_its_day(stack, shop, publisher):
    now = harness.now_ms()
    publisher.accept([shop.purchase("v", now, "O-now", 1_000)])
    stack.settle(shop.slug)
    then = now - 40 * DAY
    late = stack.subscriber(f"kpi/{shop.slug}/net_revenue/total/-/")
    late.until(lambda name, _: "/day/" in name, what="the subscription")  # today's value
    (seq,) = publisher.accept([shop.purchase("w", then, "O-late", 2_550)], SERVER)
    stack.settle(shop.slug)
    ((_, _, day),) = [place for place, value in stack.values(shop.slug, "net_revenue").items() if value == "25.50"]
    topic = f"kpi/{shop.slug}/net_revenue/total/-/day/{day}/"
    _, update = late.until(lambda name, u: name == topic and u.figure.value == "25.50", timeout=5, what="the correction")
    assert harness.proto().metrics.Reason.Name(update.reason) == "REASON_LATE"
    assert update.figure.revision == seq and update.figure.start_ms <= then < update.figure.end_ms
    assert stack.day(shop.slug, day, "orders", "net_revenue") == {"orders": "1", "net_revenue": "25.50"}
    stack.verify(shop.slug)


def test_8_a_late_event_merges_two_sessions(stack, shop, tell):
    t = ms("2026-03-10T10:00:00+01:00")
    tell(shop.page_view("v", t), shop.page_view("v", t + 50 * MINUTE))
    assert stack.day(shop.slug, "2026-03-10", "sessions", "bounce_rate", "visit_seconds") == {
        "sessions": "2", "bounce_rate": "1.000000", "visit_seconds": "0.000",
    }
    tell(shop.page_view("v", t + 25 * MINUTE))
    assert stack.day(shop.slug, "2026-03-10", "sessions", "bounce_rate", "visit_seconds", "page_views") == {
        "sessions": "1", "bounce_rate": "0.000000", "visit_seconds": "3000.000", "page_views": "3",
    }
    # A gap of exactly 30 minutes starts a new one, one millisecond less does not.
    tell(shop.page_view("w", t), shop.page_view("w", t + 30 * MINUTE))
    assert stack.day(shop.slug, "2026-03-10", "sessions") == {"sessions": "3"}
    tell(shop.page_view("x", t), shop.page_view("x", t + 30 * MINUTE - 1))
    assert stack.day(shop.slug, "2026-03-10", "sessions") == {"sessions": "4"}
    stack.verify(shop.slug)


@pytest.mark.parametrize(
    "day,start,end,hours",
    [
        ("2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 23),
        ("2026-10-25", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 25),
    ],
)
def test_9_days_of_23_and_25_hours(stack, shop, tell, day, start, end, hours):
    # One order at the start of each hour, and one on each side of the day.
    moments = [ms(start) + i * 60 * MINUTE for i in range(-1, hours + 1)]
    tell(*(shop.purchase(f"v{i}", t, f"O-{i}", 100 + i) for i, t in enumerate(moments)))
    (figure,) = stack.figures(shop.slug, "orders", from_day=day, to_day=day).values()
    assert (figure.start, figure.end, figure.value) == (start, end, str(hours))
    assert figure.end_ms - figure.start_ms == hours * 60 * MINUTE
    by_hour = stack.figures(shop.slug, "orders", window=2, from_day=day, to_day=day)
    assert [f.value for f in by_hour.values()] == ["1"] * hours
    assert len({f.start for f in by_hour.values()}) == hours
    stack.verify(shop.slug)


def test_9_the_second_pass_of_half_past_two(stack, shop, tell):
    tell(
        shop.purchase("v", "2026-10-25T02:30:00+02:00", "O-1", 1_000),
        shop.purchase("w", "2026-10-25T02:30:00+01:00", "O-2", 2_000),
    )
    assert stack.values(shop.slug, "orders", "net_revenue") == {
        ("orders", "-", "2026-10-25"): "2",
        ("net_revenue", "-", "2026-10-25"): "30.00",
    }
    hours = stack.values(shop.slug, "net_revenue", window=2)
    assert hours == {
        ("net_revenue", "-", "2026-10-25T02:00:00+02:00"): "10.00",
        ("net_revenue", "-", "2026-10-25T02:00:00+01:00"): "20.00",
    }


def test_10_any_order_any_doubles(stack, shop, publisher, new_shop):
    """Every permutation of a small history whose events lean on each other; test_shuffled.py has large ones."""
    t = ms("2026-03-10T10:00:00+01:00")

    def history(of):
        return [
            (of.page_view("v", t), 0),
            (of.page_view("v", t + 50 * MINUTE), 0),
            (of.page_view("v", t + 25 * MINUTE), 0),
            (of.purchase("v", t + 51 * MINUTE, "O-1", 10_000, customer="c"), 0),
            (of.refund(t + DAY, "R-1", "O-1", total_minor=12_300), SERVER),
        ]

    figures = []
    for order in itertools.islice(itertools.permutations(range(5)), 0, 120, 17):
        one = Shop(new_shop())
        events = history(one)
        for at in order:
            publication, origin = events[at]
            publisher.accept([publication], origin)
            (double,) = publisher.publish([events[order[0]][0]], events[order[0]][1])
            assert harness.code_name(double.code) == "DUPLICATE"
        figures.append((order, stack.everything(one.slug)))
    for order, found in figures[1:]:
        assert found == figures[0][1], f"{order} differs from {figures[0][0]}"
    kpis = ("orders", "sessions", "net_revenue", "gmv", "new_customers", "conversion_rate", "conversion_rate_net")
    assert stack.day(one.slug, "2026-03-10", *kpis) == {
        "orders": "1", "sessions": "1", "net_revenue": "0.00", "gmv": "100.00", "new_customers": "0",
        "conversion_rate": "1.000000", "conversion_rate_net": "0.000000",
    }
    assert stack.day(one.slug, "2026-03-11", "refunds_by_refund_date") == {"refunds_by_refund_date": "100.00"}


def test_11_credits_of_an_order_refunded_in_101_steps_end_at_nothing(stack, shop, tell):
    """Two equal touches: what is left is split by largest remainder at every step, of equal ones the earlier first."""
    placed = ms("2026-03-10T10:00:00+01:00")
    for days, campaign in ((3, "early"), (1, "late")):
        context = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": campaign}
        tell(shop.page_view("v", placed - days * DAY, context=context))
    tell(shop.purchase("v", placed, "O-1", 101), origin=SERVER)
    for left in range(101, -1, -1):
        if left < 101:
            tell(shop.refund(placed + (101 - left) * MINUTE, f"R-{left}", "O-1", items_net_minor=1), origin=SERVER)
        day = {"from_day": "2026-03-10", "to_day": "2026-03-10"}
        found = stack.figures(shop.slug, "attributed_revenue_linear", dimension="campaign", **day)
        credits = {key: int(figure.numerator) for (_, key, _), figure in found.items()}
        assert credits.get("early", 0) == (left + 1) // 2 and credits.get("late", 0) == left // 2, (left, credits)
        assert fraction(stack, shop, "net_revenue", "2026-03-10")[0] == left
    stack.verify(shop.slug)


def test_12_cancelled_and_then_refunded_is_subtracted_once(stack, shop, publisher):
    t = ms("2026-03-10T10:00:00+01:00")
    publisher.accept([shop.purchase("v", t, "O-1", 10_000), shop.purchase("w", t, "O-2", 7_000)])
    publisher.accept([shop.order_cancelled(t + DAY, "O-1"), shop.refund(t + 2 * DAY, "R-1", "O-1", total_minor=12_300)], SERVER)
    assert stack.day(shop.slug, "2026-03-10", "orders", "net_revenue", "cancel_rate", "gmv") == {
        "orders": "2", "net_revenue": "70.00", "cancel_rate": "0.500000", "gmv": "170.00",
    }
    days = stack.values(shop.slug, "refunds_by_refund_date", from_day="2026-03-10", to_day="2026-03-13").values()
    assert sorted(days) == ["0.00", "0.00", "0.00", "100.00"]
    stack.verify(shop.slug)
