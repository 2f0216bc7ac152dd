# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The shop's own books against the journal, and what becomes of orders, through real processes."""
import pytest

from harness import utarg as harness
from harness.events import HOUR, Shop, line, ms

SERVER = 2
DAY = "2026-03-02"
T = ms("2026-03-02T10:00+01:00")


@pytest.fixture
def place(stack, shop):
    return stack, Shop(shop)


def publish(stack, *publications):
    results = stack.publisher().publish(list(publications), origin=SERVER)
    assert [harness.code_name(result.code) for result in results] == ["OK"] * len(publications)


def row(order, gross_minor, **more):
    return {"order_id": order, "gross_minor": gross_minor, "currency": "PLN", **more}


def digest(shop, t, *rows, day=DAY, **sums):
    return shop.of("order_digest", t, day=day, rows=list(rows), **sums)


def books(stack, shop, day=DAY):
    return stack.json("books", shop.slug, "--day", day, "--settled")


def by_id(answer):
    return {order["order_id"]: (order["difference"], order["books"], order["journal"]) for order in answer["orders"]}


def side(gross_minor, status="placed", currency="PLN"):
    return {"status": status, "gross_minor": gross_minor, "currency": currency}


def test_missing_extra_and_differing_orders_are_listed(place):
    stack, shop = place
    publish(stack,
            shop.purchase("", T, "same", 1000, shipping_net_minor=100, shipping_tax_minor=23),
            shop.purchase("", T, "gross", 2000), shop.purchase("", T, "status", 3000), shop.purchase("", T, "extra", 4000),
            shop.purchase("", T, "both", 100, currency="EUR"), shop.purchase("", T - 24 * HOUR, "day before", 5000),
            shop.order_cancelled(T + HOUR, "status"))
    publish(stack, digest(shop, T + 20 * HOUR, row("same", 1353), row("gross", 2461), row("status", 3690), row("gone", 7),
                          row("both", 123, status=2), row("day before", 6150)))
    answer = books(stack, shop)
    assert (answer["has_books"], answer["day_agrees"]) == (True, False)
    assert (answer["rows"], answer["agreeing"], answer["missing"], answer["extra"]) == (6, 2, 1, 1)
    assert by_id(answer) == {
        "both": ("status, currency", side(123, "cancelled"), side(123, currency="EUR")),
        "extra": ("extra", None, side(4920)),
        "gone": ("missing", side(7), None),
        "gross": ("gross", side(2461), side(2460)),
        "status": ("status", side(3690), side(3690, "cancelled")),
    }
    assert [order["order_id"] for order in answer["orders"]] == ["both", "extra", "gone", "gross", "status"]
    table = stack.ok("books", shop.slug, "--day", DAY)
    assert "2 of 6 orders in the books agree; 1 missing, 1 extra." in table and "placed 24.61 PLN" in table
    figures = stack.day(shop.slug, DAY, "books_coverage", "books_missing", "books_extra", "books_day_agrees")
    assert figures == {"books_coverage": "0.333333", "books_missing": "1", "books_extra": "1", "books_day_agrees": "0.000000"}
    # The journal catches up and the shop corrects its books: all agree.
    publish(stack, shop.order_updated(T + HOUR, "gross", 1, [line("A", 1, 2001, tax_rate_bp=2299)]))
    publish(stack, digest(shop, T + 21 * HOUR, row("same", 1353), row("gross", 2461), row("status", 3690, status=2),
                          row("extra", 4920), row("both", 123, currency="EUR")))
    answer = books(stack, shop)
    assert (answer["day_agrees"], answer["agreeing"], answer["orders"]) == (True, 5, [])
    stack.verify(shop.slug)


def test_an_order_that_moves_leaves_the_day(place):
    stack, shop = place
    publish(stack, shop.order_updated(T, "late", 2, [line("A", 1, 1000)]), shop.purchase("", T, "here", 1000))
    publish(stack, digest(shop, T + 20 * HOUR, row("here", 1230)))
    assert by_id(books(stack, shop)) == {"late": ("extra", None, side(1230))}
    # Its lowest version was placed the day before.
    publish(stack, shop.purchase("", T - 24 * HOUR, "late", 1000))
    answer = books(stack, shop)
    assert (answer["extra"], answer["orders"], answer["day_agrees"]) == (0, [], True)
    stack.verify(shop.slug)


