# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""fault-proxy between real sockets: that it forwards, and that each command breaks what it says and no more."""
import pathlib
import re
import socket
import struct
import subprocess
import tempfile
import time

import pytest

from harness.utarg import BIN, TIMEOUT_S, Lines, wait_until


class Proxy:
    def __init__(self, listen, target):
        self.process = subprocess.Popen(
            [str(BIN / "fault-proxy"), listen, target], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._lines = Lines(self.process.stdout)
        self.place = self._lines.next().strip()

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self._lines.next().strip()

    def ok(self, command):
        answer = self.tell(command)
        assert answer.startswith("ok"), answer
        return answer

    def count(self):
        return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", self.ok("count"))}

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(TIMEOUT_S) == 0
        self.process.stdout.close()


class Pair:
    """A client and, behind the proxy, the server it has reached."""

    def __init__(self, client, listener):
        self.client = client
        self.server, _ = listener.accept()
        for end in (self.client, self.server):
            end.settimeout(TIMEOUT_S)

    def close(self):
        self.client.close()
        self.server.close()


class World:
    """A listening server, the proxy before it, and pairs; the same over TCP and over Unix sockets."""

    def __init__(self, family, folder):
        self.family = family
        self.listener = socket.socket(family)
        self.listener.settimeout(TIMEOUT_S)
        self._open = []
        if family == socket.AF_UNIX:
            target, listen = f"{folder}/target", f"{folder}/listen"
            self.listener.bind(target)
        else:
            self.listener.bind(("127.0.0.1", 0))
            target, listen = "127.0.0.1:%d" % self.listener.getsockname()[1], "127.0.0.1:0"
        self.listener.listen(64)
        self.proxy = Proxy(listen, target)

    def dial(self):
        client = socket.socket(self.family)
        client.settimeout(TIMEOUT_S)
        self._open.append(client)
        place = self.proxy.place
        if self.family == socket.AF_INET:
            host, port = place.split(":")
            place = (host, int(port))
        client.connect(place)
        return client

    def pair(self):
        pair = Pair(self.dial(), self.listener)
        self._open.append(pair)
        return pair

    def close(self):
        for one in self._open:
            one.close()
        self.proxy.close()
        self.listener.close()


@pytest.fixture(params=[socket.AF_INET, socket.AF_UNIX], ids=["tcp", "unix"])
def world(request):
    with tempfile.TemporaryDirectory(prefix="utarg-proxy-", dir="/tmp") as folder:
        made = World(request.param, folder)
        yield made
        made.close()


def receive(end, size):
    data = b""
    while len(data) < size:
        piece = end.recv(size - len(data))
        assert piece, f"ended after {data!r}"
        data += piece
    return data


def has_ended(end):
    """All that was left is read; True when the other side has ended or reset it."""
    try:
        while end.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return True


def is_refused(dial):
    """Whether the connection ends at once; the reset may come before connect() has returned."""
    try:
        return has_ended(dial())
    except ConnectionResetError:
        return True


def is_silent(end, proxy):
    """Nothing has come, though the proxy has had a round to send it."""
    proxy.count()
    end.setblocking(False)
    try:
        return not end.recv(1)
    except BlockingIOError:
        return True
    finally:
        end.settimeout(TIMEOUT_S)


# ---- forwarding ----


def test_bytes_go_both_ways_and_ends_are_told(world):
    pair = world.pair()
    sent = bytes(range(256)) * 8000  # 2 MB: more than all buffers
    pair.client.setblocking(False)
    left, got = memoryview(sent), bytearray()
    while len(got) < len(sent):
        try:
            left = left[pair.client.send(left) :]
        except BlockingIOError:
            pass
        got += pair.server.recv(65536) if len(got) < len(sent) - len(left) else b""
    assert bytes(got) == sent
    pair.client.settimeout(TIMEOUT_S)
    pair.server.sendall(b"answer")
    assert receive(pair.client, 6) == b"answer"
    pair.client.shutdown(socket.SHUT_WR)
    assert pair.server.recv(1) == b""
    pair.server.sendall(b"late")  # the other way is still open
    pair.server.close()
    assert receive(pair.client, 4) == b"late" and pair.client.recv(1) == b""
    wait_until(lambda: world.proxy.count()["open"] == 0, what="the connection forgotten")
    counted = world.proxy.count()
    assert (counted["up"], counted["down"], counted["accepted"]) == (len(sent), 10, 1)


def test_a_target_that_is_not_there_resets_the_client(tmp_path):
    proxy = Proxy("127.0.0.1:0", f"{tmp_path}/nobody")
    host, port = proxy.place.split(":")
    assert is_refused(lambda: socket.create_connection((host, int(port)), TIMEOUT_S))
    proxy.close()


def test_a_unix_listener_goes_with_the_proxy(tmp_path):
    proxy = Proxy(f"{tmp_path}/listen", "127.0.0.1:1")
    assert pathlib.Path(proxy.place).is_socket()
    proxy.close()
    assert not pathlib.Path(proxy.place).exists()


# ---- breaking ----


def test_cut_ends_all_there_are(world):
    one, two = world.pair(), world.pair()
    assert world.proxy.ok("cut") == "ok 2"
    assert all(map(has_ended, (one.client, one.server, two.client, two.server)))
    three = world.pair()
    three.client.sendall(b"x")
    assert receive(three.server, 1) == b"x"


def test_cut_is_a_reset(world):
    if world.family == socket.AF_UNIX:
        pytest.skip("Unix sockets know no reset")
    pair = world.pair()
    world.proxy.ok("cut")
    for end in (pair.client, pair.server):
        with pytest.raises(ConnectionResetError):
            end.recv(1)


def test_refuse_and_accept(world):
    pair = world.pair()
    world.proxy.ok("refuse")
    assert is_refused(world.dial)
    pair.client.sendall(b"still")
    assert receive(pair.server, 5) == b"still"
    world.proxy.ok("accept")
    world.pair()


def test_freeze_leaves_it_half_open(world):
    pair = world.pair()
    world.proxy.ok("freeze")
    pair.client.sendall(b"into the ice")
    late = world.dial()  # taken, and nothing more
    late.sendall(b"me too")
    assert is_silent(pair.server, world.proxy)
    world.proxy.ok("thaw")
    assert receive(pair.server, 12) == b"into the ice"
    reached, _ = world.listener.accept()
    reached.settimeout(TIMEOUT_S)
    assert receive(reached, 6) == b"me too"
    reached.close()


def test_delay_holds_back_and_keeps_the_order(world):
    pair = world.pair()
    world.proxy.ok("delay 300")
    begun = time.monotonic()
    pair.client.sendall(b"slow")
    pair.client.sendall(b"ly")
    assert receive(pair.server, 6) == b"slowly"
    assert time.monotonic() - begun >= 0.299
    world.proxy.ok("delay 0")
    pair.client.sendall(b"quick")
    assert receive(pair.server, 5) == b"quick"


def test_slice_writes_little_by_little(world):
    pair = world.pair()
    data = bytes(range(256)) * 8
    world.proxy.ok("slice 1")
    pair.client.sendall(data)
    assert receive(pair.server, len(data)) == data
    assert world.proxy.count()["writes"] == len(data)
    world.proxy.ok("slice 0")
    pair.server.sendall(b"answer")
    assert receive(pair.client, 6) == b"answer"


def test_drop_after_so_many_bytes_and_not_one_more(world):
    one, two = world.pair(), world.pair()
    world.proxy.ok("drop-after 5")
    one.client.sendall(b"abc")
    assert receive(one.server, 3) == b"abc"
    two.server.sendall(b"defgh")
    assert has_ended(one.server) and has_ended(two.server) and has_ended(one.client)
    got = b""
    try:
        while piece := two.client.recv(16):
            got += piece
    except ConnectionResetError:
        pass
    assert len(got) <= 2 and b"de".startswith(got)  # a reset may overtake the bytes
    counted = world.proxy.count()
    assert counted["up"] + counted["down"] == 5 and counted["cuts"] == 1
    world.pair()  # once


# ---- PostgreSQL ----


def message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body


STARTUP = struct.pack("!ii", 8 + 12, 196608) + b"user\0utarg\0\0"
TLS = struct.pack("!ii", 8, 80877103)
QUERY = message(b"Q", b"SELECT 1\0")
COMMIT = message(b"Q", b"COMMIT\0")
PARSED = message(b"P", b"\0COMMIT\0\0\0") + message(b"B", b"\0\0\0\0\0\0\0\0") + message(b"E", b"\0\0\0\0\0")
ROW = message(b"d", b"Q\0\0\0\x0bCOMMIT\0 is a value here" * 1000)
SYNC = message(b"S", b"")
READY = message(b"Z", b"I")
DONE = message(b"C", b"COMMIT\0")

EXECUTED = message(b"B", b"\0journal_insert\0\0\0\0\0\0\0") + message(b"E", b"\0\0\0\0\0")
COMMITS = {"query": COMMIT, "pipeline": PARSED + SYNC, "sync": EXECUTED + EXECUTED + SYNC}
commits = pytest.mark.parametrize("commit", COMMITS.values(), ids=COMMITS.keys())

before = TLS + STARTUP + QUERY + ROW + EXECUTED + SYNC


@commits
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_cut_after_commit(world, commit, size):
    pair = world.pair()
    pair.client.sendall(before)
    assert receive(pair.server, len(before)) == before
    world.proxy.ok("cut-after-commit 2")
    for at in range(0, len(commit), size):
        pair.client.sendall(commit[at : at + size])
    assert receive(pair.server, len(commit)) == commit  # the first goes by
    pair.server.sendall(DONE + READY)
    assert receive(pair.client, len(DONE + READY)) == DONE + READY
    pair.client.sendall(commit)
    assert receive(pair.server, len(commit)) == commit
    assert has_ended(pair.client) and has_ended(pair.server)
    counted = world.proxy.count()
    assert counted["cuts"] == 1 and counted["commits"] == 2
    again = world.pair()  # armed once
    again.client.sendall(STARTUP + commit)
    assert receive(again.server, len(STARTUP + commit)) == STARTUP + commit
    again.server.sendall(DONE)
    assert receive(again.client, len(DONE)) == DONE


@commits
def test_cut_before_commit(world, commit):
    pair = world.pair()
    pair.client.sendall(before)
    assert receive(pair.server, len(before)) == before
    world.proxy.ok("cut-before-commit")
    pair.client.sendall(commit)
    assert has_ended(pair.client)
    got = b""
    try:
        while piece := pair.server.recv(4096):
            got += piece
    except ConnectionResetError:
        pass
    assert got == commit[: len(got)] and not got.endswith(SYNC) and b"COMMIT" not in got
    assert world.proxy.count()["cuts"] == 1 and world.proxy.count()["commits"] == 0


def test_cut_at_answer_waits_for_it(world):
    pair = world.pair()
    world.proxy.ok("cut-at-answer")
    pair.client.sendall(STARTUP + PARSED + SYNC)
    assert receive(pair.server, len(STARTUP + PARSED + SYNC)) == STARTUP + PARSED + SYNC
    assert is_silent(pair.client, world.proxy)
    pair.server.sendall(DONE)
    assert is_silent(pair.client, world.proxy)
    pair.server.sendall(READY)
    got = b""
    try:
        while piece := pair.client.recv(4096):
            got += piece
    except ConnectionResetError:
        pass
    assert got == b"" and has_ended(pair.server)


def test_freeze_after_commit_freezes_one(world):
    one, two = world.pair(), world.pair()
    world.proxy.ok("freeze-after-commit")
    one.client.sendall(STARTUP + COMMIT)
    assert receive(one.server, len(STARTUP + COMMIT)) == STARTUP + COMMIT
    one.server.sendall(DONE + READY)
    two.client.sendall(STARTUP + COMMIT)
    assert receive(two.server, len(STARTUP + COMMIT)) == STARTUP + COMMIT
    two.server.sendall(DONE)
    assert receive(two.client, len(DONE)) == DONE
    assert is_silent(one.client, world.proxy)
    world.proxy.ok("thaw")
    assert receive(one.client, len(DONE + READY)) == DONE + READY


def test_disarm(world):
    pair = world.pair()
    world.proxy.ok("cut-after-commit")
    world.proxy.ok("disarm")
    pair.client.sendall(STARTUP + COMMIT)
    assert receive(pair.server, len(STARTUP + COMMIT)) == STARTUP + COMMIT
    pair.server.sendall(DONE)
    assert receive(pair.client, len(DONE)) == DONE
    assert world.proxy.count()["cuts"] == 0


def test_what_is_not_postgresql_is_forwarded_all_the_same(world):
    pair = world.pair()
    world.proxy.ok("cut-after-commit")
    greeting = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03" + COMMIT
    pair.client.sendall(greeting)
    assert receive(pair.server, len(greeting)) == greeting
    assert world.proxy.count()["commits"] == 0


@pytest.mark.parametrize("command", ["dance", "delay", "delay x", "delay -1", "cut 3", "cut-after-commit 0", ""])
def test_a_wrong_command_is_an_error_and_changes_nothing(world, command):
    assert world.proxy.tell(command).startswith("error")
    pair = world.pair()
    pair.client.sendall(b"x")
    assert receive(pair.server, 1) == b"x"
