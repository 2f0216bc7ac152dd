# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A running Utarg and clients of it, for tests. The clients know what proto/README.md says and nothing else.

Every wait is on a condition (`wait_until`); nothing sleeps and hopes. Import as `from harness import utarg as
harness`: the generated messages live in the package `utarg`.
"""
import atexit
import contextlib
import functools
import importlib
import itertools
import json
import os
import pathlib
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types

import zmq
import zmq.auth

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("UTARG_BIN", ROOT / "build/release/bin")).resolve()
PORTS = {"ingest": 7101, "metrics": 7201, "campaign": 7301}  # ROUTER; XPUB is the next one
# A sanitizer build on a busy machine is many times slower; nothing waits this long when all is well.
TIMEOUT_S = float(os.environ.get("UTARG_TEST_TIMEOUT", "60"))


# ---- the contract --------------------------------------------------------------------------------------


@functools.cache
def proto():
    """Generates the Python modules once a session and returns them as a namespace: .event, .types..."""
    out = tempfile.mkdtemp(prefix="utarg-proto-")
    atexit.register(shutil.rmtree, out, ignore_errors=True)
    files = sorted((ROOT / "proto/utarg/v1").glob("*.proto"))
    subprocess.run(["protoc", f"--proto_path={ROOT / 'proto'}", f"--python_out={out}", *map(str, files)], check=True)
    sys.path.insert(0, out)
    return types.SimpleNamespace(
        path=out, **{file.stem: importlib.import_module(f"utarg.v1.{file.stem}_pb2") for file in files}
    )


def code_name(number):
    return proto().types.Code.Name(number)


# ---- waiting -------------------------------------------------------------------------------------------


def wait_until(condition, timeout=None, what="the condition", every=0.02):
    """Calls condition() until it returns something true, and returns that."""
    until = time.monotonic() + (timeout or TIMEOUT_S)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"{what} did not come true within {timeout or TIMEOUT_S} s (last: {value!r})")
        time.sleep(every)


class Lines:
    """Lines of a program that goes on running, each with a deadline."""

    def __init__(self, stream):
        self._queue = queue.Queue()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream):
        with contextlib.suppress(ValueError):  # closed while reading
            for text in stream:
                self._queue.put(text)
        self._queue.put("")

    def next(self, timeout=None):
        """The next line, "" at the end."""
        try:
            return self._queue.get(timeout=timeout or TIMEOUT_S)
        except queue.Empty:
            raise AssertionError("no line came") from None


def now_ms():
    return int(time.time() * 1000)


# ---- an instance ---------------------------------------------------------------------------------------


def _ports_are_free(offset):
    for port in PORTS.values():
        for shifted in (port + offset, port + 1 + offset):
            with socket.socket() as probe:
                # Like libzmq: what only lingers in TIME_WAIT does not count as taken.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", shifted))
                except OSError:
                    return False
    return True


def take_offset():
    """A port offset nobody else has: (offset, lock). The lock is an abstract socket's name, so that it reaches as
    far as the ports do (another root's /tmp would hide a file), and it goes with the process."""
    start = os.getpid() * 7 % 80
    for step in range(80):
        offset = 1000 + (start + step) % 80 * 300
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind(f"\0utarg-test-offset-{offset}")
        except OSError:
            lock.close()
            continue
        if _ports_are_free(offset):
            return offset, lock
        lock.close()
    raise RuntimeError("no free port offset")


def programs_for_everyone(folder):
    """The programs' folder, or a copy of it where the checkout lies out of another user's reach (/root)."""
    if all(parent.stat().st_mode & 0o001 for parent in [BIN, *BIN.parents]):
        return BIN
    copy = pathlib.Path(folder) / "bin"
    shutil.copytree(BIN, copy)
    copy.chmod(0o755)
    return copy


def clean_environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("UTARG_")}


@functools.cache
def first_start():
    """The folder of an instance that was started once and stopped: others begin with a copy of it, which takes a
    second instead of four. Whoever wants a first start of his own says Stack(start=False) and up()."""
    with Stack(start=False) as stack:
        stack.up()
        stack.down()
        folder = tempfile.mkdtemp(prefix="utarg-first-", dir="/tmp")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        copy_start(stack.data, folder)
    return folder


