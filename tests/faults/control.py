# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The hands of the fault tests: the control file of failpoints and mutants, the fault proxy, the processes of a private
PostgreSQL, and peers that talk nonsense. tests/faults/README.md says what they do."""
import contextlib
import functools
import itertools
import os
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import time
import typing

from faults import journal as journals
from harness import utarg as harness


# ---- failpoints and mutants --------------------------------------------------------------------------------


class Point(typing.NamedTuple):
    name: str
    process: str
    actions: tuple


class Mutant(typing.NamedTuple):
    name: str
    process: str
    wrong: str
    checks: tuple
    needs: str


@functools.cache
def tables():
    """(failpoints, mutants) as the binaries know them."""
    printed = subprocess.run([str(harness.BIN / "fault-list")], text=True, capture_output=True, check=True).stdout
    points, mutants = [], []
    for line in printed.splitlines():
        kind, *columns = line.split("\t")
        if kind == "point":
            points.append(Point(columns[0], columns[1], tuple(columns[2].split(","))))
        else:
            mutants.append(Mutant(columns[0], columns[1], columns[2], tuple(columns[3].split()), columns[4]))
    return points, mutants


def points_of(process, action):
    """Names of the failpoints at which that process can do it."""
    return [one.name for one in tables()[0] if one.process in (process, "any") and action in one.actions]


class Control:
    """The control file of an instance. `environment` is what its programs need to see."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="utarg-faults-")
        self.path = pathlib.Path(self._folder.name) / "faults"
        self.environment = {"UTARG_FAULTS_FILE": str(self.path)}
        self._rounds = itertools.count(1)
        os.chmod(self._folder.name, 0o755)

    def arm(self, *entries):
        """Only these from now on, each counted anew: "INGEST_BELL fail times=3". Without any: nothing is armed."""
        number = next(self._rounds)
        lines = [entry if entry.endswith(" mutant") else f"{entry} round={number}" for entry in entries]
        aside = self.path.with_suffix(".new")
        aside.write_text("".join(line + "\n" for line in lines))
        aside.rename(self.path)
        pause(0.03)  # whoever has just looked looks again after 10 ms
        return number

    def fired(self, number=None):
        """[(name, pid)] of the firings of a round, or of all."""
        with contextlib.suppress(FileNotFoundError):
            lines = [line.split() for line in open(f"{self.path}.fired", encoding="ascii")]
            return [(line[0], int(line[1])) for line in lines if number is None or int(line[3]) == number]
        return []

    def wait_fired(self, number, count=1):
        harness.wait_until(lambda: len(self.fired(number)) >= count, what=f"{count} firings of round {number}")

    def close(self):
        self._folder.cleanup()


# ---- the proxy ---------------------------------------------------------------------------------------------


class Proxy:
    """fault-proxy LISTEN TARGET; calling it is a command: proxy("delay 20"). `address` is where it listens."""

    def __init__(self, listen, target):
        self.process = subprocess.Popen([str(harness.BIN / "fault-proxy"), str(listen), str(target)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lines = harness.Lines(self.process.stdout)
        self.address = self.lines.next().strip()
        assert self.address, "fault-proxy did not start"

    def __call__(self, command):
        """The words behind "ok"."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.lines.next().split()
        assert answer and answer[0] == "ok", f"{command}: {answer}"
        return answer[1:]

    def counts(self):
        return {name: int(value) for name, value in (pair.split("=") for pair in self("count"))}

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class DatabaseProxy(Proxy):
    """Between one service and the private PostgreSQL. Made before the instance: its `environment` goes to the
    Stack, then `aim(stack)`."""

    def __init__(self, service):
        self._folder = tempfile.TemporaryDirectory(prefix="utarg-proxy-")
        folder = pathlib.Path(self._folder.name)
        self.environment = {f"UTARG_PG_SOCKET_DIR_{service.upper()}": str(folder)}
        # The instance's directory is not known yet: a link that is made later leads there.
        self._link = folder / "run"
        super().__init__(folder / ".s.PGSQL.5432", self._link / ".s.PGSQL.5432")

    def aim(self, data):
        self._link.symlink_to(pathlib.Path(data) / "run")

    def close(self):
        super().close()
        self._folder.cleanup()


# ---- processes ---------------------------------------------------------------------------------------------


def children(pid):
    """Of a process, its own first."""
    found = [pid]
    with contextlib.suppress(FileNotFoundError):
        for line in open(f"/proc/{pid}/task/{pid}/children", encoding="ascii"):
            found.extend(map(int, line.split()))
    return found


def signal_all(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@contextlib.contextmanager
def stopped(stack, name):
    """SIGSTOP to a process (PostgreSQL: to all of its processes) inside the block."""
    pids = children(stack.pid(name)) if name == "postgres" else [stack.pid(name)]
    signal_all(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        signal_all(pids, signal.SIGCONT)


@contextlib.contextmanager
def away(stack, name, number):
    """Ends a process by a signal and keeps it away inside the block: who would start it again is stopped."""
    supervisor, pid = stack.pid("supervisor"), stack.pid(name)
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(pid, number)
        harness.wait_until(lambda: has_ended(pid), what=f"{name} {pid} to end")
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)


def lose_memory(stack, load):
    """kill -9 of PostgreSQL under a load while nothing but ingest's own commits makes it write WAL: its WAL writer sleeps,
    and others, whose commits would write that of ingest too, are stopped."""
    for statement in ("ALTER SYSTEM SET wal_writer_delay = '10s';", "SELECT pg_reload_conf();"):
        journals.psql(stack.data, statement, user="utarg_owner")
    with stopped(stack, "metrics"), stopped(stack, "campaign"):
        load.wait_acked(300)
        pid = stack.kill("postgres")
        stack.wait_restarted("postgres", pid)
        load.wait_acked(10)


def has_ended(pid):
    """Gone, or waiting for its parent to look."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_long_lived(stack, name, seconds=1.1):
    """Until it has run so long: the supervisor then starts it again without waiting."""

    def there():
        process = next((one for one in stack.state()["processes"] if one["name"] == name), None)
        return process and process["pid"] and harness.now_ms() - process["since_ms"] > seconds * 1000

    harness.wait_until(there, what=f"{name} to have run for {seconds} s")


# ---- peers that talk nonsense ------------------------------------------------------------------------------


def junk(endpoint, seed, count):
    """So many connections that send random bytes, half a greeting, HTTP, or nothing at all, and leave."""
    host, port = endpoint.removeprefix("tcp://").split(":")
    random_ = random.Random(seed)
    greeting = b"\xff" + b"\x00" * 8 + b"\x7f\x03\x00NULL" + b"\x00" * 48
    for _ in range(count):
        said = random_.choice([b"", greeting[: random_.randrange(64)], greeting + random_.randbytes(200),
                               b"GET / HTTP/1.1\r\n\r\n", random_.randbytes(random_.randrange(1, 5000))])
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=5) as peer:
            peer.sendall(said)


def pause(seconds):
    """A length of a fault, not a wait for something to become true."""
    time.sleep(seconds)
