# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""`utarg kpi SHOP KPI --history --day DAY`: a closed day's figure, event by event."""
import json

import pytest

from harness import more
from harness.events import DAY, HOUR, Shop, line, ms

NOON = ms("2026-03-02T12:00:00+01:00")
SERVER = 2


@pytest.fixture(scope="module")
def told(stack):
    """A shop told of one day long afterwards: two orders, a partial refund, a cancellation."""
    slug = stack.add_shop("told")
    shop, publisher = Shop(slug), stack.publisher()
    lines = [line("A", 1, 10_000, 2300)]
    publisher.accept([shop.purchase("v", NOON, "O-1", lines=lines), shop.purchase("v", NOON + HOUR, "O-2", lines=lines)])
    publisher.accept([shop.page_view("w", NOON + 2 * HOUR)])
    publisher.accept([shop.refund(NOON + 5 * DAY, "R-1", "O-1", items_net_minor=2_500)], SERVER)
    publisher.accept([shop.order_cancelled(NOON + 6 * DAY, "O-2")], SERVER)
    stack.settle(slug)
    return slug


def history(stack, slug, kpi, *args):
    return stack.json("kpi", slug, kpi, "--history", "--day", "2026-03-02", *args)


def steps(found):
    return [(change["kind"], change["reason"], change["before"], change["after"]) for change in found["changes"]]


def test_money_event_by_event(stack, told):
    found = history(stack, told, "net_revenue")
    assert (found["first"], found["value"], found["cut"]) == ("0.00", "75.00", False)
    assert steps(found) == [
        ("purchase", "late", "0.00", "100.00"),
        ("purchase", "late", "100.00", "200.00"),
        ("refund", "refund", "200.00", "175.00"),
        ("order_cancelled", "cancellation", "175.00", "75.00"),
    ]
    ids = [entry.event.id for entry in stack.journal(told)]
    for change in found["changes"]:
        assert bytes.fromhex(change["event_id"].replace("-", "")) == ids[change["seq"] - 1]


def test_a_ratio_has_no_value_before_there_is_something(stack, told):
    found = history(stack, told, "cancel_rate")
    assert found["first"] is None and found["value"] == "0.500000"
    assert [after for *_, after in steps(found)] == ["0.000000", "0.000000", "0.500000"]
    assert [change["denominator"] for change in found["changes"]] == ["1", "2", "2"]


def test_other_dimensions_and_distinct_counts(stack, told):
    found = history(stack, told, "visitors", "--dimension", "device", "--key", "unknown")
    assert steps(found) == [("purchase", "late", "0", "1"), ("page_view", "late", "1", "2")]
    assert steps(history(stack, told, "visitors", "--dimension", "device", "--key", "tablet")) == []


def test_as_a_table(stack, told):
    out = stack.ok("kpi", told, "net_revenue", "--history", "--day", "2026-03-02").splitlines()
    assert out[0] == "net_revenue, 2026-03-02, total -: 0.00 at first, 75.00 now"
    assert out[1].split() == ["RECEIVED", "EVENT", "SEQ", "REASON", "BEFORE", "AFTER"]
    assert out[-1].split()[-4:] == ["6", "cancellation", "175.00", "75.00"]
    assert "No event changed it" in stack.ok("kpi", told, "orders", "--history", "--day", "2026-03-03")


def test_an_event_is_told_whole_or_not_at_all(stack, shop):
    """Behind 9,999 rows of others comes an event of two days, and the limit falls between its rows."""
    maker = Shop(shop)
    stack.publisher().accept([maker.purchase("v", NOON, "O-1", lines=[line("A", 1, 10_000, 2300)])])
    stack.settle(shop)
    assert len(history(stack, shop, "open_orders")["changes"]) == 1
    columns = "INSERT INTO metrics.day_history SELECT h.shop_id,"
    late = f"FROM metrics.day_history h JOIN office.shop s USING (shop_id) WHERE s.slug = '{shop}' AND h.seq < 100 AND h.day = '2026-03-02 00:00+01'"
    more.sql(stack, f"""
        {columns} day - days * interval '1 day', 100, received_at, reason, changes
        {late.replace(' WHERE', ", generate_series(0, 1) AS days WHERE")};
        {columns} day, 100 + number, received_at, reason, '\\x00000000'
        {late.replace(' WHERE', ", generate_series(1, 9999) AS number WHERE")};""")
    found = history(stack, shop, "open_orders")
    assert (found["cut"], found["changes"], found["first"]) == (True, [], found["value"])


@pytest.mark.parametrize(
    "args, said",
    [
        (["net_revenue"], "which day"),
        (["nix", "--day", "2026-03-02"], 'no key figure "nix"'),
        (["--day", "2026-03-02"], "of one figure"),
        (["orders", "--day", "2026-13-02"], "no day"),
        (["orders", "--day", "2026-03-02", "--dimension", "device"], "which key"),
        (["orders", "--day", "2026-03-02", "--key", "phone"], 'no key but "-"'),
    ],
)
def test_what_cannot_be_answered(stack, told, args, said):
    done = stack.cli("kpi", told, "--history", *args)
    assert done.returncode == 2 and said in done.stderr, done.stderr


def test_made_again_by_hand(stack, told):
    """As docs/ARCHITECTURE.md says: the position goes, and the journal is read from the start."""
    before = history(stack, told, "net_revenue")
    more.sql(stack, f"DELETE FROM metrics.position p USING office.shop s WHERE s.shop_id = p.shop_id AND s.slug = '{told}'")
    stack.publisher().accept([Shop(told).page_view("x", NOON + 3 * HOUR)])
    stack.settle(told)
    after = history(stack, told, "net_revenue")
    assert (after["first"], after["changes"]) == (before["first"], before["changes"])
    stack.verify(told)


def test_verify_agrees(stack, told):
    assert json.loads(stack.ok("verify", told, "--json"))["history"] >= 5
