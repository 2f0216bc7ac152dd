# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command line as people and scripts meet it: answers, sentences, exit codes."""
import json
import os
import pathlib
import re
import subprocess

import pytest

from harness import utarg as harness

PURCHASE = {
    "purchase": {
        "orderId": "A-1",
        "currency": "PLN",
        "lines": [{"sku": "mug", "quantity": "2", "netMinor": "4000", "taxRateBp": 2300}],
    }
}


def run(*args, **how):
    """`utarg ARGS` without an instance."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("UTARG_")} | how.pop("env", {})
    return subprocess.run(
        [str(harness.BIN / "utarg"), *map(str, args)], capture_output=True, text=True, timeout=60, env=environment, **how
    )


def purchase(order_id, **more):
    return json.dumps({"purchase": PURCHASE["purchase"] | {"orderId": order_id}} | more)


def one_sentence(done, code):
    """It failed with that exit code and said why in one line on stderr."""
    assert done.returncode == code, done
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("utarg: "), done.stderr
    return lines[0]


# ---- help and usage ------------------------------------------------------------------------------------


def commands():
    rows = run("help").stdout.split("Commands:\n")[1].split("\n\n")[0].splitlines()
    return [row.split("   ")[0].strip() for row in rows]


def test_every_command_has_help():
    names = {tuple(word for word in row.split() if re.fullmatch(r"[a-z-]+", word))[:2] for row in commands()}
    assert ("shop", "add") in names and ("kpi",) in names and ("campaign", "diagram") in names
    for name in names:
        if name[0] in ("completion", "import"):
            name = name[:1]
        done = run("help", *name)
        assert done.returncode == 0 and done.stdout.startswith(f"Usage: utarg {' '.join(name)}"), name
        assert run(*name, "--help").stdout == done.stdout


def test_the_readme_names_every_command():
    table = (harness.ROOT / "README.md").read_text().split("## All commands")[1].split("\n## ")[0]
    told = [name for row in re.findall(r"^\| (`.*?) \|", table, re.M) for name in re.findall(r"`([^`]*)`", row)]
    names = [re.match(r"[a-z- ]+", row).group().strip() for row in commands()]
    assert sorted(told) == sorted(names)


@pytest.mark.parametrize(
    "args, sentence",
    [
        ([], "what shall it do"),
        (["shp"], 'did you mean "shop"'),
        (["shop"], "needs to know what to do"),
        (["shop", "ad", "x"], 'did you mean "shop add"'),
        (["kpi"], "something is missing: utarg kpi SHOP [KPI...]"),
        (["up", "now"], '"now" is too much'),
        (["kpi", "x", "--form", "2026-11-23"], "did you mean --from"),
        (["kpi", "x", "--from"], "--from needs a value"),
        (["kpi", "x", "--settled=yes"], "--settled takes no value"),
        (["kpi", "x", "--from", "yesterday"], "is no time"),
        (["kpi", "x", "--window", "year"], "minute, hour, day, week or month"),
        (["--port-offset", "x", "status"], "is not a number from 0 to 50000"),
        (["watch", "nothing/x"], "there are no topics"),
        (["shop", "add", "Not a slug", "--currency", "PLN", "--zone", "Europe/Warsaw"], "is no slug"),
        (["shop", "add", "x", "--currency", "PLZ", "--zone", "Europe/Warsaw"], "is no ISO 4217 currency"),
        (["shop", "add", "x", "--currency", "PLN"], "--zone is needed"),
        (["publish", "/does/not/exist"], "cannot be read"),
        (["health", "nothing"], "there is no service"),
        (["log-level", "ingest", "loud"], "error, warn, info or debug"),
        (["completion", "fish"], "bash only"),
        (["campaign", "create", "x", "y", "--budget", "12"], "write 1500.00PLN"),
        (["campaign", "create", "x", "y", "--channel", "radio"], "seo, mailing"),
    ],
)
def test_wrong_input_is_told_in_one_sentence(args, sentence):
    assert sentence in one_sentence(run(*args), 2)


@pytest.mark.parametrize(
    "args",
    [
        ["--password", "x", "up"],
        ["migrate", "--database", "host=x password=secret"],
        ["migrate", "--database=postgresql://me:secret@x/utarg"],
    ],
)
def test_secrets_on_the_command_line_are_refused(args):
    said = one_sentence(run(*args), 2)
    assert "password" in said and "secret" not in said


def test_completion_knows_commands_actions_and_options(tmp_path):
    script = tmp_path / "complete.sh"
    script.write_text(
        run("completion", "bash").stdout
        + """
complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _utarg; echo "${COMPREPLY[@]}"; }
complete_words utarg sho
complete_words utarg shop a
complete_words utarg kpi demo --win
complete_words utarg --js
"""
    )
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True, timeout=20)
    assert done.stdout.splitlines() == ["shop", "add", "--window", "--json"], done


def test_a_closed_output_is_no_failure_and_a_full_disk_is():
    done = subprocess.run(f"{harness.BIN}/utarg help | head -n 1; exit ${{PIPESTATUS[0]}}", shell=True,
                          executable="/bin/bash", capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([str(harness.BIN / "utarg"), "help"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3 and "could not be written" in done.stderr


# ---- without an instance -------------------------------------------------------------------------------


def test_without_an_instance_each_command_says_so(tmp_path):
    offset, lock = harness.take_offset()
    here = ["--data", tmp_path / "none"]
    with lock:
        assert "utarg up" in one_sentence(run(*here, "status"), 3)
        assert "utarg up" in one_sentence(run(*here, "down"), 3)
        assert "utarg up" in one_sentence(run(*here, "verify", "demo"), 3)
        assert "utarg up" in one_sentence(run(*here, "migrate"), 3)
        for args in (["kpi", "demo"], ["shop", "list"], ["offer", "list", "demo"], ["stats", "ingest"], ["watch", "kpi/x/"]):
            said = one_sentence(run(*here, "--port-offset", offset, *args), 3)
            assert "is not running" in said, said
        done = run(*here, "--port-offset", offset, "publish", "--shop", "demo", input=purchase("A-1"))
        assert "ingest is not running" in one_sentence(done, 3)
        health = run(*here, "--port-offset", offset, "health")
        assert health.returncode == 3 and "3 of 3 services are not ready" in health.stderr
    assert not (tmp_path / "none").exists()


# ---- shops ---------------------------------------------------------------------------------------------


def test_shops_are_added_listed_and_shown(stack):
    stack.ok("shop", "add", "corner", "--name", "The corner", "--currency", "GBP", "--zone", "Europe/London",
             "--session-gap", 45)
    shown = stack.json("shop", "show", "corner")
    assert shown["slug"] == "corner" and shown["headSeq"] == "1"
    assert shown["settings"]["currency"] == "GBP" and shown["settings"]["zone"] == "Europe/London"
    assert shown["settings"]["sessionGapMinutes"] == 45 and shown["settings"]["name"] == "The corner"
    assert "corner" in [shop["slug"] for shop in stack.json("shop", "list")]
    assert "Europe/London" in stack.ok("shop", "show", "corner")
    again = stack.cli("shop", "add", "corner", "--currency", "GBP", "--zone", "Europe/London")
    one_sentence(again, 5)


@pytest.mark.parametrize(
    "args",
    [
        ["shop", "show"],
        ["kpi"],
        ["offer", "list"],
        ["campaign", "list"],
    ],
)
def test_an_unknown_shop_is_told_in_one_sentence(stack, args):
    assert "nowhere" in one_sentence(stack.cli(*args, "nowhere"), 2)


def test_verify_of_an_unknown_shop(stack):
    done = stack.cli("verify", "nowhere")
    assert done.returncode == 2 and 'there is no shop "nowhere"' in done.stderr and done.stderr.count("\n") == 1


# ---- publish, kpi, watch -------------------------------------------------------------------------------


def test_publish_fills_what_is_absent_and_says_what_came_of_it(stack, shop):
    done = stack.cli("publish", "--shop", shop, "--json", input=f"{purchase('A-1')}\n\n{purchase('A-2')}\n")
    assert done.returncode == 0, done.stderr
    results = [json.loads(text) for text in done.stdout.splitlines()]
    assert [(r["line"], r["code"], r["seq"]) for r in results] == [(1, "OK", 2), (3, "OK", 3)]
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-.*", r["id"]) for r in results)
    assert done.stderr == "2 events: 2 OK\n"


def test_the_same_id_again_is_a_duplicate_and_another_content_a_conflict(stack, shop):
    same = {"id": "0192f0c4-1111-7abc-8def-0123456789ab", "occurredAtMs": str(harness.now_ms())}
    assert stack.cli("publish", "--shop", shop, input=purchase("A-1", **same)).returncode == 0
    again = stack.cli("publish", "--shop", shop, "--json", input=purchase("A-1", **same))
    assert again.returncode == 0 and json.loads(again.stdout)["code"] == "DUPLICATE"
    other = stack.cli("publish", "--shop", shop, "--json", input=purchase("A-2", **same))
    assert other.returncode == 5 and json.loads(other.stdout)["code"] == "CONFLICT"
    assert stack.json("kpi", shop, "orders", "--settled")[-1]["value"] == 1


def test_a_file_with_a_broken_line_sends_nothing(stack, shop, tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_text(f"{purchase('A-1')}\n{{\"purchasse\": {{}}}}\n{purchase('A-2')}\n{{\n")
    before = stack.head(shop)
    done = stack.cli("publish", file, "--shop", shop)
    assert done.returncode == 2
    assert "2 broken lines and nothing was sent" in done.stderr.splitlines()[-1]
    assert [text.split(":")[0] for text in done.stderr.splitlines()[:2]] == ["line 2", "line 4"]
    assert stack.head(shop) == before


def test_refused_events_are_named_by_line_and_the_others_are_kept(stack, shop):
    bad = json.dumps({"purchase": PURCHASE["purchase"] | {"currency": "PLZ"}})
    done = stack.cli("publish", "-", "--shop", shop, input=f"{purchase('A-1')}\n{bad}\n{purchase('A-2')}\n")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith("line 2: BAD_CURRENCY purchase.currency")
    assert "3 events: 2 OK, 1 BAD_CURRENCY" in done.stderr
    assert stack.head(shop) == 3


def test_publish_answers_at_once_while_its_input_stays_open(stack, shop):
    with stack.start("publish", "--shop", shop, "--json", stdin=subprocess.PIPE, bufsize=1) as process:
        process.stdin.write(purchase("A-1") + "\n")
        process.stdin.flush()
        harness.wait_until(lambda: stack.head(shop) == 2, what="the first event")
        process.stdin.close()
        assert process.wait(30) == 0
        process.stdout.read()


def test_many_events_in_many_requests(stack, shop, tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(purchase(f"A-{number}") for number in range(1_500)))  # no newline at the end
    done = stack.cli("publish", file, "--shop", shop, "--batch", 100)
    assert done.returncode == 0 and "1500 events: 1500 OK" in done.stderr, done.stderr
    assert stack.json("kpi", shop, "orders", "--settled")[-1]["value"] == 1_500


def test_kpi_json_has_the_promised_keys(stack, shop):
    t = str(harness.now_ms())
    stack.cli("publish", "--shop", shop, input=purchase("A-1", occurredAtMs=t) + "\n" + purchase("A-2", occurredAtMs=t))
    figures = {f["kpi"]: f for f in stack.json("kpi", shop, "orders", "net_revenue", "basket_value", "conversion_rate", "--settled")}
    orders, revenue, basket = figures["orders"], figures["net_revenue"], figures["basket_value"]
    for figure in figures.values():
        assert {"kpi", "window", "start", "end", "dimension", "key", "value", "numerator", "denominator", "unit", "revision",
                "as_of_seq"} <= set(figure)
        assert figure["window"] == "day" and figure["dimension"] == "total" and figure["key"] == "-"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00\+0[12]:00", figure["start"])
    assert orders["value"] == 2 and orders["unit"] == "count" and orders["as_of_seq"] == 3
    assert revenue["value"] == "80.00" and revenue["numerator"] == 8000 and revenue["currency"] == "PLN"
    assert basket["value"] == "40.00" and basket["denominator"] == 2
    assert figures["conversion_rate"]["value"] is None  # no session: nothing to divide by
    table = stack.ok("kpi", shop, "orders").splitlines()
    assert re.split(r"\s{2,}", table[0])[:4] == ["KPI", "KEY", "START", "VALUE"]


def test_publish_speaks_for_the_browser_unless_told(stack, shop):
    view = {"shop": shop, "occurredAtMs": str(harness.now_ms()), "pageView": {"title": "Home"}}

    def publish(visitor, *options):
        line = json.dumps({"event": view, "subject": {"visitorId": visitor}})
        assert stack.cli("publish", *options, input=line).returncode == 0

    publish("v-1")
    publish("v-2", "--origin", "server")  # a server's events open no session
    assert stack.json("kpi", shop, "sessions", "--settled")[-1]["value"] == 1


def test_kpi_ranges(stack, shop):
    lines = [
        purchase("A-1", occurredAtMs="1793487600000"),  # 2026-11-01T00:00+01:00
        purchase("A-2", occurredAtMs="1793573999999"),  # 2026-11-01T23:59:59.999+01:00
        purchase("A-3", occurredAtMs="1793574000000"),  # 2026-11-02T00:00+01:00
    ]
    assert stack.cli("publish", "--shop", shop, "--origin", "import", input="\n".join(lines)).returncode == 0

    def orders(*args):
        return {f["start"][:16]: f["value"] for f in stack.json("kpi", shop, "orders", "--settled", *args)}

    assert orders("--from", "2026-11-01", "--to", "2026-11-02") == {"2026-11-01T00:00": 2, "2026-11-02T00:00": 1}
    assert orders("--from", "2026-11-01", "--to", "2026-11-01") == {"2026-11-01T00:00": 2}
    assert orders("--from", "2026-11-01T00:00", "--to", "2026-11-02T00:00") == {"2026-11-01T00:00": 2}
    assert orders("--from", "2026-10-31T23:00Z", "--to", "2026-11-01T23:00Z") == {"2026-11-01T00:00": 2}
    hours = orders("--from", "2026-11-01T22:00", "--to", "2026-11-02T01:00", "--window", "hour")
    assert hours == {"2026-11-01T22:00": 0, "2026-11-01T23:00": 1, "2026-11-02T00:00": 1}
    assert orders("--from", "2026-11-01", "--to", "2026-11-30", "--window", "month") == {"2026-11-01T00:00": 3}
    one_sentence(stack.cli("kpi", shop, "orders", "--from", "2026-11-02", "--to", "2026-11-01"), 2)
    assert "nothing_known" in one_sentence(stack.cli("kpi", shop, "nothing_known"), 2)


def test_watch_shows_updates_and_stops(stack, shop):
    watch = stack.start("watch", f"kpi/{shop}/orders/", "--json", "--for", 60)
    try:
        subscribed = harness.wait_until(lambda: json.loads(watch.stdout.readline()), what="the values of now")
        assert subscribed["topic"].startswith(f"kpi/{shop}/orders/total/-/")
        stack.cli("publish", "--shop", shop, input=purchase("A-1"))

        def one():
            update = json.loads(watch.stdout.readline())
            return update["body"]["figure"]["value"] == "1" and update

        update = harness.wait_until(one, what="the order")
        assert update["body"]["reason"] == "REASON_NEW"
    finally:
        watch.kill()
        watch.communicate()
    # A subscriber whose service is there but silent ends in time, and one line is enough with --count.
    assert stack.ok("watch", f"kpi/{shop}/orders", "--count", 1).count("\n") == 1
    assert stack.cli("watch", "kpi/no-such-shop/", "--for", 1).returncode == 0


def test_watch_ends_when_its_reader_goes(stack, shop):
    done = subprocess.run(
        f"{harness.BIN}/utarg --data {stack.data} watch kpi/{shop}/orders/ head/{shop} --for 50 | head -n 1",
        shell=True, executable="/bin/bash", capture_output=True, text=True, timeout=40,
    )
    assert done.stdout.count("\n") == 1 and done.stderr == ""


# ---- offers and campaigns ------------------------------------------------------------------------------


def test_offers_and_their_price_history(stack, shop):
    def offer(price, t):
        return json.dumps({"offerUpdated": {"sku": "mug", "title": "A mug", "currency": "PLN", "priceGrossMinor": str(price)},
                           "occurredAtMs": str(t)})

    now = harness.now_ms()
    stack.ok("publish", "--shop", shop, input="\n".join([offer(1999, now - 2_000), offer(1499, now - 1_000)]))
    listed = harness.wait_until(lambda: [o for o in stack.json("offer", "list", shop) if o["latest"]["priceGrossMinor"] == "1499"])
    assert listed[0]["sku"] == "mug"
    assert "14.99 PLN" in stack.ok("offer", "list", shop)
    assert "14.99 PLN" in stack.ok("offer", "show", shop, "mug")
    prices = [i["priceGrossMinor"] for i in stack.json("offer", "history", shop, "mug")]
    assert sorted(prices) == ["1499", "1999"]
    assert "19.99 PLN" in stack.ok("offer", "history", shop, "mug")
    assert "no-such" in one_sentence(stack.cli("offer", "show", shop, "no-such"), 2)


def test_campaigns_are_created_listed_shown_and_ended(stack, shop):
    stack.ok("campaign", "create", shop, "spring", "--title", "Spring sale", "--channel", "ads", "--budget", "1500.00PLN",
             "--from", "2026-11-01", "--to", "2026-11-30")
    shown = stack.json("campaign", "show", shop, "spring")["campaign"]
    assert shown["budget"] == {"minor": "150000", "currency": "PLN"} and shown["channel"] == "CAMPAIGN_CHANNEL_ADS"
    assert "Spring sale" in stack.ok("campaign", "list", shop)
    assert "1500.00 PLN" in stack.ok("campaign", "show", shop, "spring")
    one_sentence(stack.cli("campaign", "create", shop, "spring"), 5)
    ended = stack.json("campaign", "end", shop, "spring", "--reason", "it is summer")["campaign"]
    assert ended["state"] == "CAMPAIGN_STATE_ENDED" and ended["reason"] == "it is summer"
    one_sentence(stack.cli("campaign", "end", shop, "no-such"), 2)
    assert "running --> ended" in stack.ok("campaign", "diagram").replace('"', "")


# ---- services ------------------------------------------------------------------------------------------


def test_health_stats_and_log_level(stack):
    stack.wait_ready()
    health = stack.json("health")
    assert [row["service"] for row in health] == ["ingest", "metrics", "campaign"] and all(row["ready"] for row in health)
    assert len(stack.json("health", "ingest")) == 1
    counters = {row["name"]: row["value"] for row in stack.json("stats", "ingest")}
    assert counters["utarg_requests_total"] > 0
    prometheus = stack.ok("stats", "--prometheus")
    assert re.search(r'^utarg_requests_total\{service="metrics"\} \d+$', prometheus, re.M)
    heads = re.findall(r"^# HELP (\w+)", prometheus, re.M)
    assert len(heads) == len(set(heads)) > 10  # a scraper refuses a metric that is explained twice
    assert stack.json("log-level", "metrics", "debug")["level"] == "debug"
    assert stack.json("log-level", "metrics")["level"] == "debug"
    assert "info" in stack.ok("log-level", "metrics", "info")


def test_a_drained_service_ends_and_comes_back(stack):
    pid = stack.pid("ingest")
    stack.ok("drain", "ingest")
    stack.wait_restarted("ingest", pid)
    assert stack.status()["ingest"]["last_end"] == "exit 0"


# ---- migrate -------------------------------------------------------------------------------------------


def test_migrate_again_changes_nothing_and_several_at_once_are_safe(stack):
    first = stack.json("migrate")
    assert first["applied"] == 0 and first["number"] == first["known"] >= 1
    several = [stack.start("migrate") for _ in range(4)]
    assert [process.communicate(timeout=60) and process.returncode for process in several] == [0, 0, 0, 0]


def psql_program():
    return str(max(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"), key=lambda path: int(path.parts[4])))


def psql(stack, sql, database="utarg"):
    socket_directory = json.loads((stack.data / "state.json").read_text())["socket_directory"]
    done = subprocess.run(
        [psql_program(), "-X", "-At", "-v", "ON_ERROR_STOP=1",
         f"host={socket_directory} port=5432 dbname={database} user=utarg_owner passfile={stack.data}/secrets/utarg_owner.pgpass",
         "-c", sql],
        capture_output=True, text=True, timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def conninfo(stack, database):
    socket_directory = json.loads((stack.data / "state.json").read_text())["socket_directory"]
    return f"host={socket_directory} dbname={database} user=utarg_owner passfile={stack.data}/secrets/utarg_owner.pgpass"


def test_migrate_of_another_database(stack):
    psql(stack, "CREATE DATABASE other")
    try:
        several = [stack.start("migrate", "--json", "--database", conninfo(stack, "other")) for _ in range(3)]
        results = [json.loads(process.communicate(timeout=60)[0]) for process in several]
        known = len(list((harness.ROOT / "services/utarg/migrations").glob("*.sql")))
        assert sorted(result["applied"] for result in results) == [0, 0, known]  # one did it, the others waited
        # A newer database is accepted, a changed file is not, and neither is a stranger among ours.
        psql(stack, "INSERT INTO utarg.utarg_migration VALUES (9999, '9999_future', '\\x00', now())", "other")
        assert stack.json("migrate", "--database", conninfo(stack, "other"))["number"] == 9999
        psql(stack, "UPDATE utarg.utarg_migration SET checksum = '\\x00' WHERE number = 1", "other")
        said = one_sentence(stack.cli("migrate", "--database", conninfo(stack, "other")), 5)
        assert "0001_" in said and "another text" in said
    finally:
        psql(stack, "DROP DATABASE other WITH (FORCE)")


def test_migrate_sets_role_passwords_and_waits_only_so_long(stack, tmp_path):
    said = one_sentence(stack.cli("migrate", "--role-passwords", tmp_path), 2)
    assert ".pgpass" in said
    (tmp_path / "utarg_readonly").write_text("another\n")
    (tmp_path / "utarg_readonly").chmod(0o600)
    assert stack.json("migrate", "--role-passwords", tmp_path)["passwords"] == 1
    assert psql(stack, "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'utarg_readonly'") == "t"
    assert stack.json("migrate", "--role-passwords", stack.data / "secrets")["passwords"] == 5
    one_sentence(stack.cli("migrate", "--wait", 1, "--database", f"host={tmp_path} user=nobody dbname=none"), 3)