def copy_start(source, target):
    """Database, keys and passwords, with their owners and modes."""
    parts = [pathlib.Path(source) / name for name in ("pg", "secrets", "server.key_public")]
    subprocess.run(["cp", "-a", "--reflink=auto", *parts, target], check=True)


class Stack:
    """`utarg up` in a directory of its own. As a context manager it is up inside and gone afterwards. `environment` is
    what its programs see besides; `data` a directory to use, which stays."""

    def __init__(self, start=True, environment=None, data=None):
        self._keep = data is not None or bool(os.environ.get("UTARG_KEEP"))
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="utarg-", dir="/tmp"))
        self.data.chmod(0o711)
        self.environment = environment or {}
        self.offset, self._lock = take_offset()
        self._clients = contextlib.ExitStack()
        self._askers = {}
        if start:
            try:
                if not self.environment and data is None:
                    copy_start(first_start(), self.data)
                self.up()
            except BaseException:
                self.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            self.close()
        except AssertionError:
            if kind is None:
                raise

    def close(self):
        self._clients.close()
        try:
            if (self.data / "state.json").exists() or (self.data / "lock").exists():
                self.cli("down", timeout=180)
        finally:
            reports = self.sanitizer_reports()
            if not self._keep:
                shutil.rmtree(self.data, ignore_errors=True)
            self._lock.close()
        assert not reports, "\n".join(reports)

    def sanitizer_reports(self):
        marks = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "Assertion `")
        return [
            f"{log.name}: {line}"
            for log in sorted(self.data.glob("log/*"))
            for line in log.read_text(errors="replace").splitlines()
            if any(mark in line for mark in marks)
        ]

    def log(self, name):
        return (self.data / "log" / f"{name}.log").read_text(errors="replace")

    # -- the command line

    def start(self, *args, **how):
        """`utarg ARGS...` of this instance as a Popen with text pipes; `programs` is another folder of them."""
        programs = how.pop("programs", BIN)
        how.setdefault("stdout", subprocess.PIPE)
        how.setdefault("stderr", subprocess.PIPE)
        environment = clean_environment() | self.environment
        return subprocess.Popen(
            [str(programs / "utarg"), *map(str, args), "--data", str(self.data)], text=True, env=environment, **how
        )

    def cli(self, *args, input=None, timeout=2 * TIMEOUT_S):
        with self.start(*args, stdin=subprocess.PIPE) as process:
            try:
                out, err = process.communicate(input or "", timeout=timeout)
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def ok(self, *args, **how):
        """What the command printed; it must have ended with 0."""
        done = self.cli(*args, **how)
        assert done.returncode == 0, f"{done.args}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *args, **how):
        return json.loads(self.ok(*args, "--json", **how))

    def json_of_failed(self, *args, **how):
        """What the command printed although it ended with bad news."""
        done = self.cli(*args, "--json", **how)
        assert done.returncode != 0, done.stdout
        return json.loads(done.stdout)

    # -- life

    def up(self):
        done = self.cli("up", "--detach", "--port-offset", self.offset, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr + self._logs()

    def _logs(self):
        return "".join(
            f"\n== {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in sorted(self.data.glob("log/*"))
        )

    def down(self):
        self.ok("down", timeout=180)

    def status(self):
        """name -> what `utarg status --json` says of each process; {} while there is none."""
        done = self.cli("status", "--json")
        if not done.stdout.strip():
            return {}
        return {process["name"]: process for process in json.loads(done.stdout)["processes"]}

    def state(self):
        """What the supervisor wrote down last: quick, and asks no service."""
        try:
            return json.loads((self.data / "state.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {"supervisor": {}, "processes": []}

    def pid(self, service):
        """0 while it does not run."""
        state = self.state()
        processes = [state["supervisor"] | {"name": "supervisor"}, *state["processes"]]
        return next((process.get("pid", 0) for process in processes if process["name"] == service), 0)

    def wait_ready(self, *services):
        def ready():
            status = self.status()
            return status and all(status[name]["ready"] for name in services or status)

        wait_until(ready, what=f"{services or 'everything'} ready")

    def kill(self, service, number=signal.SIGKILL):
        """Sends a signal and returns the pid it went to."""
        pid = self.pid(service)
        assert pid > 0, f"{service} does not run"
        os.kill(pid, number)
        return pid

    def wait_gone(self, service, old_pid):
        """Until the supervisor has taken leave of it: then it is gone, or another."""
        wait_until(lambda: self.pid(service) != old_pid, what=f"{service} {old_pid} gone")

    def wait_restarted(self, service, old_pid):
        def restarted():
            state = self.status().get(service, {})
            return state.get("pid", 0) not in (0, old_pid) and state["ready"]

        wait_until(restarted, what=f"{service} back and ready")

    # -- clients

    def endpoint(self, service, publishes=False):
        return f"tcp://127.0.0.1:{PORTS[service] + self.offset + (1 if publishes else 0)}"

    def key(self, name="operator"):
        """The key file of one of the instance's own: operator, ingest, metrics, campaign."""
        return Key(self.data / "secrets" / f"{name}.key", self.data / "server.key_public")

    def new_key(self, name, kind="tool", *options):
        """`utarg key new`: its Key."""
        path = self.data / f"{name}.key"
        self.ok("key", "new", "--kind", kind, *options, "--out", path)
        return Key(path, self.data / "server.key_public")

    def more(self, service, count=1):
        """Further processes of a service on the instance's database, each on ports of its own; gone with the instance."""
        from harness import more  # which needs this module

        database = more.conninfo(self, f"utarg_{service}")
        return [
            self._clients.enter_context(more.Process(service, database, self.data / "log", environment=self.environment))
            for _ in range(count)
        ]

    def publisher(self, endpoint=None, key=None):
        return self._clients.enter_context(Publisher(endpoint or self.endpoint("ingest"), key or self.key()))

    def asker(self, service="metrics"):
        """One a service: it survives the service's restarts."""
        if service not in self._askers:
            self._askers[service] = self._clients.enter_context(Asker(self.endpoint(service), self.key()))
        return self._askers[service]

    def client(self, service, key):
        """Another client, with a key of its own."""
        return self._clients.enter_context(Asker(self.endpoint(service), key))

    def subscriber(self, *topics, service="metrics", key=None):
        endpoint = self.endpoint(service, publishes=True)
        return self._clients.enter_context(Subscriber(endpoint, topics, key or self.key()))

    def counter(self, service, name):
        rows = self.json("stats", service)
        return next(row["value"] for row in rows if row["name"] == name)

    # -- what tests often want to know

    def add_shop(self, slug, currency="PLN", zone="Europe/Warsaw"):
        self.ok("shop", "add", slug, "--currency", currency, "--zone", zone)
        return slug

    def add_shop_again(self, slug):
        """The same while campaign may be on its way back."""
        wait_until(lambda: self.cli("shop", "add", slug, "--currency", "PLN", "--zone", "Europe/Warsaw").returncode == 0, what="the shop")
        return slug

    def journal(self, shop):
        """All entries of the shop's journal."""
        return list(self.read_journal(shop))

    def read_journal(self, shop):
        """The same one after the other, in pages."""
        count, client = 0, self.asker("ingest")
        while True:
            reply = client.ask(journal_read={"shop": shop, "after_seq": count, "limit": 500}).journal_read
            yield from reply.entries
            count += len(reply.entries)
            if not reply.entries:
                assert count == reply.head_seq
                return

    def head(self, shop):
        client = self.asker("campaign")
        return client.ask(shop_list={"slug": shop}).shop_list.shops[0].head_seq

    def settle(self, shop, timeout=None):
        """Waits until metrics has followed the shop's journal to its head; the head."""
        head, client = self.head(shop), self.asker("metrics")

        def there():
            # The total has every window of a range, so that this is one figure with metrics' position.
            asked = {"shop": shop, "kpis": ["orders"], "from_day": "2020-01-01", "to_day": "2020-01-01"}
            return client.ask(kpi=asked).kpi.figures[0].as_of_seq >= head

        wait_until(there, timeout, what=f"metrics at event {head} of {shop}")
        return head

    def figures(self, shop, *kpis, **how):
        """(kpi, key, start) -> Figure, settled first; start is 2026-03-29, 2026-03 for months, whole for hours."""
        self.settle(shop)
        how.setdefault("window", 3)
        size = {5: 7, 4: 10, 3: 10}.get(how["window"], 25)
        found = self.asker("metrics").ask_figures(shop, kpis, **how)
        return {(f.kpi, f.key, f.start[:size]): f for f in found}

    def values(self, shop, *kpis, **how):
        return {place: figure.value for place, figure in self.figures(shop, *kpis, **how).items()}

    def day(self, shop, day, *kpis):
        """kpi -> value of one local day."""
        found = self.values(shop, *kpis, from_day=day, to_day=day)
        return {kpi: value for (kpi, _, _), value in found.items()}

    def everything(self, shop):
        """Every figure of the shop: all windows but minutes that have data, all dimensions, without positions."""
        self.settle(shop)
        client, out = self.asker("metrics"), {}
        for window, dimension in itertools.product((2, 3, 4, 5), DIMENSIONS):
            for figure in client.ask_figures(shop, window=window, dimension=dimension):
                place = (figure.kpi, window, dimension, figure.key, figure.start)
                out[place] = (figure.numerator, figure.denominator, figure.value, figure.unit, figure.currency)
        return out

    def verify(self, shop):
        """`utarg verify` finds nothing."""
        done = self.cli("verify", shop)
        assert done.returncode == 0, done.stdout + done.stderr


WINDOWS = {1: "minute", 2: "hour", 3: "day", 4: "week", 5: "month"}
DIMENSIONS = ("total", "sales_channel", "marketing_channel", "campaign", "device", "country", "offer",
              "payment_method", "landing_page", "affiliate")


# ---- clients -------------------------------------------------------------------------------------------


class Key:
    """A key file as `utarg key new` writes it, and the services' public key: what a client connects with."""

    def __init__(self, path, server):
        self.path = pathlib.Path(path)
        self.public, self.secret = zmq.auth.load_certificate(path)
        self.server, _ = zmq.auth.load_certificate(server)

    def lock(self, socket):
        socket.curve_publickey, socket.curve_secretkey, socket.curve_serverkey = self.public, self.secret, self.server


class Client:
    """A DEALER that matches answers to questions by request_id. Without a key it speaks in the open."""

    def __init__(self, endpoint, key=None):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.sndtimeo = int(TIMEOUT_S * 1000)  # a door that stays shut fails the test instead of holding it
        if key:
            key.lock(self.socket)
        self.socket.connect(endpoint)
        self._ids = itertools.count(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.context.term()

    def send_raw(self, *frames):
        self.socket.send_multipart(frames)

    def receive(self, timeout=None):
        """The next Reply, or None."""
        if not self.socket.poll((TIMEOUT_S if timeout is None else timeout) * 1000):
            return None
        frames = self.socket.recv_multipart()
        assert len(frames) == 1
        return proto().service.Reply.FromString(frames[0])

    def send(self, **body):
        """Sends Request(**body) and returns its request_id."""
        request = proto().service.Request(request_id=next(self._ids), **body)
        self.socket.send(request.SerializeToString())
        return request.request_id

    def wait(self, request_id, timeout=None):
        """The reply to that request; answers to others are dropped. None when it does not come."""
        until = time.monotonic() + (TIMEOUT_S if timeout is None else timeout)
        while (left := until - time.monotonic()) > 0:
            reply = self.receive(left)
            if reply is not None and reply.request_id == request_id:
                return reply
        return None

    def request(self, timeout=None, again=False, **body):
        reply = self.wait(self.send(**body), timeout)
        assert reply is not None or again, f"no answer to {body}"
        return reply

    def ask(self, **body):
        """For questions and for commands with an id: asked again while the service is BUSY or silent."""
        until = time.monotonic() + TIMEOUT_S
        while True:
            reply = self.request(timeout=min(5, TIMEOUT_S), again=True, **body)
            code = "no answer" if reply is None else code_name(reply.status.code)
            if code == "OK":
                return reply
            sentence = reply.status.message if reply else ""
            assert code in ("no answer", "BUSY", "DRAINING") and time.monotonic() < until, f"{code}: {sentence}"
            time.sleep(0.05)


@functools.cache
def kpi_rows():
    """What `utarg kpi --explain` says of each figure."""
    said = subprocess.run([str(BIN / "utarg"), "kpi", "--explain", "--json"], check=True, capture_output=True)
    return json.loads(said.stdout)


class Asker(Client):
    """Client of questions and commands: ask(kpi={...}).kpi"""

    def ask_figures(self, shop, kpis=(), **how):
        """All figures asked for, in as many questions as it takes: there is a limit to an answer."""
        reply = self.request(kpi={"shop": shop, "kpis": kpis, **how})
        if code_name(reply.status.code) != "TOO_MANY":
            return self.ask(kpi={"shop": shop, "kpis": kpis, **how}).kpi.figures  # waits while it is BUSY
        window, dimension = WINDOWS[how.get("window", 3)], how.get("dimension", "total")
        kpis = kpis or [row["kpi"] for row in kpi_rows() if dimension in row["dimensions"] and window in row["windows"]]
        half = len(kpis) // 2
        assert half, "one figure alone is too many"
        return [*self.ask_figures(shop, kpis[:half], **how), *self.ask_figures(shop, kpis[half:], **how)]


class Publisher(Client):
    def publish(self, publications, origin=0, sent_at_ms=None, timeout=None):
        """The results, in order; the request as a whole must have been taken."""
        reply = self.try_publish(publications, origin, sent_at_ms, timeout)
        assert reply is not None, "no answer"
        assert reply.status.code == 0, f"{code_name(reply.status.code)}: {reply.status.message}"
        assert len(reply.publish.results) == len(publications)
        return list(reply.publish.results)

    def try_publish(self, publications, origin=0, sent_at_ms=None, timeout=None):
        """The Reply, or None when there is none in time."""
        body = proto().ingest.PublishRequest(
            sent_at_ms=now_ms() if sent_at_ms is None else sent_at_ms, publications=publications, origin=origin
        )
        return self.wait(self.send(publish=body), timeout)

    def accept(self, publications, origin=0, size=1000):
        """Publishes in requests of `size`; every one must be new. The seqs."""
        seqs = []
        for at in range(0, len(publications), size):
            results = self.publish(publications[at : at + size], origin)
            wrong = [(code_name(r.code), r.field, r.message) for r in results if r.code != 0]
            assert not wrong, wrong
            seqs.extend(r.seq for r in results)
        return seqs

    def insist(self, publications, origin=0):
        """What a good frontend does: sends each again, same id, until it is OK or DUPLICATE."""
        left, until = list(publications), time.monotonic() + TIMEOUT_S
        while left:
            assert time.monotonic() < until, f"{len(left)} were never accepted"
            reply = self.try_publish(left, origin, timeout=1)
            if reply is None or reply.status.code != 0:
                time.sleep(0.05)
                continue
            codes = [result.code for result in reply.publish.results]
            known = [code_name(code) for code in codes]
            assert all(name in ("OK", "DUPLICATE", "BUSY", "DRAINING") for name in known), set(known)
            left = [one for one, code in zip(left, codes) if code > 1]


class Subscriber:
    """A SUB; messages come as (topic, body bytes)."""

    def __init__(self, endpoint, topics, key=None):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.SUB)
        self.socket.linger = 0
        if key:
            key.lock(self.socket)
        self.socket.connect(endpoint)
        for topic in topics:
            self.socket.subscribe(topic)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.context.term()

    def receive(self, timeout=None):
        if not self.socket.poll((TIMEOUT_S if timeout is None else timeout) * 1000):
            return None
        topic, body = self.socket.recv_multipart()
        return topic.decode(), body

    def until(self, wanted, timeout=None, what="the message"):
        """The first (topic, decoded body) for which wanted(topic, message) holds."""
        until = time.monotonic() + (TIMEOUT_S if timeout is None else timeout)
        seen = []
        while (left := until - time.monotonic()) > 0:
            received = self.receive(left)
            if received is None:
                break
            topic, message = received[0], decode(*received)
            seen.append(topic)
            if wanted(topic, message):
                return topic, message
        raise AssertionError(f"{what} did not come; {len(seen)} others did: {seen[-5:]}")


def decode(topic, body):
    """The body of a topic as its message."""
    p = proto()
    kinds = {
        "kpi": p.metrics.KpiUpdate,
        "alert": p.metrics.AlertUpdate,
        "head": p.ingest.Doorbell,
        "campaign": p.campaign.CampaignUpdate,
        "directive": p.campaign.DirectiveUpdate,
        "offer": p.campaign.OfferUpdate,
        "message": p.campaign.MessageUpdate,
    }
    return kinds[topic.split("/", 1)[0]].FromString(body)
