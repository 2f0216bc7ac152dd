# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Metrics far behind: large checkpoints that are cut in the middle, large events, many shops at once."""
import contextlib
import signal
import subprocess

from harness import utarg as harness
from harness.events import Shop, line
from test_cli import conninfo, psql, psql_program

DAY_MS = 86_400_000


@contextlib.contextmanager
def cells_locked(stack):
    """Nobody writes cells meanwhile: a checkpoint waits between its entities and its cells."""
    session = subprocess.Popen(
        [psql_program(), "-X", "-At", "-v", "ON_ERROR_STOP=1", conninfo(stack, "utarg")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    try:
        session.stdin.write("BEGIN; LOCK TABLE metrics.cell IN SHARE MODE; SELECT 'locked';\n")
        session.stdin.flush()
        while (said := session.stdout.readline().strip()) != "locked":
            assert said, "psql ended"
        yield
    finally:
        session.stdin.close()
        session.wait(timeout=30)


def backend_in_checkpoint(stack):
    """Process id of the session of metrics that waits for the cells; "" when none does."""
    return psql(stack, "SELECT pid FROM pg_stat_activity WHERE usename = 'utarg_metrics' AND wait_event_type = 'Lock'"
                       " AND query LIKE '%INTO metrics.cell%' LIMIT 1")


def history(shop, number, count, start):
    """Visitors who come again and again in all rounds, so that a checkpoint has new and known ones; an order in ten."""
    for i in range(count):
        visitor, t = f"v-{(number * 311 + i * 7) % 900}", start + (number * count + i) * 40
        yield shop.page_view(visitor, t)
        if i % 10 == 0:
            yield shop.purchase(visitor, t + 1, f"O-{number}-{i}", 100 + i)


def test_a_checkpoint_cut_in_the_middle_changes_no_digit(stack, new_shop, own_stack):
    steady, broken = Shop(new_shop()), Shop(own_stack.add_shop("cut"))
    start, publisher = harness.now_ms() - DAY_MS, own_stack.publisher()
    own_stack.settle(broken.slug)  # a shop that is met begins with no cells, for which it must not meet the lock
    for number, cut in enumerate(("metrics", "backend", "nothing", "metrics")):
        with cells_locked(own_stack):
            publisher.accept(list(history(broken, number, 1500, start)))
            harness.wait_until(lambda: backend_in_checkpoint(own_stack), what="metrics in the middle of a checkpoint")
            pid = own_stack.pid("metrics")
            if cut == "metrics":
                own_stack.kill("metrics", signal.SIGKILL)
            elif cut == "backend":
                psql(own_stack, f"SELECT pg_terminate_backend({backend_in_checkpoint(own_stack)})")
        if cut == "metrics":
            own_stack.wait_restarted("metrics", pid)
        own_stack.settle(broken.slug)  # a new session prepares its statements, for which it must not meet the lock
        stack.publisher().accept(list(history(steady, number, 1500, start)))
    assert own_stack.everything(broken.slug) == stack.everything(steady.slug)
    own_stack.verify(broken.slug)
    stack.verify(steady.slug)


def test_large_events_and_many_shops_behind(own_stack):
    """Payloads beyond what a large read takes, among small ones and other shops' events; metrics was away."""
    shops = [Shop(own_stack.add_shop(f"behind-{i}")) for i in range(12)]
    start, publisher = harness.now_ms() - DAY_MS, own_stack.publisher()
    own_stack.kill("metrics", signal.SIGSTOP)
    for number, shop in enumerate(shops):
        events = [shop.page_view(f"v-{i}", start + i) for i in range(20 if number else 2000)]
        if number % 3 == 0:
            lines = [line(f"SKU-{i:020}", 1, 100) for i in range(150)]
            for place in (0, 7, 8, len(events)):
                events.insert(place, shop.purchase(f"w-{place}", start + place, f"O-{place}", lines=lines))
            assert max(len(event.event.SerializeToString()) for event in events) > 4096
        publisher.accept(events)
    own_stack.kill("metrics", signal.SIGCONT)
    for number, shop in enumerate(shops):
        views = own_stack.values(shop.slug, "page_views", window=5).values()
        orders = own_stack.values(shop.slug, "orders", window=5).values()
        assert list(views) == ["20" if number else "2000"]
        assert list(orders) == ([] if number % 3 else ["4"])
        own_stack.verify(shop.slug)
