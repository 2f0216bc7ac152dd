# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The nemesis: faults from outside, one after the other, from a seed. A fault is a row of FAULTS; `schedule` draws
steps from some of them, `Nemesis.apply` does one step and heals what it broke. Schedules are the same for the same seed;
what they meet is as random as machines are."""
import contextlib
import os
import random
import signal
import time
import typing

from faults import control
from faults import journal as journals


class Step(typing.NamedTuple):
    acks: int       # acknowledgements to wait for before it
    delay_ms: int   # and a moment more
    fault: str
    length_ms: int  # of what lasts
    number: int     # whatever else the fault wants to draw

    def __str__(self):
        return f"after {self.acks} acks and {self.delay_ms} ms: {self.fault} ({self.length_ms} ms, {self.number})"


class Nemesis:
    """Acts on an instance; `proxy` is a DatabaseProxy before ingest, `points` a Control, or None where not used."""

    def __init__(self, stack, load, proxy=None, points=None):
        self.stack, self.load, self.proxy, self.points, self.done = stack, load, proxy, points, []

    def apply(self, step):
        self.load.wait_acked(step.acks)
        control.pause(step.delay_ms / 1000)
        begun = time.monotonic()
        FAULTS[step.fault](self, step)
        healed = time.monotonic()
        self.load.wait_acked(1)
        self.done.append((step.fault, begun, healed, time.monotonic()))

    def run(self, steps):
        for step in steps:
            print(step)
            self.apply(step)
        return self.done

    # -- faults

    def kill(self, name, number=signal.SIGKILL):
        control.wait_long_lived(self.stack, name)
        pid = self.stack.kill(name, number)
        self.stack.wait_gone(name, pid)

    def kill_backend(self, step):
        """One process of PostgreSQL: all others then leave, and it recovers by itself."""
        backends = self.backends()
        if backends:
            control.signal_all([backends[step.number % len(backends)]], signal.SIGKILL)

    def terminate_backend(self, step):
        """One connection of ingest, politely."""
        backends = self.backends()
        if backends:
            control.signal_all([backends[step.number % len(backends)]], signal.SIGTERM)

    def backends(self):
        """Pids of ingest's database sessions."""
        asked = "SELECT pid FROM pg_stat_activity WHERE usename = 'utarg_ingest'"
        with contextlib.suppress(AssertionError):  # the database is just recovering from the step before
            return sorted(map(int, journals.psql(self.stack.data, asked).split()))
        return []

    def freeze(self, name, step):
        with control.stopped(self.stack, name):
            control.pause(step.length_ms / 1000)

    def freeze_backend(self, step):
        backends = self.backends()[:1]
        control.signal_all(backends, signal.SIGSTOP)
        control.pause(step.length_ms / 1000)
        control.signal_all(backends, signal.SIGCONT)

    def keep_away(self, name, step, number):
        control.wait_long_lived(self.stack, name)
        with control.away(self.stack, name, number):
            control.pause(step.length_ms / 1000)

    def command(self, step, *commands):
        """The first commands of the proxy, then after a while the last."""
        for one in commands[:-1]:
            self.proxy(one)
        control.pause(step.length_ms / 1000)
        self.proxy(commands[-1])

    def at_commit(self, command, step, heal=None):
        """One of the next commits: `command` says what becomes of it."""
        before = self.proxy.counts()["cuts"]
        self.proxy(f"{command} {1 + step.number % 3}")
        control.harness.wait_until(lambda: self.proxy.counts()["cuts"] > before, what=f"{command} to come about")
        if heal:
            control.pause(step.length_ms / 1000)
            self.proxy(heal)

    def crash_at(self, process, step):
        """kill -9 of itself at one of its failpoints. One that nothing passes now is given up after a while."""
        names = control.points_of(process, "crash")
        number = self.points.arm(f"{names[step.number % len(names)]} crash times=1 process={process}")
        until = time.monotonic() + 3
        while time.monotonic() < until and not self.points.fired(number):
            control.pause(0.02)
        self.points.arm()


FAULTS = {
    "kill_ingest": lambda n, step: n.kill("ingest"),
    "kill_metrics": lambda n, step: n.kill("metrics"),
    "kill_campaign": lambda n, step: n.kill("campaign"),
    "kill_postgres": lambda n, step: n.kill("postgres"),
    "kill_backend": Nemesis.kill_backend,
    "terminate_backend": Nemesis.terminate_backend,
    "drain_ingest": lambda n, step: n.kill("ingest", signal.SIGTERM),
    "freeze_ingest": lambda n, step: n.freeze("ingest", step),
    "freeze_metrics": lambda n, step: n.freeze("metrics", step),
    "freeze_postgres": lambda n, step: n.freeze("postgres", step),
    "freeze_backend": Nemesis.freeze_backend,
    "stop_postgres": lambda n, step: n.keep_away("postgres", step, signal.SIGINT),
    "crash_postgres": lambda n, step: n.keep_away("postgres", step, signal.SIGKILL),
    "junk": lambda n, step: control.junk(n.stack.endpoint("ingest"), step.number, 20),
    # these need a proxy before ingest
    "cut": lambda n, step: n.proxy("cut"),
    "refuse": lambda n, step: n.command(step, "refuse", "cut", "accept"),
    "half_open": lambda n, step: n.command(step, "freeze", "thaw"),
    "delay": lambda n, step: n.command(step, f"delay {1 + step.number % 40}", "delay 0"),
    "slice": lambda n, step: n.command(step, f"slice {1 + step.number % 90}", "slice 0"),
    "cut_after_commit": lambda n, step: n.at_commit("cut-after-commit", step),
    "cut_before_commit": lambda n, step: n.at_commit("cut-before-commit", step),
    "cut_at_answer": lambda n, step: n.at_commit("cut-at-answer", step),
    "freeze_commit": lambda n, step: n.at_commit("freeze-after-commit", step, "thaw"),
    # these need failpoints
    "crash_ingest_at": lambda n, step: n.crash_at("ingest", step),
    "crash_metrics_at": lambda n, step: n.crash_at("metrics", step),
}
NEED_PROXY = ("cut", "refuse", "half_open", "delay", "slice", "cut_after_commit", "cut_before_commit", "cut_at_answer",
              "freeze_commit")
NEED_POINTS = ("crash_ingest_at", "crash_metrics_at")


def schedule(seed, faults, count, acks=400, delay_ms=50, length_ms=1000):
    """Steps that hold each of the faults about as often; the numbers are upper bounds."""
    random_, drawn = random.Random(seed), []
    while len(drawn) < count:
        drawn.extend(random_.sample(faults, min(len(faults), count - len(drawn))))
    return [Step(random_.randrange(1, acks), random_.randrange(delay_ms), fault, random_.randrange(50, length_ms),
                 random_.randrange(2**31)) for fault in drawn]


def possible():
    """Names of the faults for which this build has what is needed."""
    there = {name: os.access(control.harness.BIN / name, os.X_OK) for name in ("fault-proxy", "fault-list")}
    return [name for name in FAULTS if (name not in NEED_PROXY or there["fault-proxy"])
            and (name not in NEED_POINTS or there["fault-list"])]
