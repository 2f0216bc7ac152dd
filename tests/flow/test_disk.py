# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Disks that fill up: ingest stops in time, PostgreSQL says so itself, PostgreSQL goes down. Nothing that was
acknowledged is lost, and each goes on by itself when there is room. Small file systems in memory are mounted for it.
"""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from harness import more
from harness import utarg as harness
from harness.events import Shop
from test_restart import check_journal

MIB = 1 << 20


@contextlib.contextmanager
def small_disk(place, mib):
    """A file system of that size at an empty directory."""
    place.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0711", "utarg-test", place], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(place, leave_mib):
    """One file takes what is free but for so much; it grows and shrinks."""
    disk = os.statvfs(place)
    surplus = disk.f_bavail * disk.f_frsize - leave_mib * MIB
    with open(place / "fill", "ab", buffering=0) as file, contextlib.suppress(OSError):
        if surplus < 0:
            file.truncate(file.tell() + surplus)
        for _ in range(max(surplus, 0) // 65536):
            file.write(bytes(65536))
        while leave_mib == 0 and file.write(bytes(4096)):
            pass
    return place / "fill"


def percent_mib(place, percent):
    disk = os.statvfs(place)
    return disk.f_blocks * disk.f_frsize * percent // 100 // MIB


class Stream:
    """Publishes page views until somebody says no, and keeps what was acknowledged."""

    def __init__(self, stack, slug):
        self.shop, self.publisher, self.acked, self.unknown = Shop(slug), stack.publisher(), [], []

    def request(self, size=200, timeout=5, large=False):
        """The code of the whole, or of the first that was refused; "" without an answer."""
        batch = [self.shop.page_view(f"v{len(self.acked)}-{i}", harness.now_ms(), title=os.urandom(450).hex() if large else "")
                 for i in range(size)]
        reply = self.publisher.try_publish(batch, timeout=timeout)
        if reply is None or reply.status.code != 0:
            self.unknown += batch
            return harness.code_name(reply.status.code) if reply else ""
        codes = [harness.code_name(result.code) for result in reply.publish.results]
        self.acked += [one.event.id for one, code in zip(batch, codes) if code == "OK"]
        self.unknown += [one for one, code in zip(batch, codes) if code != "OK"]
        return next((code for code in codes if code != "OK"), "OK")

    def until(self, *wanted):
        return harness.wait_until(lambda: (code := self.request()) in wanted and code, what=f"one of {wanted}", every=0)

    def finish(self, stack):
        """What was refused is sent again; then the journal has everything once."""
        for at in range(0, len(self.unknown), 500):
            insist(self.publisher, self.unknown[at : at + 500])
        ids = self.acked + [one.event.id for one in self.unknown]
        check_journal(stack, self.shop.slug, ids)
        stack.settle(self.shop.slug)
        stack.verify(self.shop.slug)


def insist(publisher, batch):
    def taken():
        reply = publisher.try_publish(batch, timeout=5)
        return reply is not None and reply.status.code == 0 and all(result.code in (0, 1) for result in reply.publish.results)

    harness.wait_until(taken, what="everything taken at last")


def free_bytes(stack):
    return more.stats(stack, "ingest")["utarg_ingest_disk_free_bytes"]


def level(stack):
    return more.stats(stack, "ingest")["utarg_ingest_disk_level"]


def test_ingest_stops_before_the_disk_is_full_and_goes_on_by_itself():
    stack = harness.Stack(start=False)
    with small_disk(stack.data, 500), stack:
        stack.up()
        stream = Stream(stack, stack.add_shop("full"))
        assert stream.request() == "OK" and level(stack) == 0
        size = more.stats(stack, "ingest")["utarg_ingest_disk_size_bytes"]
        assert size == 500 * MIB

        filler = fill(stack.data, percent_mib(stack.data, 15))
        harness.wait_until(lambda: level(stack) == 1, what="the warning")
        stack.wait_ready("ingest")
        assert stream.request() == "OK"
        assert [check["verdict"] for check in stack.json("doctor") if check["check"] == "disk"] == ["warn"]

        filler = fill(stack.data, percent_mib(stack.data, 7))
        harness.wait_until(lambda: level(stack) == 2, what="the disk low")
        reply = stream.publisher.try_publish([stream.shop.page_view("v", harness.now_ms())])
        assert harness.code_name(reply.status.code) == "STORAGE_LOW" and reply.status.retry_after_ms == 5000
        assert re.search(r"has \d % \(\d+ MiB\) free", reply.status.message), reply.status.message
        stream.until("STORAGE_LOW")
        done = stack.cli("health", "ingest")
        assert done.returncode == 3 and "MiB) free" in done.stdout
        assert [check["verdict"] for check in stack.json_of_failed("doctor") if check["check"] == "disk"] == ["fail"]
        # Figures can still be had, also by who has to start anew now.
        stack.settle(stream.shop.slug)
        stack.down()
        stack.up()
        assert stream.until("STORAGE_LOW") and stack.settle(stream.shop.slug) == 401
        # A little more is not enough to begin again.
        fill(stack.data, percent_mib(stack.data, 11))
        harness.wait_until(lambda: free_bytes(stack) > 52 * MIB, what="11 % seen")
        assert stream.request() == "STORAGE_LOW" and level(stack) == 2

        filler.unlink()
        stream.until("OK")
        stack.wait_ready()
        stream.finish(stack)
        changes = re.findall(r"event=disk level=(\w+) before=(\w+)", stack.log("ingest"))
        assert changes == [("warn", "enough"), ("low", "warn"), ("low", "enough"), ("enough", "low")], changes


def test_postgresql_without_room_for_a_table(own_stack):
    """53100: PostgreSQL stays up and refuses rows. The journal's table is moved to a small place for it."""
    slug = own_stack.add_shop("tight")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="utarg-", dir="/tmp"))
    folder.chmod(0o711)
    with contextlib.ExitStack() as last:
        last.callback(shutil.rmtree, folder, ignore_errors=True)
        place = last.enter_context(small_disk(folder / "disk", 3))
        (place / "table").mkdir()
        shutil.chown(place / "table", "postgres")
        last.callback(own_stack.close)  # before its tablespace goes
        more.sql(own_stack, f"CREATE TABLESPACE tight LOCATION '{place}/table'")
        more.sql(own_stack, "ALTER TABLE journal.event SET TABLESPACE tight")
        stream, pid = Stream(own_stack, slug), own_stack.pid("postgres")
        stream.until("STORAGE_LOW")
        for _ in range(5):
            assert stream.request() == "STORAGE_LOW"
        own_stack.wait_ready()  # it can commit, only not what it was given
        assert own_stack.log("ingest").count("event=storage_low") <= 2  # a line a writer, not a line a batch
        subprocess.run(["mount", "-o", "remount,size=200m", place], check=True)
        stream.until("OK")
        stream.finish(own_stack)
        assert own_stack.pid("postgres") == pid


