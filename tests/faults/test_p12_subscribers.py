# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""P12: whatever was cut, restarted or lost on the way, a subscriber's last value is the table's soon after."""
import contextlib
import random
import time

from faults import checker, control, nemesis, watch, world
from harness import utarg as harness

CUTS = world.amount(4, 40)
CONVERGED_S = 2
REPEATED_S = 5  # a last value is sent again one and five seconds after its change
KPIS = ["orders", "net_revenue", "sessions", "page_views", "conversion_rate"]
WINDOWS = {2: "hour", 3: "day", 4: "week", 5: "month"}


def prefixes(shop):
    return [f"kpi/{shop}/{kpi}/total/-/" for kpi in KPIS]


def table(stack, shop):
    """{topic: (numerator, denominator, value)} of the current windows as metrics answers, of those that do not end
    while we look."""
    asker, found = stack.asker("metrics"), {}
    for prefix in prefixes(shop):
        for update in asker.ask(snapshot={"topic_prefix": prefix}).snapshot.updates:
            found[topic_of(update.figure)] = watch.value_of(update)
    return {topic: value for topic, value in found.items() if "/minute/" not in topic and "/hour/" not in topic}


def topic_of(figure):
    window = {1: "minute"} | WINDOWS
    start = figure.start[:10] if figure.window in (3, 4) else figure.start[:7]
    if figure.window in (1, 2):
        start = time.strftime("%Y%m%dT%H%MZ", time.gmtime(figure.start_ms / 1000))
    return f"kpi/{figure.shop}/{figure.kpi}/{figure.dimension}/{figure.key}/{window[figure.window]}/{start}/"


def wait_converged(stack, shop, subscriber, seconds):
    """Until C10 finds nothing; how long it took."""
    begun = time.monotonic()

    def faults():
        return list(checker.stale(shop, subscriber.values(), table(stack, shop)))

    harness.wait_until(lambda: not faults(), world.bound(seconds), what="the subscriber's values to be the table's")
    return time.monotonic() - begun


def now_load(stack, shop, seed, **how):
    """Its visits are of the last minutes, so that the current windows change."""
    return world.Load(stack, [shop], seed=seed, rate=200, batch=5, base_ms=harness.now_ms() - 30 * 60_000, visit_ms=200,
                      **how)


def test_after_restarts(own_stack):
    """metrics and ingest killed, frozen and restarted."""
    seed, shop = world.new_seed(), own_stack.add_shop("watched")
    random_ = random.Random(seed)
    kinds = ["kill_metrics", "freeze_metrics", "kill_ingest"]
    for part in range(world.amount(2, 8)):
        steps = nemesis.schedule(random_.randrange(2**31), kinds, max(2, CUTS // 8), acks=60, length_ms=800)
        with watch.Updates(own_stack, prefixes(shop)) as subscriber:
            with now_load(own_stack, shop, seed + part) as load:
                nemesis.Nemesis(own_stack, load).run(steps)
            own_stack.wait_ready()
            own_stack.settle(shop)
            took = wait_converged(own_stack, shop, subscriber, REPEATED_S)
            own_stack.verify(shop)
            books = world.journals.read(own_stack.data, shop)
            world.assert_none(checker.rung(subscriber.announced(), books))
            world.report("P12 restarts", faults=len(steps), updates=len(subscriber.heard), converged_s=took)


def test_after_cuts(own_stack):
    """The subscriber's own connection is cut, half-open, slow and sliced."""
    seed, shop = world.new_seed(), own_stack.add_shop("cut")
    random_ = random.Random(seed)
    port = harness.PORTS["metrics"] + 1 + own_stack.offset
    proxy = control.Proxy("127.0.0.1:0", f"127.0.0.1:{port}")
    try:
        with watch.Updates(own_stack, prefixes(shop), endpoint=f"tcp://{proxy.address}") as subscriber:
            with now_load(own_stack, shop, seed) as load:
                for _ in range(CUTS):
                    load.wait_acked(random_.randrange(20, 100))
                    begin, end = random_.choice([("cut", "count"), ("freeze", "thaw"), ("delay 80", "delay 0"),
                                                 ("slice 7", "slice 0"), ("refuse", "accept")])
                    proxy(begin)
                    if begin == "refuse":
                        proxy("cut")
                    control.pause(random_.random() / 2)
                    proxy(end)
            own_stack.settle(shop)
            took = wait_converged(own_stack, shop, subscriber, CONVERGED_S)
            world.report("P12 cuts", cuts=CUTS, updates=len(subscriber.heard), converged_s=took)
    finally:
        proxy.close()


def test_lost_updates_heal():
    """Every third update is lost before it is sent; then the last of all, and silence."""
    seed = world.new_seed()
    with contextlib.closing(control.Control()) as points, harness.Stack(environment=points.environment) as stack:
        shop = stack.add_shop("dropped")
        with watch.Updates(stack, prefixes(shop)) as subscriber:
            number = points.arm(f"METRICS_UPDATE fail chance=333 seed={seed % 1000}")
            now_load(stack, shop, seed, events=600).run()
            points.wait_fired(number, 3)
            stack.settle(shop)
            # Of each of these topics the change itself is lost, and what is sent again is not.
            number = points.arm(f"METRICS_UPDATE fail times={len(KPIS)}")
            stack.publisher().accept([world.Shop(shop).page_view("last", harness.now_ms())])
            points.wait_fired(number)
            stack.settle(shop)
            took = wait_converged(stack, shop, subscriber, REPEATED_S)
            world.report("P12 lost updates", lost=len(points.fired()), updates=len(subscriber.heard), converged_s=took)
