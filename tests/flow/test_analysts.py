# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The views for analysts: their rows agree with the figures, follow what comes late, show one shop, and the queries
of docs/ANALYSTS.md give what they promise."""
import json
import random
import re

import pytest

import grants
from harness import utarg as harness
from harness.events import DAY, HOUR, MINUTE, Shop, line, ms
from test_cli import psql
from test_shuffled import History, group

NOON = ms("2026-03-02T12:00:00+01:00")
SERVER = 2
NEWSLETTER = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "letter-7", "device": 1, "country": "PL"}


def read(stack, shop, sql):
    """Rows as the reader of one shop gets them, as dicts."""
    wrapped = f"SELECT coalesce(json_agg(q), '[]') FROM ({sql}) q"
    return json.loads(grants.ask(stack, "utarg_readonly", wrapped, options=f"-c utarg.shop={shop}"))


def queries():
    text = (harness.ROOT / "docs/ANALYSTS.md").read_text()
    found = [query for query in re.findall(r"```sql\n(.*?);\n```", text, re.S) if query.startswith("SELECT")]
    assert len(found) == 4
    return found


@pytest.fixture(scope="module")
def told(stack):
    slug = stack.add_shop("told")
    shop, publisher = Shop(slug), stack.publisher()
    lines = [line("A", 2, 10_000, 2300, cost_net_minor=4_000)]
    publisher.accept([
        shop.page_view("v", NOON, context=NEWSLETTER),
        shop.add_to_cart("v", NOON + MINUTE, "K-1", context=NEWSLETTER),
        shop.purchase("v", NOON + 2 * MINUTE, "O-1", lines=lines, cart_id="K-1", customer="c", context=NEWSLETTER),
        shop.page_view("w", NOON + HOUR),
        shop.add_to_cart("w", NOON + HOUR + MINUTE, "K-2"),
        shop.purchase("v", NOON + DAY, "O-2", lines=lines, customer="c"),
    ])
    publisher.accept([shop.refund(NOON + 5 * DAY, "R-1", "O-1", items_net_minor=2_500)], SERVER)
    stack.settle(slug)
    return slug


def test_the_worked_queries(stack, told):
    channels, customers, offers, days = (read(stack, told, query) for query in queries())
    assert channels == [
        {"marketing_channel": "direct", "visits": 2, "with_order": 1, "mean_seconds": 30.0},
        {"marketing_channel": "email", "visits": 1, "with_order": 1, "mean_seconds": 120.0},
    ]
    assert customers == [{"customers": 1, "came_again": 1, "net_minor": 17_500}]
    assert offers == [{"sku": "A", "orders": 2, "pieces": 4, "net_minor": 17_500, "margin_minor": 10_500}]
    assert days == [
        {"day": "2026-03-02", "net_minor": 7_500, "conversion_rate": 0.5},
        {"day": "2026-03-03", "net_minor": 10_000, "conversion_rate": 1.0},
    ]


def test_rows_in_full(stack, told):
    first, *_ = read(stack, told, "SELECT * FROM metrics.session_v1 ORDER BY first_at")
    assert (first["views"], first["orders"], first["valid_orders"], first["is_bounce"]) == (1, 1, 1, False)
    assert (first["campaign"], first["device"], first["country"]) == ("letter-7", "desktop", "PL")
    one, two = read(stack, told, "SELECT * FROM metrics.order_v1 ORDER BY order_id")
    assert (one["status"], one["units"], one["after_net"], one["current_net"], one["refunded_net"]) == ("partly_refunded", 2, 10_000, 7_500, 2_500)
    assert one["session_visitor"] == first["visitor"] and one["session_first_at"] == first["first_at"]
    assert two["status"] == "placed" and two["session_first_at"] != first["first_at"] and one["customer"] == two["customer"]
    carts = read(stack, told, "SELECT cart, state FROM metrics.cart_v1 ORDER BY cart")
    assert carts == [{"cart": "K-1", "state": "ordered"}, {"cart": "K-2", "state": "abandoned"}]


ITEMS = "SELECT * FROM metrics.order_item_v1 ORDER BY order_id, line"


def test_lines_of_orders(stack, new_shop, publisher):
    """What refunds took of each line, what is left and what it cost; a better version has its own lines; a cost that
    is stated late comes to orders that were placed before."""
    slug = new_shop()
    shop = Shop(slug)
    mug, cap = line("MUG", 3, 9_000, 2300, category="kitchen", cost_net_minor=4_500), line("CAP", 1, 1_000, discount_minor=100)

    def items(*fields):
        stack.settle(slug)
        return [tuple(row[field] for field in fields) for row in read(stack, slug, ITEMS)]

    publisher.accept([shop.purchase("v", NOON, "O-1", lines=[mug, cap]), shop.purchase("v", NOON, "O-2", lines=[cap, mug, cap])])
    assert items("order_id", "line", "sku", "category", "quantity", "before_net", "after_net", "tax", "current_net", "current_cost")[:2] == [
        ("O-1", 1, "MUG", "kitchen", 3, 9_000, 9_000, 2_070, 9_000, 4_500), ("O-1", 2, "CAP", None, 1, 1_000, 900, 207, 900, None)]
    assert {(row["money_currency"], row["placed_at"]) for row in read(stack, slug, ITEMS)} == {("PLN", "2026-03-02T11:00:00+00:00")}
    publisher.accept([
        shop.refund(NOON + DAY, "R-1", "O-1", lines=[{"sku": "MUG", "quantity": 1, "net_minor": 3_000}]),
        shop.refund(NOON + DAY, "R-2", "O-1", items_net_minor=300),
        shop.order_updated(NOON + DAY, "O-2", 2, [cap]),
    ], SERVER)
    # The 300 that name no line are spread over 6,000 and 900: 261 and 39.
    assert items("order_id", "line", "current_net", "current_cost") == [
        ("O-1", 1, 5_739, 2_870), ("O-1", 2, 861, None), ("O-2", 1, 900, None)]
    publisher.accept([shop.offer_updated(NOON - DAY, "CAP", 1_230, cost_net_minor=400)], SERVER)
    assert items("order_id", "line", "current_net", "current_cost") == [
        ("O-1", 1, 5_739, 2_870), ("O-1", 2, 861, 383), ("O-2", 1, 900, 400)]
    publisher.accept([shop.order_cancelled(NOON + 2 * DAY, "O-2")], SERVER)
    assert items("order_id", "after_net", "current_net", "current_cost")[-1] == ("O-2", 900, 0, 0)
    publisher.accept([shop.purchase("v", NOON, "O-3", lines=[cap], currency="EUR")])
    assert items("order_id", "quantity", "after_net", "current_net", "current_cost")[-1] == ("O-3", 1, 0, 0, None)


def test_late_events_move_merge_and_correct_rows(stack, new_shop, publisher):
    slug = new_shop()
    shop = Shop(slug)
    publisher.accept([shop.page_view("v", NOON), shop.page_view("v", NOON + 50 * MINUTE)])
    stack.settle(slug)
    assert [row["views"] for row in read(stack, slug, "SELECT views FROM metrics.session_v1")] == [1, 1]
    publisher.accept([shop.page_view("v", NOON + 25 * MINUTE)])
    stack.settle(slug)
    publisher.accept([shop.page_view("v", NOON - 5 * MINUTE)])
    stack.settle(slug)
    sessions = read(stack, slug, "SELECT views, extract(epoch FROM last_at - first_at)::int AS seconds FROM metrics.session_v1")
    assert sessions == [{"views": 4, "seconds": 55 * 60}]
    publisher.accept([shop.add_to_cart("v", NOON, "K-2"), shop.add_to_cart("v", NOON, "K-1")])
    stack.settle(slug)
    publisher.accept([shop.of("cart_merged", NOON + MINUTE, "v", from_cart_id="K-2", into_cart_id="K-1")])
    stack.settle(slug)
    assert [row["cart"] for row in read(stack, slug, "SELECT cart FROM metrics.cart_v1")] == ["K-1"]


def test_rows_agree_with_the_figures_of_a_tangle(stack, new_shop, publisher):
    slug = new_shop()
    events = History(slug, 5).make(300)
    random.Random(5).shuffle(events)
    for publication, origin in group(events):
        publisher.accept(publication, origin)
    stack.settle(slug)

    def figures(kpi):
        """The sum over all days of a figure's numerator."""
        return sum(int(row["numerator"]) for row in stack.json("kpi", slug, kpi))

    sessions, = read(stack, slug, "SELECT count(*) AS n, sum(is_bounce::int) AS bounces, sum(views) AS views, sum((orders > 0)::int) AS ordered FROM metrics.session_v1")
    assert sessions == {"n": figures("sessions"), "bounces": figures("bounce_rate"), "views": figures("views_per_session"), "ordered": figures("conversion_rate")}
    orders, = read(stack, slug, """SELECT count(*) AS n, sum(current_net) AS net, sum(before_net) AS gmv, sum((status = 'cancelled')::int) AS cancelled,
        sum((session_visitor IS NULL)::int) AS alone, sum(units) AS units FROM metrics.order_v1""")
    assert orders == {"n": figures("orders"), "net": figures("net_revenue"), "gmv": figures("gmv"), "cancelled": figures("cancel_rate"),
                      "alone": figures("unattributed_orders"), "units": figures("units")}
    items, = read(stack, slug, "SELECT sum(quantity) AS units, sum(before_net) AS gmv, sum(current_net) AS net FROM metrics.order_item_v1")
    assert items == {"units": orders["units"], "gmv": orders["gmv"], "net": orders["net"]}
    margin, = read(stack, slug, "SELECT sum(current_net - current_cost) AS margin, sum(current_net) AS net FROM metrics.order_item_v1 WHERE sku IS NOT NULL")
    assert (margin["margin"] or 0, margin["net"]) == (figures("offer_margin"), figures("offer_revenue"))
    carts, = read(stack, slug, "SELECT count(*) AS n, sum((state = 'abandoned')::int) AS abandoned FROM metrics.cart_v1")
    assert carts == {"n": figures("carts"), "abandoned": figures("cart_abandonment_rate")}
    by_view = read(stack, slug, "SELECT kpi, dimension, key, day, numerator, denominator FROM metrics.kpi_v1 WHERE kpi IN ('conversion_rate', 'net_revenue', 'visitors') AND dimension IN ('total', 'device')")
    there = {(row["kpi"], row["dimension"], row["key"], row["day"]): (row["numerator"], row["denominator"]) for row in by_view}
    asked = 0
    for dimension in ("total", "device"):
        for row in stack.json("kpi", slug, "conversion_rate", "net_revenue", "visitors", "--dimension", dimension):
            place = (row["kpi"], dimension, row["key"], row["start"][:10])
            nothing = (0, 0 if row["kpi"] == "conversion_rate" else 1)
            assert there.get(place, nothing) == (row["numerator"], row["denominator"]), place
            asked += place in there
    assert asked > 20


