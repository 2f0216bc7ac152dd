# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Databases as services meet them: not there yet, not migrated yet, older, newer, and ones that do not keep their
word. Waiting is done inside a process, loudly and without dying; refusing is done once, with an exit code.
"""
import contextlib
import os
import signal
import subprocess
import time

import pytest

from harness import more
from harness import utarg as harness
from harness.events import Shop

SERVICES = ("ingest", "metrics", "campaign")
REFUSED = 5


@contextlib.contextmanager
def database(stack, name):
    """Another database of the instance's cluster, into which the services may come while it is there."""
    rules = stack.data / "pg/pg_hba.conf"
    kept = rules.read_text()
    more.sql(stack, f"CREATE DATABASE {name}")
    rules.write_text(f"local {name} all scram-sha-256\n{kept}")
    more.sql(stack, "SELECT pg_reload_conf()")
    try:
        yield name
    finally:
        rules.write_text(kept)
        more.sql(stack, "SELECT pg_reload_conf()")
        more.sql(stack, f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def services(stack, name, folder, **how):
    with contextlib.ExitStack() as all_of_them:
        yield {
            service: all_of_them.enter_context(
                more.Process(service, more.conninfo(stack, f"utarg_{service}", name), folder, **how))
            for service in SERVICES
        }


def migrate(stack, name, folder):
    stack.ok("migrate", "--database", more.conninfo(stack, database=name), "--keys", more.keys(folder))


def test_services_wait_for_a_database_that_is_not_there(tmp_path):
    for service in SERVICES:
        with more.Process(service, f"host={tmp_path} dbname=utarg user=nobody", tmp_path) as process:
            process.wait_ready(False)
            assert process.asker().ask(ping={}).ping.service == service  # it lives and says so
            before = time.monotonic()
            while time.monotonic() - before < 2.5:  # some tries to connect
                assert process.process.poll() is None and not process.ready()[0]
            assert process.end() == 0
            loud = [line for line in process.log().splitlines() if "level=warn" in line or "level=error" in line]
            assert 1 <= len(loud) <= 4 and any(str(tmp_path) in line for line in loud), loud  # said, and not again and again


def test_services_wait_for_the_migration_and_go_on_by_themselves(stack, tmp_path):
    with database(stack, "later") as name, services(stack, name, tmp_path) as processes:
        for service, process in processes.items():
            process.wait_ready(False, "not migrated")
            (line,) = [line for line in process.log().splitlines() if "level=error" in line]
            assert "not migrated" in line, service
        # One migrate waits for another that holds the lock, and so do they.
        holder = subprocess.Popen(
            [str(more.postgres_bin() / "psql"), "-X", "-At", more.conninfo(stack, database=name)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holder.stdin.write("SELECT pg_advisory_lock(504640926311) IS NOT NULL;\n")
        holder.stdin.flush()
        assert holder.stdout.readline().strip() == "t"
        waiting = [stack.start("migrate", "--json", "--database", more.conninfo(stack, database=name)) for _ in range(2)]
        harness.wait_until(
            lambda: more.sql(stack, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == "2", what="both waiting")
        assert all(process.process.poll() is None and not process.ready()[0] for process in processes.values())
        holder.communicate(timeout=harness.TIMEOUT_S)
        applied = [harness.json.loads(one.communicate(timeout=harness.TIMEOUT_S)[0])["applied"] for one in waiting]
        assert sorted(map(bool, applied)) == [False, True], applied
        for process in processes.values():
            process.wait_ready()
            assert process.process.poll() is None


def test_this_version_on_an_older_schema(stack, tmp_path):
    """Ingest writes a column that migration *_keep brought; without it it says so and waits for migrate."""
    number = int(next((harness.ROOT / "services/utarg/migrations").glob("*_keep.sql")).name[:4])
    with database(stack, "older") as name:
        migrate(stack, name, tmp_path)
        more.sql(stack, "DROP TABLE journal.epoch; ALTER TABLE journal.quarantine DROP COLUMN event_time;"
                        f"DELETE FROM utarg.utarg_migration WHERE number = {number}", database=name)
        with services(stack, name, tmp_path) as processes:
            processes["ingest"].wait_ready(False, "the database is not migrated to this version")
            reply = processes["ingest"].publisher().try_publish([Shop("any").page_view("v", harness.now_ms())])
            assert harness.code_name(reply.status.code) == "BUSY"
            doctor = stack.cli("migrate", "--json", "--database", more.conninfo(stack, database=name))
            assert harness.json.loads(doctor.stdout)["applied"] == 1
            for process in processes.values():
                process.wait_ready()
                assert process.process.poll() is None


def test_this_version_on_a_newer_schema(own_stack):
    slug = own_stack.add_shop("newer")
    more.sql(own_stack, "ALTER TABLE journal.event ADD COLUMN of_the_future text;"
                        "ALTER TABLE metrics.cell ADD COLUMN of_the_future bigint NOT NULL DEFAULT 0;"
                        "CREATE TABLE campaign.of_the_future (id integer PRIMARY KEY);"
                        "INSERT INTO utarg.utarg_migration VALUES (9999, '9999_future', '\\x00', now());")
    own_stack.down()
    own_stack.up()
    publisher, shop = own_stack.publisher(), Shop(slug)
    publisher.accept([shop.purchase(f"v{i}", harness.now_ms(), f"O-{i}", 100) for i in range(100)])
    own_stack.add_shop("made-later")
    assert own_stack.values(slug, "orders", window=5).popitem()[1] == "100"
    own_stack.verify(slug)
    (schema,) = [check for check in own_stack.json("doctor") if check["check"] == "schema"]
    assert schema["verdict"] == "warn" and "newer than this version" in schema["finding"]


# ---- a database that does not keep its word ------------------------------------------------------------


@contextlib.contextmanager
def setting(stack, name, value):
    def apply(text, wanted):
        more.sql(stack, text)
        more.sql(stack, "SELECT pg_reload_conf()")
        harness.wait_until(lambda: more.sql(stack, f"SHOW {name}") == wanted, what=f"{name} {wanted}")

    apply(f"ALTER SYSTEM SET {name} = {value}", value)
    try:
        yield
    finally:
        apply(f"ALTER SYSTEM RESET {name}", "on")


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_services_refuse_a_database_that_forgets(own_stack, tmp_path, name):
    own_stack.add_shop("forgets")
    with setting(own_stack, name, "off"), services(own_stack, "utarg", tmp_path) as processes:
        for service, process in processes.items():
            assert process.process.wait(harness.TIMEOUT_S) == REFUSED, service
            (line,) = [line for line in process.log().splitlines() if "event=database_refused" in line]
            assert f"{name}=off" in line and "level=error" in line and "switch it on" in line
        # Those that run already find out, too: ingest looks again while it is idle.
        harness.wait_until(lambda: own_stack.status()["ingest"]["last_end"] == f"exit {REFUSED}", what="the running ingest gone")
    own_stack.wait_ready()


def test_a_server_that_is_replaced_by_one_that_forgets(own_stack):
    slug = own_stack.add_shop("replaced")
    shop, publisher = Shop(slug), own_stack.publisher()
    publisher.accept([shop.page_view("v", harness.now_ms())])
    local = own_stack.data / "pg/local.conf"
    local.write_text("fsync = off\n")
    local.chmod(0o644)
    own_stack.kill("postgres", signal.SIGINT)
    for service in SERVICES:
        harness.wait_until(lambda: own_stack.status()[service]["last_end"] == f"exit {REFUSED}", what=f"{service} gone")
    unheard = [shop.page_view(f"w{i}", harness.now_ms()) for i in range(20)]
    for one in unheard:
        reply = publisher.try_publish([one], timeout=0.1)
        assert reply is None or harness.code_name(reply.status.code) in ("BUSY", "DRAINING"), reply
    assert more.sql(own_stack, "SELECT count(*) FROM journal.event") == "2"
    local.unlink()
    more.sql(own_stack, "SELECT pg_reload_conf()")
    own_stack.wait_ready()
    publisher.insist(unheard)
    own_stack.settle(slug)
    own_stack.verify(slug)


@pytest.mark.parametrize("where", ["DATABASE utarg", "ROLE utarg_ingest", "ROLE utarg_campaign", "ROLE utarg_metrics"])
def test_synchronous_commit_is_on_in_every_session_that_writes(own_stack, where):
    """Whatever database and role say: a trigger writes down what the sessions have."""
    for role in ("ingest", "campaign", "metrics"):
        assert more.sql(own_stack, "SHOW synchronous_commit", role=f"utarg_{role}") == "on"
    more.sql(own_stack, f"ALTER {where} SET synchronous_commit = off;"
                        "CREATE TABLE public.seen (who text, what text);"
                        "CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog"
                        " AS $$ BEGIN INSERT INTO public.seen VALUES (session_user, current_setting('synchronous_commit'));"
                        " RETURN NULL; END $$;"
                        "CREATE TRIGGER see AFTER INSERT ON journal.batch EXECUTE FUNCTION public.see();"
                        "CREATE TRIGGER see AFTER UPDATE ON metrics.position EXECUTE FUNCTION public.see();")
    off = [role for role in ("ingest", "campaign", "metrics") if more.sql(own_stack, "SHOW synchronous_commit", role=f"utarg_{role}") == "off"]
    assert off == ([where.split("_")[1]] if where.startswith("ROLE") else ["ingest", "campaign", "metrics"])  # it acts on others
    more.sql(own_stack, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'utarg\\_%' AND pid <> pg_backend_pid()")
    slug = own_stack.add_shop_again("sessions")
    own_stack.publisher().insist([Shop(slug).page_view("v", harness.now_ms())])
    own_stack.settle(slug)
    seen = more.sql(own_stack, "SELECT DISTINCT who, what FROM public.seen ORDER BY who").splitlines()
    assert seen == ["utarg_campaign|on", "utarg_ingest|on", "utarg_metrics|on"]


# ---- configuration -------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_configuration_is_refused_with_the_name_of_the_key(service, tmp_path):
    required = {"UTARG_PSEUDONYM_KEY": str(more.key_file(tmp_path))} if service == "ingest" else {}
    rows = [
        (["--no-such-key=1"], {}, "no-such-key", "--help lists them"),
        (["--port-offset=50001"], {}, "port-offset", "0 to 50000"),
        (["--port-offset=x"], {}, "port-offset", ""),
        (["--port-offset"], {}, "port-offset", "needs a value"),
        (["stray"], {}, "stray", "--name=value"),
        ([], {"UTARG_PORT_OFFSET": "-1"}, "port-offset", "0 to 50000"),
        (["--log-level=loud"], {}, "log-level", "error, warn, info or debug"),
        (["--bind-host=0.0.0.0"], {}, "server-key-file", "without keys nothing is opened"),
    ]
    rows += {
        "ingest": [(["--disk-low-percent=100"], {}, "disk-low-percent", "0 to 99"),
                   (["--database-dir=/no/such/place", f"--server-key-file={more.keys(tmp_path)}/server.key_secret"], {}, "database-dir", "No such file"),
                   ([], {"UTARG_BATCH_EVENTS": "10"}, "batch-events", "1000 to 20000")],
        "metrics": [(["--publish-interval=1"], {}, "publish-interval", "10 to 60000")],
        "campaign": [],
    }[service]
    for options, environment, key, allowed in rows:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("UTARG_")}
        done = subprocess.run([str(harness.BIN / f"utarg-{service}"), *options], env=kept | required | environment,
                              capture_output=True, text=True, timeout=harness.TIMEOUT_S)
        said = done.stdout + done.stderr
        assert done.returncode == 2 and key in said and allowed in said, (options, environment, done)
        assert said.count("level=error") == 1, said