def test_books_without_rows_and_days_without_books(place):
    stack, shop = place
    publish(stack, shop.purchase("", T, "a", 1000), shop.purchase("", T, "b", 2000),
            digest(shop, T + 20 * HOUR, order_count=2, gross_minor=3691, currency="PLN"))
    answer = books(stack, shop)
    assert (answer["day_agrees"], answer["rows"], answer["orders"]) == (False, 0, [])
    assert answer["books"] == {"orders": 2, "gross_minor": 3691, "currency": "PLN"}
    assert answer["journal"] == {"orders": 2, "gross_minor": 3690, "currency": "PLN"}
    assert "does not agree" in stack.ok("books", shop.slug, "--day", DAY)
    assert books(stack, shop, "2026-03-03")["has_books"] is False
    assert "has no books" in stack.ok("books", shop.slug, "--day", "2026-03-03")


@pytest.mark.parametrize("may", ["kpi.read:orders", "kpi.read:books_coverage"])
def test_who_may_not_read_all_figures_may_not_read_books(place, may):
    stack, shop = place
    name = may.rsplit(":", 1)[1].replace("_", "-")
    key = stack.new_key(f"{name}-{shop.slug}", "tool", "--shop", shop.slug, "--may", may)
    reply = stack.client("metrics", key).request(books={"shop": shop.slug, "day": DAY})
    assert harness.code_name(reply.status.code) == "FORBIDDEN" and not reply.HasField("books")
    bad = stack.cli("books", shop.slug, "--day", "monday")
    assert bad.returncode != 0 and "monday" in bad.stderr
    assert stack.cli("books", shop.slug).returncode != 0
    assert stack.cli("books", "nowhere", "--day", DAY).returncode != 0


def test_what_becomes_of_orders_and_cases(place):
    stack, shop = place
    publish(stack,
            shop.of("order_fulfilled", T + 30 * HOUR, order_id="a", parcel_id="p", last_parcel=True),
            shop.purchase("", T, "a", 1000, promised_day="2026-03-03"), shop.purchase("", T, "b", 2000),
            shop.of("order_delivered", T + 36 * HOUR, order_id="a", parcel_id="p"),
            shop.of("return_received", T + 50 * HOUR, order_id="a", return_id="r",
                    lines=[{"sku": "A", "quantity": 1}]),
            shop.of("withdrawal_received", T + 50 * HOUR, order_id="a", withdrawal_id="w"),
            shop.of("complaint_received", T + 50 * HOUR, order_id="b", complaint_id="c"),
            shop.of("service_case_opened", T, case_id="s", order_id="b"),
            shop.of("service_case_replied", T + HOUR // 2, case_id="s"),
            shop.of("service_case_closed", T + 60 * HOUR, case_id="s"),
            shop.of("service_rated", T, case_id="s", score=4),
            shop.of("review_posted", T, review_id="e", sku="A", score=5))
    day = stack.day(shop.slug, DAY, "open_orders", "open_cases", "contact_rate", "satisfaction", "review_score", "return_rate",
                    "first_reply_minutes_p50", "resolution_hours_p90", "fulfilment_hours_p50")
    # Percentiles are lower bounds of a sixteenth: of 1,800,000 ms, 216,000,000 ms and 108,000,000 ms.
    assert day == {"open_orders": "2", "open_cases": "1", "contact_rate": "0.500000", "satisfaction": "4.000000",
                   "review_score": "5.000000", "return_rate": "1.000000", "first_reply_minutes_p50": "29.491",
                   "resolution_hours_p90": "58.254", "fulfilment_hours_p50": "29.127"}
    later = stack.day(shop.slug, "2026-03-20", "open_orders", "complaints_due", "refunds_due", "refunds_overdue")
    assert later == {"open_orders": "1", "complaints_due": "0", "refunds_due": "1", "refunds_overdue": "1"}
    assert stack.day(shop.slug, "2026-03-03", "on_time_rate") == {"on_time_rate": "1.000000"}
    stack.verify(shop.slug)
