# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""`utarg simulate` fills a shop with a day that can be told again, and `kpi`, `watch`, `verify` show it."""
import datetime
import json
import re
import shlex
import signal

import pytest

from harness import utarg as harness

# Long enough ago for all that follows from it (parcels, refunds) to have happened.
DAY = str(datetime.date.today() - datetime.timedelta(days=40))


@pytest.fixture(scope="module")
def simulated(stack):
    slug = stack.add_shop("simulated")
    return slug, stack.json("simulate", slug, "--day", DAY, "--visits", "400", "--seed", "7")


def test_the_day_has_everything(stack, simulated):
    shop, counts = simulated
    assert set(counts) == {"OK"} and counts["OK"] > 500
    assert stack.head(shop) == 1 + counts["OK"]
    bodies = {entry.event.WhichOneof("body") for entry in stack.journal(shop)}
    assert bodies >= {"page_view", "add_to_cart", "begin_checkout", "purchase", "refund", "offer_updated",
                      "service_case_opened", "mailing_stats", "seo_stats", "feed_status", "message_shown"}
    day = stack.day(shop, DAY)
    assert int(day["sessions"]) > 300 and int(day["orders"]) > 0 and float(day["net_revenue"]) > 0
    assert 0 < float(day["conversion_rate"]) < 1 and 0 < float(day["cart_abandonment_rate"]) < 1
    sources = stack.values(shop, "sessions", dimension="marketing_channel", from_day=DAY, to_day=DAY)
    assert len(sources) >= 3


def test_a_second_run_changes_nothing(stack, simulated):
    shop, counts = simulated
    before = stack.everything(shop)
    again = stack.json("simulate", shop, "--day", DAY, "--visits", "400", "--seed", "7")
    assert again == {"DUPLICATE": counts["OK"]}
    assert stack.head(shop) == 1 + counts["OK"] and stack.everything(shop) == before


def test_another_seed_is_another_day(stack, simulated):
    other = stack.add_shop("simulated-otherwise")
    counts = stack.json("simulate", other, "--day", DAY, "--visits", "400", "--seed", "8")
    assert set(counts) == {"OK"}
    kpis = ("page_views", "net_revenue", "units", "visit_seconds")
    one, another = stack.day(simulated[0], DAY, *kpis), stack.day(other, DAY, *kpis)
    assert all(one[kpi] != another[kpi] for kpi in kpis), (one, another)


def test_kpi_prints_it(stack, simulated):
    shop, _ = simulated
    stack.settle(shop)
    table = stack.ok("kpi", shop, "--from", DAY, "--to", DAY)
    for kpi in ("sessions", "orders", "net_revenue", "turnover", "conversion_rate", "carts", "new_customers"):
        assert re.search(rf"^{kpi} .*{DAY}", table, re.M), kpi
    rows = stack.json("kpi", shop, "orders", "--from", DAY, "--to", DAY, "--dimension", "device")
    total = stack.json("kpi", shop, "orders", "--from", DAY, "--to", DAY)
    assert sum(row["value"] for row in rows) == total[0]["value"] > 0
    hours = stack.json("kpi", shop, "page_views", "--from", DAY, "--to", DAY, "--window", "hour")
    assert len(hours) == 24
    assert sum(row["value"] for row in hours) == int(stack.day(shop, DAY, "page_views")["page_views"])


def test_verify_is_clean(stack, simulated):
    stack.settle(simulated[0])
    stack.verify(simulated[0])


def test_watch_stops_after_its_count(stack, simulated):
    shop, _ = simulated
    stack.settle(shop)
    with stack.start("watch", f"kpi/{shop}/", "--count", "5", "--json") as watch:
        out, err = watch.communicate(timeout=harness.TIMEOUT_S)
    assert watch.returncode == 0, err
    lines = [json.loads(line) for line in out.splitlines()]
    assert len(lines) == 5 and all(line["topic"].startswith(f"kpi/{shop}/") for line in lines)


def test_a_live_stream_is_seen_by_watch(stack):
    """Today as it happens; Ctrl-C ends it in good order."""
    shop = stack.add_shop("simulated-live")
    with stack.start("watch", f"kpi/{shop}/page_views/total/-/day/", "--json") as watch:
        lines = harness.Lines(watch.stdout)
        first = json.loads(lines.next())
        assert first["topic"].startswith(f"kpi/{shop}/page_views/total/-/day/")
        with stack.start("simulate", shop, "--live", "--rate", "3000") as live:
            while json.loads(lines.next())["body"]["figure"]["value"] == "0":
                pass
            live.send_signal(signal.SIGINT)
            out, err = live.communicate(timeout=harness.TIMEOUT_S)
            assert live.returncode == 0, err
        watch.terminate()
        watch.communicate()
    assert stack.head(shop) > 1
    stack.settle(shop)
    stack.verify(shop)


def readme_commands():
    """The `utarg` lines of README.md's "What you then see", without what is said about them."""
    text = (harness.ROOT / "README.md").read_text().split("## What you then see")[1].split("\n## ")[0]
    lines = re.findall(r"^    (utarg [^#\n]*)", text, re.M) + re.findall(r"`(utarg [^`]*)`", text)
    return [shlex.split(line)[1:] for line in lines]


def test_the_readmes_commands_work(stack):
    stack.add_shop("demo")
    stack.ok("simulate", "demo", "--visits", "60")
    stack.settle("demo")
    commands = readme_commands()
    assert {command[0] for command in commands} >= {"status", "kpi", "watch", "offer", "campaign", "verify", "doctor"}
    for command in commands:
        if command == ["bench", "--quick"]:
            continue  # half a minute; test_bench.py runs it
        if command[0] == "watch":
            command += ["--count", "1"]
        if "tests/data" in " ".join(command):
            command = [str(harness.ROOT / word) if word.startswith("tests/data") else word for word in command]
        done = stack.cli(*command)
        assert done.returncode == 0 and done.stdout, f"utarg {shlex.join(command)}: {done.stdout}{done.stderr}"
        if command[:2] == ["alert", "list"]:
            continue  # nothing wrong yet: a rule is looked at with the next minute
        assert "There are no" not in done.stdout, f"utarg {shlex.join(command)} shows nothing"
