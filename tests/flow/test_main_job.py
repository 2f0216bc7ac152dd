# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The main job: publish, ack, and a subscriber sees the figures change. Only proto/ and its README are used."""
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

from harness import utarg as harness
from harness.events import Shop, line
from harness.pseudonyms import Pseudonyms

OK, DUPLICATE, CONFLICT = 0, 1, 2


def topic(shop, kpi):
    return f"kpi/{shop}/{kpi}/total/-/day/"


@pytest.fixture
def place(stack, new_shop):
    shop = Shop(new_shop())
    return stack, shop


def value_is(kpi, value):
    return lambda name, update: update.figure.kpi == kpi and update.figure.value == value


def test_a_purchase_is_acknowledged_and_seen_within_a_second(place, publisher):
    stack, shop = place
    subscriber = stack.subscriber(topic(shop.slug, "orders"), topic(shop.slug, "net_revenue"))
    first = {}
    for kpi, zero in (("orders", "0"), ("net_revenue", "0.00")):
        # What is there is sent on subscribing: so the subscription is known to stand.
        _, first[kpi] = subscriber.until(value_is(kpi, zero), what=f"{kpi} before")
        assert first[kpi].reason == harness.proto().metrics.REASON_SNAPSHOT
    order = shop.purchase("v1", harness.now_ms(), "A-1", lines=[line("MUG", 2, 9_800)])
    before = time.monotonic()
    (result,) = publisher.publish([order])
    assert (result.code, result.seq, result.epoch) == (OK, 2, 1)
    acknowledged = time.monotonic()
    name, orders = subscriber.until(value_is("orders", "1"), timeout=5, what="the order")
    _, revenue = subscriber.until(value_is("net_revenue", "98.00"), timeout=5, what="its revenue")
    assert time.monotonic() - acknowledged < 1, f"acknowledged after {acknowledged - before:.3f} s"
    assert name == topic(shop.slug, "orders") + orders.figure.start[:10] + "/"
    assert (orders.figure.numerator, orders.figure.denominator, orders.figure.revision) == ("1", "1", 2)
    assert (revenue.figure.numerator, revenue.figure.currency, revenue.figure.as_of_seq) == ("9800", "PLN", 2)
    assert orders.reason == harness.proto().metrics.REASON_NEW
    assert orders.previous_value == "0" and orders.version > first["orders"].version
    assert orders.incarnation == first["orders"].incarnation and orders.epoch == 1


def test_a_late_joiner_gets_the_last_values_and_the_snapshot_is_equal(place, publisher):
    stack, shop = place
    publisher.accept([shop.purchase("v1", harness.now_ms(), f"A-{i}", net_minor=1_000 + i) for i in range(3)])
    stack.settle(shop.slug)
    subscriber = stack.subscriber(topic(shop.slug, "orders"), topic(shop.slug, "net_revenue"))
    _, orders = subscriber.until(value_is("orders", "3"), timeout=5, what="the value of now")
    _, revenue = subscriber.until(value_is("net_revenue", "30.03"), timeout=5, what="the value of now")
    snapshot = stack.asker().ask(snapshot={"topic_prefix": f"kpi/{shop.slug}/"}).snapshot
    found = {(u.figure.kpi, u.figure.dimension, u.figure.window): u for u in snapshot.updates}
    day = harness.proto().metrics.WINDOW_DAY
    for update in (orders, revenue):
        same = found[update.figure.kpi, "total", day]
        assert same.figure == update.figure
        assert same.incarnation == update.incarnation and same.version >= update.version
    asked = stack.figures(shop.slug, "orders")
    assert list(asked.values()) == [orders.figure]


def test_a_doorbell_rings_for_each_commit(place, publisher):
    stack, shop = place
    bells = stack.subscriber(f"head/{shop.slug}/", service="ingest")

    def rung():
        publisher.publish([shop.page_view("v", harness.now_ms())])
        return bells.receive(0.1)

    harness.wait_until(rung, what="the subscription")  # a doorbell has no last value
    (result,) = publisher.publish([shop.page_view("v", harness.now_ms())])
    name, bell = bells.until(lambda _, bell: bell.seq >= result.seq, timeout=5, what="the doorbell")
    assert name == f"head/{shop.slug}/"
    assert (bell.shop, bell.epoch, bell.seq, len(bell.chain)) == (shop.slug, 1, result.seq, 32)


