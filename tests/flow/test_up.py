# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""`utarg up`, `down`, `status`: one instance's life, and what happens when parts of it die."""
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest

from harness import utarg as harness
from harness.events import Shop, line

PROCESSES = ["postgres", "ingest", "metrics", "campaign"]


def start_ticks(pid):
    """Field 22 of /proc/<pid>/stat, None when there is no such process (or only what is left of it)."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rsplit(")", 1)[1].split()
    return None if fields[0] in "ZX" else int(fields[19])


def state(stack):
    return json.loads((stack.data / "state.json").read_text())


def order(shop, number):
    return Shop(shop).purchase("v1", harness.now_ms(), f"A-{number}", lines=[line("MUG", 2, 9_800)])


def total(stack, shop, kpi):
    return stack.json("kpi", shop, kpi, "--settled")[-1]["value"]


def test_status_shows_each_process(stack):
    status = stack.status()
    assert list(status) == PROCESSES
    for process in status.values():
        assert process["running"] and process["ready"] and process["pid"] > 0
    table = stack.ok("status").splitlines()
    assert re.split(r"\s{2,}", table[0].strip())[:3] == ["PROCESS", "PID", "READY"]
    assert [row.split()[0] for row in table[1:]] == PROCESSES


def test_the_database_listens_on_a_socket_only_and_asks_for_passwords(stack):
    log = stack.log("postgres")
    assert "listening on Unix socket" in log and "listening on IPv4" not in log
    assert (stack.data / "pg" / "pg_hba.conf").read_text().splitlines()[-1].split() == "local utarg all scram-sha-256".split()
    settings = (stack.data / "pg" / "postgresql.conf").read_text()
    for wanted in ("fsync = on", "synchronous_commit = on", "full_page_writes = on", "listen_addresses = ''"):
        assert wanted in settings
    for secret in (stack.data / "secrets").iterdir():
        assert secret.stat().st_mode & 0o777 == 0o600
    assert (stack.data / "secrets").stat().st_mode & 0o777 == 0o700
    # No password stands in what every user of the machine can read.
    secret = (stack.data / "secrets" / "utarg_ingest.pgpass").read_text().strip().rsplit(":", 1)[1]
    assert secret not in pathlib.Path(f"/proc/{stack.pid('ingest')}/cmdline").read_text()
    assert secret not in (stack.data / "state.json").read_text()
    assert secret not in log


def test_a_second_up_on_the_same_directory_is_refused(stack):
    for args in (["up"], ["up", "--detach"], ["up", "--port-offset", stack.offset + 1]):
        done = stack.cli(*args)
        assert done.returncode == 5
        assert "already running" in done.stderr and len(done.stderr.splitlines()) == 1
    stack.wait_ready()


def test_taken_ports_are_named(stack, tmp_path):
    done = subprocess.run(
        [str(harness.BIN / "utarg"), "--data", str(tmp_path / "d"), "--port-offset", str(stack.offset), "up", "--detach"],
        capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 5
    assert str(7101 + stack.offset) in done.stderr and "--port-offset" in done.stderr
    assert not (tmp_path / "d" / "pg").exists()


@pytest.mark.parametrize("service", PROCESSES)
def test_what_is_killed_is_started_again(stack, shop, service):
    stack.publisher().accept([order(shop, 1)])
    before = stack.status()[service]
    killed = stack.kill(service)
    stack.wait_restarted(service, killed)
    after = stack.status()[service]
    assert after["restarts"] == before["restarts"] + 1 and "signal 9" in after["last_end"]
    stack.wait_ready()
    stack.publisher().insist([order(shop, 2)])
    assert total(stack, shop, "orders") == 2
    stack.verify(shop)


def test_figures_stay_over_a_full_stop_and_start(own_stack):
    stack = own_stack
    shop = stack.add_shop("books")
    stack.publisher().accept([order(shop, number) for number in range(20)])
    before = stack.everything(shop)
    pids = [process["pid"] for process in stack.status().values()]
    stack.down()
    assert not (stack.data / "state.json").exists()
    assert not any(start_ticks(pid) for pid in pids)
    assert "database system is shut down" in stack.log("postgres")
    done = stack.cli("status")
    assert done.returncode == 3 and "utarg up" in done.stderr
    assert stack.cli("down").returncode == 0  # already down is down
    stack.up()
    assert stack.everything(shop) == before
    stack.verify(shop)


def test_a_killed_supervisor_leaves_nothing_that_blocks(own_stack):
    stack = own_stack
    shop = stack.add_shop("books")
    stack.publisher().accept([order(shop, 1)])
    found = state(stack)
    pids = [process["pid"] for process in found["processes"]]
    os.kill(found["supervisor"]["pid"], signal.SIGKILL)
    harness.wait_until(lambda: (d := stack.cli("status")).returncode == 3 and "killed" in d.stderr, what="status says so")
    stack.up()
    assert not set(pids) & {process["pid"] for process in stack.status().values()}
    assert total(stack, shop, "orders") == 1
    # Then `down` cleans up after a killed one.
    found = state(stack)
    os.kill(found["supervisor"]["pid"], signal.SIGKILL)
    stack.down()
    assert not any(start_ticks(process["pid"]) == process["start_ticks"] for process in found["processes"])


def test_a_postmaster_pid_of_somebody_else_does_not_block(own_stack):
    """After a crash of the machine the file may name a process that has nothing to do with us."""
    stack = own_stack
    stack.down()
    pid_file = stack.data / "pg" / "postmaster.pid"
    owner = pwd.getpwuid((stack.data / "pg").stat().st_uid)
    stranger = subprocess.Popen(["sleep", "600"], user=owner.pw_uid if os.geteuid() == 0 else None)
    try:
        pid_file.write_text(f"{stranger.pid}\n{stack.data}/pg\n1\n5432\n{stack.data}/run\n\n  1 1\n")
        stack.up()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_up_in_the_foreground_ends_with_a_signal(own_stack):
    stack = own_stack
    stack.down()
    up = stack.start("up", "--port-offset", stack.offset)
    first = up.stdout.readline()
    assert "Utarg is up" in first
    stack.wait_ready()
    up.send_signal(signal.SIGINT)
    assert "utarg watch" in up.stdout.read()
    assert up.wait(60) == 0, up.stderr.read()
    assert not (stack.data / "state.json").exists()


def test_a_service_that_cannot_start_is_named_with_its_log(own_stack, tmp_path):
    stack = own_stack
    stack.down()
    programs = tmp_path / "bin"
    shutil.copytree(harness.BIN, programs, ignore=shutil.ignore_patterns("*.so"))
    broken = programs / "utarg-metrics"
    broken.write_text("#!/bin/sh\necho it is broken >&2\nexit 9\n")
    broken.chmod(0o755)
    done = subprocess.run(
        [str(programs / "utarg"), "--data", str(stack.data), "--port-offset", str(stack.offset), "up", "--detach"],
        capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 3
    assert "metrics does not start (exit 9): it is broken" in done.stderr and "metrics.log" in done.stderr
    assert not (stack.data / "state.json").exists()
    broken.unlink()
    done = subprocess.run(
        [str(programs / "utarg"), "--data", str(stack.data), "--port-offset", str(stack.offset), "up", "--detach"],
        capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 3 and "utarg-metrics cannot be started" in done.stderr


def test_a_directory_the_database_user_cannot_reach_is_named(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("only root lets another user run PostgreSQL")
    closed = pathlib.Path(tempfile.mkdtemp(prefix="utarg-closed-"))  # 0700, root's
    try:
        done = subprocess.run(
            [str(harness.BIN / "utarg"), "--data", str(closed / "data"), "up"], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 4
        assert f"pass through {closed};" in done.stderr and "--data /var/lib/utarg" in done.stderr
    finally:
        shutil.rmtree(closed)


def test_a_long_directory_gets_its_socket_elsewhere():
    with harness.Stack(start=False) as stack:
        stack.data = stack.data / ("long" * 30)
        stack.up()
        directory = pathlib.Path(state(stack)["socket_directory"])
        assert directory.parent == pathlib.Path("/tmp") and directory.stat().st_mode & 0o777 == 0o700
        stack.down()
        assert not directory.exists()
        shutil.rmtree(stack.data)
        stack.data = stack.data.parent


def test_a_normal_user_can_run_it():
    if os.geteuid() != 0:
        pytest.skip("the other tests run as a normal user already")
    nobody = pwd.getpwnam("nobody")
    with harness.Stack(start=False) as stack:
        os.chown(stack.data, nobody.pw_uid, nobody.pw_gid)
        run = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}
        run["programs"] = harness.programs_for_everyone(stack.data)
        up = stack.start("up", "--detach", "--port-offset", stack.offset, **run)
        out, err = up.communicate(timeout=120)
        assert up.returncode == 0, out + err
        status = stack.status()
        assert all(process["ready"] for process in status.values())
        for process in status.values():
            assert os.stat(f"/proc/{process['pid']}").st_uid == nobody.pw_uid
        down = stack.start("down", **run)
        assert down.wait(60) == 0


def test_two_instances_side_by_side(stack, shop):
    with harness.Stack() as other:
        assert other.offset != stack.offset
        assert shop not in [found["slug"] for found in other.json("shop", "list")]
        with socket.create_connection(("127.0.0.1", 7101 + other.offset)):
            pass


def test_doctor_finds_nothing_wrong(stack):
    stack.wait_ready()
    found = {check["check"]: check for check in stack.json("doctor")}
    assert {"programs", "PostgreSQL", "data directory", "ports", "services", "schema"} <= set(found)
    assert not [check for check in found.values() if check["verdict"] == "fail"]


def test_a_database_of_another_user_is_told(own_stack):
    if os.geteuid() != 0:
        pytest.skip("only root can change owners")
    stack = own_stack
    stack.down()
    owner = (stack.data / "pg").stat()
    os.chown(stack.data / "pg", pwd.getpwnam("nobody").pw_uid, -1)
    done = stack.cli("up", "--detach", "--port-offset", stack.offset)
    os.chown(stack.data / "pg", owner.st_uid, owner.st_gid)
    assert done.returncode == 4 and "belongs to the user nobody" in done.stderr
    stack.up()


def test_a_database_that_cannot_start_tells_its_reason(own_stack):
    stack = own_stack
    stack.down()
    (stack.data / "pg" / "local.conf").write_text("no_such_setting = 1\n")
    done = stack.cli("up", "--detach", "--port-offset", stack.offset)
    assert done.returncode == 3 and "postgres.log" in done.stderr
    assert "FATAL" in done.stderr
    (stack.data / "pg" / "local.conf").unlink()
    stack.up()
