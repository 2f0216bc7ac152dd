# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reports of platforms in, conversions and tables out."""
import csv
import io
import json
import os
import shutil

import pytest

from harness import utarg as harness
from harness.events import DAY, HOUR, MINUTE, Shop, line, ms

FILES = harness.ROOT / "tests/data"


def bodies(stack, shop, kind):
    return [getattr(entry.event, kind) for entry in stack.journal(shop) if entry.event.WhichOneof("body") == kind]


def spend(stack, shop, dimension="total"):
    found = stack.values(shop, "spend", from_day="2026-10-01", to_day="2026-10-03", dimension=dimension)
    return {(key, day): value for (_, key, day), value in found.items() if value != "0.00"}


# ---- in ------------------------------------------------------------------------------------------------------


def test_a_report_of_google_ads_day_by_day(stack, shop, tmp_path):
    path = shutil.copy(FILES / "report_google_ads.csv", tmp_path)
    os.utime(path, (1_790_000_000, 1_790_000_000))
    said = stack.ok("report", "import", shop, path)
    assert "5 rows of google_ads, 2026-10-01 to 2026-10-03: 2372.00 PLN, 24370 impressions, 660 clicks" in said
    assert "2 rows of totals passed over" in said and "4 accepted, 0 already there" in said
    by_day = {("-", "2026-10-01"): "1335.00", ("-", "2026-10-02"): "987.00", ("-", "2026-10-03"): "50.00"}
    assert spend(stack, shop) == by_day
    assert spend(stack, shop, "marketing_channel") == {("paid_search", day): v for (_, day), v in by_day.items()}
    assert spend(stack, shop, "campaign") == {("autumn-boots", day): v for (_, day), v in by_day.items()}
    rows = bodies(stack, shop, "ad_spend")
    assert [(row.day, row.campaign, row.clicks, row.reported_orders) for row in rows] == [
        ("2026-10-01", "autumn-boots", 400, 6), ("2026-10-02", "autumn-boots", 250, 3),
        ("2026-10-02", "socks, warm", 0, 0), ("2026-10-03", "autumn-boots", 10, 0)]
    assert {row.report_time_ms for row in rows} == {1_790_000_000_000}

    # The same file again changes nothing, whatever it is called.
    head = stack.head(shop)
    again = shutil.copy2(path, tmp_path / "again.csv")
    assert "nothing changed: all 4 were already there" in stack.ok("report", "import", shop, again)
    assert stack.head(shop) == head

    # A corrected one replaces its rows and leaves the others.
    text = (FILES / "report_google_ads.csv").read_text(encoding="utf-8")
    lines = [row for row in text.splitlines(True) if "2026-10-03" not in row]
    corrected = tmp_path / "corrected.csv"
    corrected.write_text("".join(lines).replace('"1,234.56"', '"1,200.00"'), encoding="utf-8")
    topic = f"kpi/{shop}/spend/total/-/day/2026-10-01/"
    heard = stack.subscriber(topic)
    said = stack.json("report", "import", shop, corrected)
    assert (said["rows"], said["spend_minor"], said["accepted"]) == (4, 228_744, 3)
    _, update = heard.until(lambda _, u: u.figure.value == "1300.44", what="the correction")
    assert update.previous_value == "1335.00"
    assert spend(stack, shop) == by_day | {("-", "2026-10-01"): "1300.44"}
    # The older one is no last word, unless somebody says that it is.
    stack.ok("report", "import", shop, path)
    assert spend(stack, shop)["-", "2026-10-01"] == "1300.44"
    stack.ok("report", "import", shop, path, "--reported-at", "now")
    assert spend(stack, shop) == by_day
    stack.verify(shop)