def test_other_shops_are_never_there(stack, told):
    other = stack.add_shop("other")
    for view in ("session_v1", "cart_v1", "order_v1", "order_item_v1", "kpi_v1"):
        assert read(stack, other, f"SELECT * FROM metrics.{view}") == []
        assert grants.ask(stack, "utarg_readonly", f"SELECT count(*) FROM metrics.{view}") == "0"
        assert read(stack, told, f"SELECT * FROM metrics.{view} LIMIT 1")
        assert grants.psql(stack, "utarg_readonly", f"DELETE FROM metrics.{view}")[0] != 0


def test_an_erased_person_is_somebody_else_here_too(own_stack):
    slug = own_stack.add_shop("erased")
    shop = Shop(slug)
    own_stack.publisher().accept([
        shop.page_view("v", NOON),
        shop.add_to_cart("v", NOON + MINUTE, "K-1"),
        shop.purchase("v", NOON + 2 * MINUTE, "O-1", lines=[line("A", 1, 100, 0)], cart_id="K-1", customer="c"),
    ])
    own_stack.settle(slug)
    names = """SELECT visitor FROM metrics.session UNION SELECT visitor FROM metrics.cart
        UNION SELECT unnest(ARRAY[visitor, session_visitor, customer]) FROM metrics."order" """
    before = set(psql(own_stack, names).splitlines())
    own_stack.ok("forget", slug, "--customer", "c", "--reason", "asked")
    own_stack.settle(slug)
    after = set(psql(own_stack, names).splitlines())
    assert len(before) == len(after) == 2 and not before & after
    own_stack.verify(slug)