def test_sending_again_is_safe_and_other_content_is_a_conflict(place, publisher):
    stack, shop = place
    order = shop.purchase("v1", harness.now_ms(), "A-1", net_minor=5_000)
    (first,) = publisher.publish([order])
    assert first.code == OK
    for _ in range(3):
        (again,) = publisher.publish([order])
        assert (again.code, again.seq, again.epoch) == (DUPLICATE, first.seq, first.epoch)

    other_subject = harness.proto().event.Publication()
    other_subject.CopyFrom(order)
    other_subject.subject.visitor_id = "somebody else"
    (result,) = publisher.publish([other_subject])
    assert (result.code, result.seq) == (DUPLICATE, first.seq), "only the event's bytes are compared"

    other = harness.proto().event.Publication()
    other.CopyFrom(order)
    other.event.purchase.lines[0].net_minor += 1
    (result,) = publisher.publish([other])
    assert (result.code, result.seq) == (CONFLICT, first.seq)

    # In one request too: the first of them is accepted, the others are what they are to it.
    twin = shop.purchase("v2", harness.now_ms(), "A-2", net_minor=700)
    changed = harness.proto().event.Publication()
    changed.CopyFrom(twin)
    changed.event.purchase.order_id = "A-3"
    results = publisher.publish([twin, twin, changed, shop.page_view("v2", harness.now_ms())])
    assert [r.code for r in results] == [OK, DUPLICATE, CONFLICT, OK]
    assert [r.seq for r in results[:3]] == [results[0].seq] * 3

    day = harness.wait_until(lambda: stack.values(shop.slug, "orders", "net_revenue"))
    assert sorted(day.values()) == ["2", "57.00"]
    entries = stack.journal(shop.slug)
    assert [e.seq for e in entries] == [1, 2, 3, 4]
    assert entries[1].event.SerializeToString() == order.event.SerializeToString()
    assert entries[1].subject.visitor_id == Pseudonyms(stack, shop.slug).visitor("v1") and entries[1].principal == "operator"
    stack.verify(shop.slug)


# ---- the README's own clients ----------------------------------------------------------------------------


def readme_programs(offset, shop):
    """name -> source of the Python blocks of README.md, for the stack's ports and a shop of the test's own."""
    text = (harness.ROOT / "README.md").read_text()
    found = {}
    for block in re.findall(r"^```python\n(.*?)^```", text, re.S | re.M):
        name = re.match(r"# (\w+\.py)\n", block).group(1)
        block = re.sub(r"127\.0\.0\.1:(\d+)", lambda m: f"127.0.0.1:{int(m.group(1)) + offset}", block)
        found[name] = block.replace('"demo"', f'"{shop}"').replace("kpi/demo/", f"kpi/{shop}/")
    return found


def test_the_readmes_publisher_and_subscriber_run(place, tmp_path):
    stack, shop = place
    programs = readme_programs(stack.offset, shop.slug)
    assert sorted(programs) == ["publisher.py", "subscriber.py"]
    for name, source in programs.items():
        size = sum(1 for text in source.splitlines() if text.strip())
        assert size <= 20 and shop.slug in source, f"{name} has {size} lines"
        (tmp_path / name).write_text(source)
    stack.ok("key", "new", "--kind", "frontend", "--shop", shop.slug, "--out", tmp_path / "checkout.key")
    stack.ok("key", "new", "--kind", "tool", "--shop", shop.slug, "--out", tmp_path / "board.key")
    shutil.copy(stack.data / "server.key_public", tmp_path)
    environment = {**os.environ, "PYTHONPATH": harness.proto().path, "PYTHONUNBUFFERED": "1"}
    subscriber = subprocess.Popen(
        [sys.executable, tmp_path / "subscriber.py"], env=environment, stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    try:
        lines = harness.Lines(subscriber.stdout)
        shown = [lines.next(), lines.next()]  # as it is when it subscribes
        assert sorted(text.split()[0] for text in shown) == ["net_revenue", "orders"], shown
        assert all("REASON_SNAPSHOT" in text for text in shown)
        done = subprocess.run(
            [sys.executable, tmp_path / "publisher.py"], env=environment, capture_output=True, text=True, timeout=30,
            cwd=tmp_path,
        )
        assert done.returncode == 0 and "OK seq 2 \n" in done.stdout, done.stdout + done.stderr
        seen = {}
        while len(seen) < 2:
            text = lines.next(10)
            assert text, "the subscriber ended"
            kpi, _, value, rest = text.split(" ", 3)
            if "REASON_NEW" in rest:
                seen[kpi] = value
        assert seen == {"orders": "1", "net_revenue": "79.67"}  # 98.00 with 23 % tax in it
    finally:
        subscriber.kill()
        subscriber.wait()
