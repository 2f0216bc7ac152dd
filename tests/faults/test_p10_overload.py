# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""P10: overload is answered and memory is bounded: 200 clients with many times what is taken in under way, and three
subscribers that never read. Every request is answered, ingest stays below the bound it states when it starts."""
import re
import threading

import zmq

from faults import journal, watch, world

SECONDS = world.amount(20, 150)
PROCESSES, CLIENTS = 4, 50  # 200 connections
BATCH, WINDOW = 200, 8      # some 45 KiB each: 70 MiB under way, several seconds of work
BASE_MIB = 48               # code, libraries, threads' stacks, libzmq: what a process has before the first event


HEADS = "SELECT sum(h.seq - 1) FROM journal.head h JOIN office.shop s USING (shop_id) WHERE s.slug IN ('one', 'two')"
ROWS = "SELECT count(*) - 2 FROM journal.event e JOIN office.shop s USING (shop_id) WHERE s.slug IN ('one', 'two')"


def stated_mib(stack):
    """Of its first line in the log: all that it may take in, and how much a connection may have in libzmq's queue."""
    said = re.search(r"event=memory_bound .*?all_mib=(\d+)", stack.log("ingest"))
    assert said, "ingest did not state its bound"
    return int(said[1])


def request_mib():
    return BATCH * 230 / 2**20


class Deaf:
    """A subscriber to all that a service publishes of every shop, who never reads."""

    def __init__(self, endpoint, topic, key):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.SUB)
        self.socket.linger, self.socket.rcvhwm = 0, 1
        key.lock(self.socket)
        self.socket.subscribe(topic)
        self.socket.connect(endpoint)

    def close(self):
        self.socket.close()
        self.context.term()


def highest_rss(stack, name, ending, out):
    pid = stack.pid(name)
    while not ending.wait(0.1):
        out[name] = max(out.get(name, 0), watch.rss_kib(pid))
    assert stack.pid(name) == pid, f"{name} died"


def test_overload(own_stack):
    seed, shops = world.new_seed(), [own_stack.add_shop("one"), own_stack.add_shop("two")]
    how = {"batch": BATCH, "window": WINDOW, "publishers": CLIENTS, "visit_ms": 100, "ids": "v7"}
    peak = world.Load(own_stack, shops, seed=seed, batch=BATCH, window=4, publishers=2, visit_ms=100,
                      seconds=SECONDS // 5, record=False).run()
    deaf = [Deaf(own_stack.endpoint(name, publishes=True), topic, own_stack.key())
            for name, topic in (("ingest", "head/"), ("metrics", "kpi/"), ("metrics", "kpi/"))]
    ending, highest = threading.Event(), {}
    looks = [threading.Thread(target=highest_rss, args=(own_stack, name, ending, highest))
             for name in ("ingest", "metrics", "campaign")]
    for look in looks:
        look.start()
    try:
        loads = [world.Load(own_stack, shops, seed=seed + 1 + at, seconds=SECONDS, answer_ms=60_000, record=False,
                            **how).start() for at in range(PROCESSES)]
        # One that behaves writes down what it hears.
        beside = world.Load(own_stack, [own_stack.add_shop("beside")], seed=seed, seconds=SECONDS, rate=200)
        besides = beside.run()
        # All that is under way at the end is answered, too: BUSY is sent again until it is accepted.
        summaries = [load.wait() for load in loads]
    finally:
        ending.set()
        for look in looks:
            look.join()
        for one in deaf:
            one.close()
    acked = sum(one["acked"] for one in summaries)
    bound = stated_mib(own_stack) + BASE_MIB + PROCESSES * CLIENTS * WINDOW * request_mib()
    assert highest["ingest"] / 1024 < bound, (highest, bound)
    world.report("P10", codes=[one["codes"] for one in summaries], late=sum(one["late"] for one in summaries))
    world.report("P10", seconds=SECONDS, peak_per_s=peak["acked_per_s"], goodput_per_s=acked / SECONDS,
                 busy=sum(one["busy"] for one in summaries),
                 longest_wait_ms=max(one["longest_wait_ms"] for one in summaries),
                 p99_ms=max(one["p99_ms"] for one in summaries), ingest_mib=highest["ingest"] / 1024, bound_mib=bound,
                 metrics_mib=highest["metrics"] / 1024, beside_p99_ms=besides["p99_ms"],
                 beside_longest_wait_ms=besides["longest_wait_ms"])
    assert max(one["longest_wait_ms"] for one in summaries) < world.bound(2) * 1000
    world.check(own_stack, [beside])
    # BUSY may come of what is committed later, and is then a DUPLICATE: as many rows as events, once each.
    taken = sum(one["acked"] for one in [peak, *summaries])
    assert taken == int(journal.psql(own_stack.data, HEADS)) == int(journal.psql(own_stack.data, ROWS))
