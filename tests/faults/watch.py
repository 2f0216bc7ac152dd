# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Those who listen while things break: doorbells, KPI updates and a reader of the journal, each recorded by a thread with
sockets of its own, for C7, C8 and C10; and figures with their position for C9."""
import itertools
import os
import threading
import time

from faults import checker
from harness import utarg as harness
from oracle import oracle, places, windows

SWEEP_S = 0.5  # a consumer looks by itself so often: a doorbell may be lost


class Watcher:
    """A thread that calls step() until the block ends; what it raised, the block raises."""

    def __enter__(self):
        self._ending, self._failure = threading.Event(), None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def _run(self):
        try:
            with self.open() as client:
                while not self._ending.is_set():
                    self.step(client)
        except BaseException as failure:  # of a thread: told at the end
            self._failure = failure

    def __exit__(self, kind, *_):
        self._ending.set()
        self._thread.join(60)
        if self._failure and kind is None:
            raise self._failure


class Bells(Watcher):
    """Doorbells as (shop, epoch, seq, chain)."""

    def __init__(self, stack, service="ingest"):
        self.endpoint, self.heard, self.key = stack.endpoint(service, publishes=True), [], stack.key()

    def open(self):
        return harness.Subscriber(self.endpoint, ["head/"], self.key)

    def step(self, client):
        received = client.receive(0.1)
        if received:
            bell = harness.decode(*received)
            self.heard.append((bell.shop, bell.epoch, bell.seq, bell.chain))


class Listener(Watcher):
    """Somebody to publish to. (libzmq subscribes again after a reconnect only while somebody receives.)"""

    def __init__(self, stack, service, topics):
        self.endpoint, self.topics, self.count = stack.endpoint(service, publishes=True), topics, 0
        self.key = stack.key()

    def open(self):
        return harness.Subscriber(self.endpoint, self.topics, self.key)

    def step(self, client):
        self.count += client.receive(0.1) is not None


class Updates(Watcher):
    """KPI updates below some prefixes: [(monotonic s, topic, KpiUpdate)], and `last` of each topic."""

    def __init__(self, stack, prefixes, endpoint=None):
        self.endpoint = endpoint or stack.endpoint("metrics", publishes=True)
        self.prefixes, self.heard, self.last, self.key = prefixes, [], {}, stack.key()

    def open(self):
        return harness.Subscriber(self.endpoint, self.prefixes, self.key)

    def step(self, client):
        received = client.receive(0.1)
        if received:
            topic, update = received[0], harness.decode(*received)
            self.heard.append((time.monotonic(), topic, update))
            self.last[topic] = update

    def values(self):
        """{topic: (numerator, denominator, value)} as they are now."""
        return {topic: value_of(update) for topic, update in list(self.last.items())}

    def announced(self):
        """For C7: what the updates say they are true at, and what changed them."""
        for _, _, update in self.heard:
            figure = update.figure
            yield figure.shop, update.epoch, max(figure.as_of_seq, figure.revision), None


def value_of(update):
    return update.figure.numerator, update.figure.denominator, update.figure.value


class Consumer(Watcher):
    """Reads a shop's journal from its first event through 7101, woken by 7102: `entries` is [(seq, id)]."""

    def __init__(self, stack, slug):
        self.stack, self.slug, self.entries, self.head = stack, slug, [], 0
        self.reached = {}  # seq -> monotonic s

    def open(self):
        self.bells = harness.Subscriber(self.stack.endpoint("ingest", publishes=True), [f"head/{self.slug}/"], self.stack.key())
        return harness.Asker(self.stack.endpoint("ingest"), self.stack.key())

    def step(self, client):
        if not self.read(client):
            self.bells.receive(SWEEP_S)

    def read(self, client):
        """Whether there was something."""
        after = self.entries[-1][0] if self.entries else 0
        asked = {"shop": self.slug, "after_seq": after, "limit": 1000}
        reply = client.request(timeout=2, again=True, journal_read=asked)
        if reply is None or reply.status.code != 0:
            time.sleep(0.05)
            return True
        for entry in reply.journal_read.entries:
            self.entries.append((entry.seq, entry.event.id.hex()))
        if reply.journal_read.entries:
            self.reached[self.entries[-1][0]] = time.monotonic()
        return bool(reply.journal_read.entries)

    def wait_seq(self, seq, timeout=None):
        harness.wait_until(lambda: self.entries and self.entries[-1][0] >= seq, timeout,
                           what=f"the consumer at {seq} of {self.slug}")

    def __exit__(self, kind, *more):
        super().__exit__(kind, *more)
        self.bells.__exit__(None, None, None)


# ---- figures -----------------------------------------------------------------------------------------------


def figures(stack, slug, window, dimension):
    """One answer: (position, as-of ms, {place: (numerator, denominator)})."""
    kpis = [kpi for kpi in oracle.ROWS if oracle.is_kept(kpi, window, dimension)]
    asked = {"shop": slug, "kpis": kpis, "window": window, "dimension": dimension}
    found = stack.asker("metrics").ask(kpi=asked).kpi.figures
    told = {(figure.kpi, window, figure.start_ms, dimension, figure.key):
            (int(figure.numerator), int(figure.denominator)) for figure in found}
    return max((figure.as_of_seq for figure in found), default=0), max(
        (figure.as_of_ms for figure in found), default=0), told


def differences(slug, entries, moments):
    """C9: the moments [(position, as-of ms, figures, window, dimension)] against the oracle on the journal's beginning."""
    faults = []
    for position, as_of_ms, found, window, dimension in moments:
        # Unasked, metrics tells no window after the last with data of its own; what stands goes on standing.
        last_ms = max((place[2] for place in found), default=0)
        said = oracle.figures(entries[:position], as_of_ms, windows=(window,)) if position else {}
        expected = {place: figure for place, figure in said.items() if place[3] == dimension and place[2] <= last_ms}
        faults.extend(checker.wrong_figures(slug, found, expected, oracle.nothing))
    return faults


def moments(stack, slug, count, random_):
    """So many looks at random windows and dimensions, without waiting for anything."""
    pairs = list(itertools.product(set(windows.WINDOWS) - {windows.MINUTES}, places.DIMENSIONS))
    for _ in range(count):
        window, dimension = random_.choice(pairs)
        yield *figures(stack, slug, window, dimension), window, dimension


def rss_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def alive(pid):
    return os.path.exists(f"/proc/{pid}")
