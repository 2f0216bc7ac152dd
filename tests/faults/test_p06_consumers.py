# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""P6: a consumer never skips and never sees what is not committed: with doorbells lost, ingest killed between commit and
bell, the last bell of all lost, and four ingest processes that append to the same shops."""
import contextlib
import random
import time

import pytest

from faults import checker, control, history, journal, nemesis, watch, world
from harness import utarg as harness

HEALED_S = 5
LOST_PERMILLE = world.amount([200], [10, 100, 300])
BETWEEN = ["INGEST_DRAFT_COMMITTED", "INGEST_ALONE_COMMITTED", "INGEST_BEFORE_ACK", "INGEST_BEFORE_BELL",
           "INGEST_AFTER_BELL"]


@contextlib.contextmanager
def armed():
    """(stack, points)"""
    with contextlib.closing(control.Control()) as points, harness.Stack(environment=points.environment) as stack:
        yield stack, points


def assert_consumed(stack, slugs, consumers, bells, updates=None):
    """All of the journals were read, in order; and everything heard speaks of what is committed."""
    books = journal.read(stack.data, *slugs)
    for consumer in consumers:
        consumer.wait_seq(books[consumer.slug].head.seq)
    world.assert_none(checker.skipped({one.slug: one.entries for one in consumers}, books))
    world.assert_none(checker.rung(bells.heard, books))
    if updates:
        world.assert_none(checker.rung(updates.announced(), books))
    return books


@pytest.mark.parametrize("permille", LOST_PERMILLE)
def test_lost_doorbells(permille):
    seed = world.new_seed()
    with armed() as (stack, points):
        shop = stack.add_shop("quiet")
        number = points.arm(f"INGEST_BELL fail chance={permille} seed={seed % 1000}")
        with watch.Bells(stack) as bells, watch.Consumer(stack, shop) as consumer, \
                watch.Updates(stack, [f"kpi/{shop}/"]) as updates:
            with world.Load(stack, [shop], seed=seed, rate=500, batch=5, seconds=world.amount(5, 30)) as load:
                load.wait()
            world.check(stack, [load])
            assert_consumed(stack, [shop], [consumer], bells, updates)
            world.report("P6 lost bells", lost=len(points.fired(number)), heard=len(bells.heard), events=len(consumer.entries))
            # The last one of all is lost, and nothing comes after it: the sweep finds it.
            number = points.arm("INGEST_BELL fail times=1")
            (seq,) = stack.publisher().accept([world.Shop(shop).page_view("last", harness.now_ms())])
            begun = time.monotonic()
            consumer.wait_seq(seq, world.bound(HEALED_S))
            stack.settle(shop)
            world.report("P6 last bell", healed_s=time.monotonic() - begun)
            assert points.fired(number)


def test_killed_between_commit_and_bell():
    """Each step between; what was committed and not told is found by who looks."""
    seed = world.new_seed()
    with armed() as (stack, points):
        shop, _ = stack.add_shop("between"), stack.add_shop("twice")
        with watch.Bells(stack) as bells, watch.Consumer(stack, shop) as consumer:
            with world.Load(stack, [shop], seed=seed, rate=500, batch=5) as load:
                for name in BETWEEN * world.amount(1, 6):
                    load.wait_acked(20)
                    control.wait_long_lived(stack, "ingest")
                    pid, number = stack.pid("ingest"), points.arm(f"{name} crash times=1")
                    crashed(stack, points, number, pid, name)
                    load.wait_acked(1)
            world.check(stack, [load])
            assert_consumed(stack, [shop, "twice"], [consumer], bells)


def crashed(stack, points, number, pid, name):
    """Until the point has fired. Heads are taken first only after a guess was wrong: a duplicate does it."""
    if name == "INGEST_ALONE_COMMITTED":
        stack.publisher().insist([world.Shop("twice").page_view("twice", harness.now_ms())] * 2)
    points.wait_fired(number)
    stack.wait_gone("ingest", pid)


def test_four_processes_with_the_same_events(own_stack):
    """The same events through four ingest processes at once, in another order each, one of them killed on the way."""
    seed, random_ = world.new_seed(), random.Random(1)
    events, slugs = world.amount(6_000, 60_000), [own_stack.add_shop("one"), own_stack.add_shop("two")]
    more = own_stack.more("ingest", 3)
    endpoints = [own_stack.endpoint("ingest"), *(one.endpoint() for one in more)]
    with contextlib.ExitStack() as end:
        bells = end.enter_context(watch.Bells(own_stack))
        consumers = [end.enter_context(watch.Consumer(own_stack, slug)) for slug in slugs]
        loads = [world.Load(own_stack, slugs, endpoint=endpoint, seed=seed, resend=f"0-{events - 1}", batch=20,
                            publishers=2, shuffle_seed=random_.randrange(2**31)).start() for endpoint in endpoints]
        loads[0].wait_acked(events // 10)
        own_stack.kill("ingest")
        summaries = [load.wait() for load in loads]
        told = history.read(*(load.path for load in loads))
        for load in loads:
            load.options["first"] = 0  # what --resend sent is what --first sends
        known = loads[0].known()
        books = assert_consumed(own_stack, slugs, consumers, bells)
    world.assert_none(checker.check(told, books, known))
    assert sum(len(one.rows) - 1 for one in books.values()) == events
    for slug in slugs:
        own_stack.settle(slug)
        own_stack.verify(slug)
    assert "deadlock detected" not in own_stack.log("postgres")
    world.report("P6 four processes", events=events, codes=[one["codes"] for one in summaries])


def test_many_processes_under_kills(own_stack):
    """Two further processes beside the supervised one, which is killed again and again; different events, same shops."""
    seed, slugs = world.new_seed(), [own_stack.add_shop("one"), own_stack.add_shop("two")]
    more = own_stack.more("ingest", 2)
    with watch.Bells(own_stack) as bells, watch.Consumer(own_stack, slugs[0]) as consumer:
        loads = [world.Load(own_stack, slugs, endpoint=endpoint, seed=seed, first=at * 10_000_000, rate=300, batch=5,
                            visit_ms=20).start()
                 for at, endpoint in enumerate([None, *(one.endpoint() for one in more)])]
        steps = nemesis.schedule(seed, ["kill_ingest", "kill_backend"], world.amount(4, 20), acks=100)
        nemesis.Nemesis(own_stack, loads[0]).run(steps)
        for load in loads:
            load.stop()
        world.check(own_stack, loads)
        assert_consumed(own_stack, slugs, [consumer], bells)
