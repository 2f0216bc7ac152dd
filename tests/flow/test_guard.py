# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What processes give up, which files others may open, what logs and answers tell: no line that a peer forged, no
secret outside its file, no path and no SQL in an answer.
"""
import os
import pathlib
import re
import shutil
import socket
import stat
import subprocess
import uuid

import pytest

from grants import ask, psql
from harness import raw
from harness import utarg as harness
from harness.events import Shop, line

SERVICES = ("ingest", "metrics", "campaign")
BINARIES = ("utarg-ingest", "utarg-metrics", "utarg-campaign")


def proc(pid, name):
    return pathlib.Path(f"/proc/{pid}/{name}").read_bytes()


def family(pid):
    """A process and all it started, the children of its threads too."""
    out = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            out += family(int(child))
    return out


# ---- processes -----------------------------------------------------------------------------------------


def test_processes_give_up_what_they_do_not_need(stack):
    for name in ("supervisor", "postgres", *SERVICES):
        status = dict(row.split(":\t", 1) for row in proc(stack.pid(name), "status").decode().splitlines())
        assert status["NoNewPrivs"] == "1", name
        assert status["Umask"] == "0077", name
        limits = proc(stack.pid(name), "limits").decode()
        assert re.search(r"^Max core file size +0 +0 +bytes", limits, re.M), name


# ---- files ---------------------------------------------------------------------------------------------

# Path below the data directory (of several: a pattern), kind, mode. A new file needs its line here.
FILES = (
    (r"lock", "-", 0o600),
    (r"state\.json", "-", 0o600),
    (r"log", "d", 0o700),
    (r"log/(supervisor|postgres|initdb|ingest|metrics|campaign)\.log", "-", 0o600),
    (r"secrets", "d", 0o700),
    (r"secrets/utarg_(owner|ingest|metrics|campaign|operator|readonly)\.pgpass", "-", 0o600),
    (r"secrets/(ingest|metrics|campaign|operator)\.key", "-", 0o600),
    (r"secrets/(server\.key_secret|pseudonym\.key)", "-", 0o600),
    (r"server\.key_public", "-", 0o644),  # for every client
    (r"run", "d", 0o700),
    (r"run/\.s\.PGSQL\.5432", "s", 0o700),
    (r"run/\.s\.PGSQL\.5432\.lock", "-", 0o600),
    (r"pg", "d", 0o700),
)


def test_files_are_for_their_owner_alone():
    with harness.Stack(start=False) as stack:
        stack.data.rmdir()  # as `up` makes it itself
        stack.up()
        assert stat.S_IMODE(stack.data.stat().st_mode) == (0o711 if os.geteuid() == 0 else 0o700)
        wrong, seen = [], set()
        for path in sorted(stack.data.rglob("*")):
            name, found = str(path.relative_to(stack.data)), path.lstat()
            kind, mode = stat.filemode(found.st_mode)[0], stat.S_IMODE(found.st_mode)
            if name.startswith("pg/"):  # PostgreSQL's own; pg itself lets nobody in
                if mode & 0o077:
                    wrong.append(f"{name} {mode:o}")
                continue
            row = next((row for row in FILES if re.fullmatch(row[0], name)), None)
            seen.add(row)
            if row is None or (kind, mode) != row[1:]:
                wrong.append(f"{name} {kind} {mode:o}: {'unexpected' if row is None else f'should be {row[1]} {row[2]:o}'}")
        assert not wrong, "\n".join(wrong)
        assert seen == set(FILES)


@pytest.fixture
def open_passfile(tmp_path):
    path = tmp_path / "open.pgpass"
    path.write_text("*:*:*:*:hush-hush-hush\n")
    path.chmod(0o640)
    return path


@pytest.mark.parametrize("binary", BINARIES)
def test_a_service_refuses_a_secret_that_others_may_read(stack, open_passfile, binary):
    offset, lock = harness.take_offset()
    with lock:
        command = [str(harness.BIN / binary), f"--port-offset={offset}"]
        command.append(f"--database=host=/nowhere dbname=utarg user=utarg_ingest passfile={open_passfile}")
        secrets = stack.data / "secrets"
        command += [f"--server-key-file={secrets}/server.key_secret", f"--key-file={secrets}/{binary.removeprefix('utarg-')}.key"]
        command += [f"--pseudonym-key={secrets}/pseudonym.key"] if binary == "utarg-ingest" else []
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=harness.clean_environment())
        assert done.returncode == 4, done.stderr
        assert f"chmod 600 {open_passfile}" in done.stderr or f"{open_passfile} holds a secret" in done.stderr
        command[2] = "--database=host=/nowhere user=utarg_ingest password=hush-hush-hush"
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=harness.clean_environment())
        assert done.returncode == 4 and "passfile=FILE" in done.stderr
        assert "hush-hush-hush" not in done.stdout + done.stderr


def test_the_command_line_refuses_them_too(stack, open_passfile, tmp_path):
    for command in (["migrate"], ["verify", "demo"]):
        done = stack.cli(*command, "--database", f"host=/nowhere user=utarg_owner passfile={open_passfile}")
        assert done.returncode == 4 and "chmod 600" in done.stderr and str(open_passfile) in done.stderr
    (tmp_path / "utarg_readonly").write_text("hush-hush-hush\n")
    (tmp_path / "utarg_readonly").chmod(0o644)
    done = stack.cli("migrate", "--role-passwords", tmp_path)
    assert done.returncode == 4 and f"{tmp_path}/utarg_readonly" in done.stderr and "hush" not in done.stderr


# ---- logs ----------------------------------------------------------------------------------------------

PLAIN = r"[A-Za-z0-9._:/@%+,-]+"
QUOTED = r'"(?:[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029]|\\["\\nt]|\\x[0-9a-f]{2})*"'
EVENT = re.compile(
    rf"t=\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z level=(error|warn|info|debug) service=[a-z]+ event=([a-z][a-z0-9_]*)"
    rf"(?: [a-z][a-z0-9_]*=(?:{PLAIN}|{QUOTED}))+"
)
FORGED = "t=2026-11-26T00:00:00.000Z level=info service=ingest event=forged_by_a_peer seen=true"
HOSTILE = (
    f"\n{FORGED}\n", f'" \n{FORGED}', f"\\\n{FORGED}", f"\r\n{FORGED}\r\n", f"\x1b[2K\x1b[1A{FORGED}", f"\u2028{FORGED}\u2028",
    f"\u0085{FORGED}", "\x00\x01\x7f", "a=b c=d", '"', "\\", "\\n", "%s%n%x", "$1'; DROP TABLE journal.event; --", "é" * 40,
)


def events_of(text, name):
    """Each line of a log as (level, event); every one must be one whole event and nothing else."""
    assert text.endswith("\n"), f"{name}.log ends in the middle of a line"
    for row in text[:-1].split("\n"):
        match = EVENT.fullmatch(row)
        assert match, f"{name}.log: {row!r}"
        yield match.group(2)


def say_everything(stack, shop, text):
    """One hostile text in every place a peer can put one."""
    slug, broken = text.encode()[:200], text.encode("utf-8")[:60] + b"\xff\xc3"
    now, publisher = harness.now_ms(), stack.publisher()
    for bad in (slug, broken):
        event = raw.field(1, uuid.uuid4().bytes) + raw.field(2, bad) + raw.number(3, now) + raw.field(4, shop)
        elsewhere = raw.field(1, bad[:16]) + raw.number(3, now) + raw.field(4, bad) + raw.field(20, b"")
        order = event + raw.field(60, raw.field(1, bad))
        for one in (event + raw.field(20, raw.field(1, bad)), elsewhere, order):
            publisher.send_raw(raw.request(raw.publish(raw.publication(one, raw.field(1, bad)), sent_at_ms=now)))
            assert publisher.receive() is not None
        for service, number in (("ingest", 21), ("metrics", 30), ("campaign", 42), ("campaign", 40), ("campaign", 45)):
            client = stack.asker(service)
            body = raw.field(1, bad) + raw.field(2, bad) + raw.field(3, bad)
            client.send_raw(raw.number(1, 9) + raw.field(3, bad) + raw.field(number, body))
            assert client.receive() is not None
            command = raw.field(1, uuid.uuid4().bytes) + raw.field(2, shop) + raw.field(3, bad) + raw.field(4, bad)
            client.send_raw(raw.number(1, 9) + raw.field(number, command))
            assert client.receive() is not None
        end = raw.field(1, uuid.uuid4().bytes) + raw.field(2, bad) + raw.field(3, "spring") + raw.field(4, "over")
        stack.asker("campaign").send_raw(raw.request(end, 9, 45))  # of no such shop: campaign logs which
        assert stack.asker("campaign").receive() is not None
        for service in SERVICES:
            subscriber = stack.subscriber(service=service)
            subscriber.socket.setsockopt(harness.zmq.SUBSCRIBE, b"kpi/" + bad)
            subscriber.socket.setsockopt(harness.zmq.UNSUBSCRIBE, b"kpi/" + bad)
            for port in (0, 1):
                with socket.create_connection(("127.0.0.1", harness.PORTS[service] + stack.offset + port), 10) as client:
                    client.sendall(b"GET /" + bad + b" HTTP/1.1\r\nHost: " + bad + b"\r\n\r\n")


def test_no_peer_can_forge_a_line_of_a_log(stack, shop, tmp_path):
    wrong = tmp_path / "wrong.pgpass"
    wrong.write_text("*:*:*:*:wrong\n")
    wrong.chmod(0o600)
    for service in SERVICES:
        stack.ok("log-level", service, "debug")
    for text in HOSTILE:
        say_everything(stack, shop, text)
        psql(stack, text.replace("\x00", "")[:6] + "\nforged", "SELECT 1", password_file=wrong)
    (result,) = stack.publisher().publish([Shop(shop).page_view("honest", harness.now_ms())])
    assert result.code == 0, result.message
    for service in SERVICES:
        stack.ok("log-level", service, "info")
    seen = {service: list(events_of(stack.log(service), service)) for service in SERVICES}
    assert not [service for service, events in seen.items() if "forged_by_a_peer" in events]
    # Some of it was logged, so that this test had something to look at.
    assert "forged_by_a_peer" in stack.log("campaign")
    assert "forged" in stack.log("postgres")
    # PostgreSQL's own: a line begins with its moment, or with a tab where a message goes on.
    for row in stack.log("postgres")[:-1].split("\n"):
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} (UTC|GMT) \[\d+\] |\t", row), row


# ---- secrets -------------------------------------------------------------------------------------------


def secrets_of(data):
    """Each secret of an instance: passwords, secret halves of keys, and whatever else lies in secrets/ (as it is and
    as hexadecimal digits)."""
    out = {}
    for path in sorted((data / "secrets").rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".pgpass":
            found = [content.strip().rsplit(b":", 1)[1]]
        elif b"secret-key" in content:
            found = re.findall(rb'secret-key\s*=\s*"([^"]{20,})"', content)
            assert found, path
        elif b"public-key" in content:
            continue
        else:
            found = [word for word in content.split() if len(word) >= 16] + [content.hex().encode()]
        for secret in found:
            out[secret] = path.name
    return out


def hits(secrets, content, where):
    return [f"the secret of {name} stands in {where}" for secret, name in secrets.items() if secret in content]


def look_at_processes(stack, secrets):
    found = []
    for pid in family(stack.pid("supervisor")):
        for name in ("cmdline", "environ"):
            try:
                found += hits(secrets, proc(pid, name), f"/proc/{pid}/{name}")
            except (FileNotFoundError, ProcessLookupError):
                continue  # a backend that has just ended
    return found


def look_at_files(stack, secrets):
    found = []
    for path in stack.data.rglob("*"):
        if path.is_file() and path.parent.name != "secrets":
            found += hits(secrets, path.read_bytes(), path)
    return found


def live_through_everything(stack):
    """What an operator does in a week; all that was printed."""
    shop, out = stack.add_shop("canary"), []
    for service in SERVICES:
        out.append(stack.ok("log-level", service, "debug"))
    purchase = Shop(shop).purchase("v1", harness.now_ms(), "A-1", lines=[line("MUG", 1, 1_000)])
    stack.publisher().accept([purchase])
    stack.settle(shop)
    owner = f"host={stack.data}/run dbname=utarg user=utarg_owner passfile={stack.data}/secrets/utarg_owner.pgpass"
    for command in (
        ["status"], ["status", "--json"], ["doctor"], ["kpi", shop], ["verify", shop], ["health"], ["stats"],
        ["migrate"], ["migrate", "--database", owner], ["migrate", "--role-passwords", stack.data / "secrets"],
        ["migrate", "--database", owner.replace("utarg_owner", "utarg_ingest")],  # may not
        ["migrate", "--wait", 0, "--database", owner.replace("/run", "/none")], ["verify", "no-such"], ["help", "up"],
    ):
        done = stack.cli(*command)
        out.append(done.stdout + done.stderr)
    for role in ("utarg_owner", "utarg_ingest"):  # a login with somebody else's password
        other = stack.data / "secrets/utarg_readonly.pgpass"
        wrong = stack.data / "wrong.pgpass"
        wrong.write_text(f"*:*:*:{role}:" + other.read_text().strip().rsplit(":", 1)[1] + "\n")
        wrong.chmod(0o600)
        out.append(str(psql(stack, role, "SELECT 1", password_file=wrong)))
        wrong.unlink()
    killed = stack.kill("metrics")
    stack.wait_restarted("metrics", killed)
    return "".join(out).encode()


def test_no_secret_is_anywhere_but_in_its_file(own_stack):
    stack = own_stack
    secrets = secrets_of(stack.data)
    assert len(secrets) >= 6 and all(len(secret) >= 16 for secret in secrets)
    printed = live_through_everything(stack)
    found = hits(secrets, printed, "what commands print") + look_at_processes(stack, secrets) + look_at_files(stack, secrets)
    assert not found, "\n".join(found)
    assert not list(stack.data.rglob("core*")), "a core file"
    stack.down()
    found = look_at_files(stack, secrets)
    assert not found, "\n".join(found)


def test_the_search_for_secrets_finds_one(stack, tmp_path):
    secrets = secrets_of(stack.data)
    secret = next(iter(secrets))
    planted = stack.data / "log" / "planted.log"
    planted.write_bytes(b"x=" + secret + b"\n")
    try:
        assert len(look_at_files(stack, secrets)) == 1
    finally:
        planted.unlink()
    assert hits(secrets, b"a" + secret + b"b", "there")


# ---- answers -------------------------------------------------------------------------------------------

INSIDE = re.compile(
    r"/[a-z]|\.s\.PGSQL|socket|localhost|relation|column|SELECT|INSERT|UPDATE|permission denied|utarg_|metrics_|journal_|"
    r"campaign_|ingest_|\b(cell|office)\.|SQLSTATE|FATAL|ERROR|connection to server|role", re.I,
)
QUESTIONS = {
    "ingest": {"journal_read": {"shop": "books", "limit": 10}},
    "metrics": {"kpi": {"shop": "books", "kpis": ["orders"], "from_day": "2026-01-01", "to_day": "2026-01-02"}},
    "campaign": {"shop_list": {"slug": "books"}},
}


def failures(stack, codes):
    """What each service says to a question it cannot answer now, and why it is not ready."""
    said = {}

    def refused(service):
        reply = stack.asker(service).request(**QUESTIONS[service])
        said[service] = reply.status.message
        return harness.code_name(reply.status.code) in codes

    for service in SERVICES:
        harness.wait_until(lambda: refused(service), what=f"{service} refuses")
        said[f"{service} ready"] = stack.asker(service).request(ready={}).ready.reason
    return said


def tells_nothing(said):
    for who, sentence in said.items():
        assert not INSIDE.search(sentence), f"{who}: {sentence}"


def test_answers_tell_neither_paths_nor_sql(own_stack):
    stack = own_stack
    stack.add_shop("books")
    stack.settle("books")
    # A right is missing: PostgreSQL refuses the statement.
    ask(stack, "utarg_owner", "REVOKE SELECT ON journal.event, journal.head FROM utarg_ingest;"
        " REVOKE SELECT ON metrics.cell FROM utarg_metrics; REVOKE SELECT ON office.shop FROM utarg_campaign")
    said = failures(stack, ("INTERNAL", "BUSY"))
    assert all(said[service] for service in SERVICES), said
    tells_nothing(said)
    assert "permission denied" in stack.log("metrics") and "permission denied" in stack.log("campaign")
    ask(stack, "utarg_owner", "GRANT SELECT ON journal.event, journal.head TO utarg_ingest;"
        " GRANT SELECT ON metrics.cell TO utarg_metrics; GRANT SELECT ON office.shop TO utarg_campaign")
    # The database is out of reach: libpq tells the socket's path.
    door, aside = stack.data / "run/.s.PGSQL.5432", stack.data / "aside"
    aside.mkdir()
    door.rename(aside / door.name)
    where = f"host={aside} dbname=utarg user=utarg_owner passfile={stack.data}/secrets/utarg_owner.pgpass"
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> 'utarg_owner'"
    subprocess.run(["psql", "-Xqc", end, where], check=True, capture_output=True, timeout=60)
    for service in SERVICES:
        failures(stack, ("BUSY", "INTERNAL"))
        harness.wait_until(lambda: stack.asker(service).request(ready={}).ready.reason, what=f"{service} not ready")
        harness.wait_until(lambda: ".s.PGSQL" in stack.log(service), what=f"{service} logs why")
    said = failures(stack, ("BUSY", "INTERNAL"))
    assert any(said[f"{service} ready"] for service in SERVICES), said
    tells_nothing(said)
    (aside / door.name).rename(door)
    shutil.rmtree(aside)
    stack.wait_ready()
