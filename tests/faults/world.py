# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the fault tests share: how much is asked of a run, the load generator as an object, and the check at the end.

UTARG_FULL=1 asks for the full figures of PROMISES, UTARG_SEED repeats a run, UTARG_PATIENCE (6) is how many times longer
than promised something may take before a test says so, UTARG_FAULTS_REPORT names a file for the figures."""
import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys

from faults import checker
from faults import history as histories
from faults import journal as journals
from harness import utarg as harness
from harness.events import DAY, Shop

FULL = os.environ.get("UTARG_FULL") == "1"
PATIENCE = float(os.environ.get("UTARG_PATIENCE", "6"))
VISIT_MS = 2000


def amount(smoke, full):
    return full if FULL else smoke


def bound(seconds):
    """A promised time, with the patience that a busy machine needs."""
    return seconds * PATIENCE


def new_seed():
    """Printed, so that pytest shows it when the test fails; UTARG_SEED repeats it."""
    seed = int(os.environ.get("UTARG_SEED", random.randrange(2**31)))
    print(f"UTARG_SEED={seed}")
    return seed


def report(what, **figures):
    """Figures that nobody asserts: on stdout, and a line of JSON in UTARG_FAULTS_REPORT."""
    shown = ", ".join(f"{name} {value:.1f}" if isinstance(value, float) else f"{name} {value}"
                      for name, value in figures.items())
    print(f"{what}: {shown}", file=sys.stderr)
    if path := os.environ.get("UTARG_FAULTS_REPORT"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"what": what} | figures) + "\n")


# ---- load --------------------------------------------------------------------------------------------------


class Load:
    """fault-load on an instance. Options are those of `fault-load --help`, '-' as '_'. As a context manager it is
    stopped, and all of it answered, at the end of the block."""

    _count = 0

    def __init__(self, stack, shops, endpoint=None, record=True, folder=None, **options):
        Load._count += 1
        folder = pathlib.Path(folder or stack.data / "faults")
        folder.mkdir(exist_ok=True)
        self.path = folder / f"history-{os.getpid()}-{Load._count}"
        self.tail = histories.Tail(self.path)
        self.summary, self.process = None, None
        self.options = {"shops": ",".join(shops), "base_ms": base_ms(stack), "visit_ms": VISIT_MS,
                        "answer_ms": 1000, "give_up": round(harness.TIMEOUT_S)} | options
        self.how = {"endpoint": endpoint or stack.endpoint("ingest"), "key_file": stack.key().path} | ({"history": self.path} if record else {})

    def _arguments(self, *names, **more):
        options = {k: v for k, v in self.options.items() if not names or k in names} | more
        return [str(harness.BIN / "fault-load"), *(f"--{k.replace('_', '-')}={v}" for k, v in options.items())]

    def start(self):
        self.process = subprocess.Popen(self._arguments(**self.how), text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=harness.clean_environment())
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind:
            self.process.kill()
            self.process.communicate()
        elif self.summary is None:
            self.stop()

    def stop(self, strict=True):
        """No more events; its summary, once all are answered."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        return self.wait(strict=strict)

    def wait(self, timeout=None, strict=True):
        """Its summary: every event must have had the answer it ought to have, if strict."""
        try:
            out, err = self.process.communicate(timeout=timeout or self.options["give_up"] + 600)
        except BaseException:
            self.process.kill()
            raise
        assert out, f"fault-load: {self.process.returncode} {err}"
        self.summary = json.loads(out)
        assert not strict or (self.process.returncode == 0 and not err), f"{self.summary} {err}"
        return self.summary

    def run(self):
        return self.start().wait()

    def wait_acked(self, count):
        """Until so many more acknowledgements have come; how many there are."""
        wanted = self.tail.read().acked + count

        def there():
            assert self.process.poll() is None, self.process.communicate()
            return self.tail.read().acked >= wanted

        harness.wait_until(there, what=f"{count} more acknowledgements")
        return self.tail.acked

    def known(self):
        """{id: (shop, SHA-256)} of all that a stopped run without change and poison sent."""
        listed = subprocess.run(
            self._arguments("shops", "base_ms", "visit_ms", "seed", "first", "ids", events=self.summary["events"],
                            list="true"),
            text=True, capture_output=True, check=True, env=harness.clean_environment())
        return checker.read_list(listed.stdout.splitlines())


def base_ms(stack):
    """Two days ago, the same for all loads of an instance: events are facts, they are not made again."""
    if not hasattr(stack, "base_ms"):
        stack.base_ms = harness.now_ms() - 2 * DAY
    return stack.base_ms


# ---- the end of a run --------------------------------------------------------------------------------------


def probe(stack, slug):
    """What a new event is answered."""
    publisher, view = stack.publisher(), Shop(slug).page_view("probe", harness.now_ms())
    publisher.insist([view])
    (result,) = publisher.publish([view])
    return harness.code_name(result.code)


def resources(stack):
    """For C13: {process: (RSS KiB, descriptors)} and the count of database sessions."""
    found = {}
    for name in ("ingest", "metrics", "campaign"):
        pid = stack.pid(name)
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            rss = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        found[name] = (rss, len(os.listdir(f"/proc/{pid}/fd")))
    asked = "SELECT count(*) FROM pg_stat_activity WHERE usename IN ('utarg_ingest', 'utarg_metrics', 'utarg_campaign')"
    found["sessions"] = int(journals.psql(stack.data, asked))
    return found


def assert_none(faults):
    faults = list(faults)
    assert not faults, f"{len(faults)} faults\n{checker.text(faults)}"


def check(stack, loads, known=True, verify=True, **how):
    """All answered, nothing lost, doubled or out of order, alive again, chain and figures verified; the journals."""
    slugs = sorted({slug for load in loads for slug in load.options["shops"].split(",")})
    stack.wait_ready()
    history, books = histories.read(*(load.path for load in loads)), journals.read(stack.data, *slugs)
    contents = {}
    for load in loads if known else ():
        contents |= load.known()
    assert_none(checker.check(history, books, contents if known else None, **how))
    assert_none(checker.dead({name: one["ready"] for name, one in stack.status().items()}, probe(stack, slugs[0])))
    for slug in slugs:
        stack.settle(slug)
        if verify:
            stack.verify(slug)
    return books