def test_meta_in_the_shops_currency_and_in_another(stack, shop):
    said = stack.ok("report", "import", shop, FILES / "report_meta_pl.csv")
    assert "2 rows of meta, 2026-10-01 to 2026-10-02: 1302.75 PLN, 57000 impressions, 812 clicks" in said
    expected = {("paid_social", "2026-10-01"): "1200.50", ("paid_social", "2026-10-02"): "102.25"}
    assert spend(stack, shop, "marketing_channel") == expected
    said = stack.ok("report", "import", shop, FILES / "report_meta.csv", "--account", "2")
    assert "1302.75 EUR" in said and f"note: the figures of {shop} count spend in PLN only" in said
    assert spend(stack, shop, "marketing_channel") == expected
    said = stack.ok("report", "import", shop, FILES / "report_google_ads_pl.csv", "--channel", "display",
                    "--platform", "allegro_ads")
    assert "2221.56 PLN, 22215 impressions, 571 clicks" in said
    assert spend(stack, shop, "campaign")["zimowe buty ⛄", "2026-10-01"] == "1234.56"
    assert spend(stack, shop, "marketing_channel")["display", "2026-10-02"] == "987.00"
    stack.verify(shop)


def test_search_and_mailings(stack, shop):
    said = stack.ok("report", "import", shop, FILES / "report_search_console.csv", "--brand", "utarg")
    assert "5 rows of search_console, 2026-10-01 to 2026-10-02: 490 impressions, 50 clicks" in said
    first, second = bodies(stack, shop, "seo_stats")
    assert [(r.landing_page, r.brand, r.clicks, r.impressions, r.position_thousandth) for r in first.rows] == [
        ("/mugs", False, 6, 300, 9083), ("/mugs", True, 30, 100, 1500), ("/", False, 2, 50, 6070)]
    assert (second.day, second.rows[0].brand, second.platform) == ("2026-10-02", True, "search_console")
    nowhere = stack.cli("report", "import", shop, FILES / "report_search_console_pages.csv")
    assert nowhere.returncode == 2 and "--day 2026-11-23 says it" in nowhere.stderr
    stack.ok("report", "import", shop, FILES / "report_search_console_pages.csv", "--day", "2026-10-05")
    assert "2 rows of mailing, 2026-10-01 to 2026-10-08: 20100 sent, 600 clicked" in stack.ok(
        "report", "import", shop, FILES / "report_mailing.csv", "--platform", "freshmail")
    assert [(m.platform, m.campaign, m.day, m.delivered, m.bounced) for m in bodies(stack, shop, "mailing_stats")] == [
        ("freshmail", "newsletter-40", "2026-10-01", 9800, 200), ("freshmail", "newsletter-41", "2026-10-08", 9950, 150)]
    stack.verify(shop)


@pytest.mark.parametrize("text, args, sentence", [
    ("Day,Campaign,Cost\n2026-10-01,a,1.00\n2026-10-02,a,one\n", [], 'line 3, column 3 (cost): "one" is no amount'),
    ("a,b\n1,2\n", [], "no header of a known report"),
    ("Day,Campaign,Cost\n2026-10-01,a,1\n", ["--format", "bing"], '--format "bing" is none'),
    ("Day,Campaign,Cost\n2026-10-01,a,1\n", ["--format", "meta"], "no header of meta"),
    ("Day,Campaign,Cost\n2026-10-01,a,1\n", ["--currency", "ZL"], "no ISO 4217 currency"),
    ("Day,Campaign,Cost\n2026-10-01,a,1\n", ["--zone", "Europe/Warszawa"], "Europe/Warszawa"),
    ("Day,Campaign,Cost\n2026-10-01,a,1\n", ["--reported-at", "2099-01-01"], "cannot come from the future"),
])
def test_a_broken_report_changes_nothing(stack, shop, tmp_path, text, args, sentence):
    path = tmp_path / "broken.csv"
    path.write_text(text, encoding="utf-8")
    done = stack.cli("report", "import", shop, path, *args)
    assert done.returncode == 2 and not done.stdout and done.stderr.count("\n") == 1
    assert sentence in done.stderr and "broken.csv: " in done.stderr
    assert stack.head(shop) == 1