def test_postgresql_down_on_a_full_volume(own_stack):
    """Its log has a volume of its own, which is full: PostgreSQL ends and cannot start until there is room."""
    slug = own_stack.add_shop("drowned")
    own_stack.down()
    wal, elsewhere = own_stack.data / "pg/pg_wal", own_stack.data / "wal"
    with small_disk(elsewhere, 70):
        shutil.chown(elsewhere, "postgres")
        elsewhere.chmod(0o700)
        subprocess.run(["cp", "-a", f"{wal}/.", elsewhere], check=True)
        shutil.rmtree(wal)
        wal.symlink_to(elsewhere)
        # Ingest would stop long before; here it must not.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("UTARG_")} | {"UTARG_DISK_LOW_PERCENT": "0"}
        started = subprocess.run(
            [str(harness.BIN / "utarg"), "up", "--detach", "--port-offset", str(own_stack.offset), "--data", str(own_stack.data)],
            env=environment, capture_output=True, text=True, timeout=180)
        assert started.returncode == 0, started.stderr
        try:
            stream, pid = Stream(own_stack, slug), own_stack.pid("postgres")
            assert stream.request() == "OK"
            filler = fill(elsewhere, 0)
            # Its volume is seen, whatever it is called.
            harness.wait_until(lambda: level(own_stack) == 1, what="a warning for pg_wal's own volume")

            def is_down():
                stream.request(500, large=True)
                return own_stack.pid("postgres") != pid

            harness.wait_until(is_down, what="PostgreSQL down", every=0)
            assert "No space left on device" in own_stack.log("postgres")
            assert stream.request() in ("", "BUSY", "STORAGE_LOW")
            assert not own_stack.status()["ingest"]["ready"]
            assert len(stream.acked) > 0
            filler.unlink()
            stream.until("OK")  # the supervisor has started PostgreSQL again
            own_stack.wait_ready()
            stream.finish(own_stack)
        finally:
            own_stack.down()
