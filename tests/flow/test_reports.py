# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reports of platforms in, conversions and tables out."""
import csv
import datetime
import io
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
    month = stack.values(shop, "ad_impressions", "ad_clicks", "reported_orders", window=5, from_day="2026-10-01",
                         to_day="2026-10-31")
    assert [month[kpi, "-", "2026-10"] for kpi in ("ad_impressions", "ad_clicks", "reported_orders")] == ["24370", "660", "9"]
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
    assert "1302.75 EUR" in said and "note: what is not in PLN counts by the published rates of its day" in said
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
    # 30 of 100 and 12 of 40 by the brand's name, at (100 x 1.5 + 40 x 1.2) / 140; of all 50 of 490.
    figures = stack.figures(shop, "search_ctr", "search_ctr_brand", "search_position_brand", window=5,
                            from_day="2026-10-01", to_day="2026-10-31")
    assert {kpi: figure.value for (kpi, _, _), figure in figures.items()} == {
        "search_ctr": f"{50 / 490:.6f}", "search_ctr_brand": "0.300000", "search_position_brand": f"{198 / 140:.6f}"}
    nowhere = stack.cli("report", "import", shop, FILES / "report_search_console_pages.csv")
    assert nowhere.returncode == 2 and "--day 2026-11-23 says it" in nowhere.stderr
    stack.ok("report", "import", shop, FILES / "report_search_console_pages.csv", "--day", "2026-10-05")
    assert "2 rows of mailing, 2026-10-01 to 2026-10-08: 20100 sent, 600 clicked" in stack.ok(
        "report", "import", shop, FILES / "report_mailing.csv", "--platform", "freshmail")
    assert [(m.platform, m.campaign, m.day, m.delivered, m.bounced) for m in bodies(stack, shop, "mailing_stats")] == [
        ("freshmail", "newsletter-40", "2026-10-01", 9800, 200), ("freshmail", "newsletter-41", "2026-10-08", 9950, 150)]
    assert stack.day(shop, "2026-10-01", "delivered", "click_rate", "mail_bounce_rate") == {
        "delivered": "9800", "click_rate": f"{310 / 9800:.6f}", "mail_bounce_rate": "0.020000"}
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


# ---- out -----------------------------------------------------------------------------------------------------

SERVER, DENIED = 2, 2


def click(shop, visitor, t, value, kind="gclid", **more):
    return shop.page_view(visitor, t, context={"click_id_kind": kind}, subject={"click_id": value}, **more)


def test_conversions_and_what_became_of_them(stack, publisher, shop):
    shop, t = Shop(shop), ms("2026-03-10T10:00:00+01:00")
    lines = [line("A", 1, 10_000), {"sku": "B", "quantity": 1, "gross_minor": 6_150, "tax_rate_bp": 2300}]
    autumn = ms("2026-10-25T02:30:00+01:00")  # the second 02:30 of that night
    publisher.accept([
        click(shop, "v1", t - 2 * DAY, "G-old"), click(shop, "v1", t - HOUR, "G-1"), shop.page_view("v1", t - MINUTE),
        click(shop, "v1", t + HOUR, "G-later"),
        click(shop, "v2", t - 31 * DAY, "G-2"),  # too old
        click(shop, "v3", t - 2 * HOUR, "G-3"), click(shop, "v3", t - HOUR, "F-3", "fbclid"),  # another's
        click(shop, "v4", t - HOUR, "G-4", consent={"marketing": DENIED}),
        click(shop, "v5", t - HOUR, "G-5"), click(shop, "v6", t - HOUR, "G-6"), click(shop, "v7", t - HOUR, "G-7"),
        click(shop, "v8", t - HOUR, "G-8"), click(shop, "v9", autumn - HOUR, "G,9"),
        click(shop, "v10", t - HOUR, "G-10"), click(shop, "v11", t - HOUR, "G-11"),
    ])
    orders = [
        # 184.50 gross less 18.45: 12.30 off the net of A, 6.15 off the gross of B: 87.70 + 45.00.
        shop.purchase("v1", t, "O-1", lines=lines, discount_minor=1_845),
        shop.purchase("v2", t, "O-2"), shop.purchase("v3", t, "O-3"), shop.purchase("v4", t, "O-4"),
        shop.purchase("v5", t, "O-5", consent={"marketing": DENIED}),
        shop.purchase("v6", t, "O-6"), shop.purchase("v7", t, "O-7"), shop.purchase("v8", t + MINUTE, "O-8"),
        shop.purchase("v9", autumn, "O-9", 5_000, currency="EUR"),
        shop.purchase("v10", t, "O-10"), shop.purchase("v11", t, "O-11"),
        shop.purchase("v1", t, "O-test", test=True),
    ]
    publisher.accept(orders, SERVER)
    said = stack.ok("export", "google-conversions", shop.slug, "--from", "2026-03-10", "--to", "2026-10-25", "--name", "Zakup, sklep")
    assert said == """Parameters:TimeZone=Europe/Warsaw
Google Click ID,Conversion Name,Conversion Time,Conversion Value,Conversion Currency,Order ID
G-1,"Zakup, sklep",2026-03-10 10:00:00+0100,132.70,PLN,O-1
G-10,"Zakup, sklep",2026-03-10 10:00:00+0100,100.00,PLN,O-10
G-11,"Zakup, sklep",2026-03-10 10:00:00+0100,100.00,PLN,O-11
G-6,"Zakup, sklep",2026-03-10 10:00:00+0100,100.00,PLN,O-6
G-7,"Zakup, sklep",2026-03-10 10:00:00+0100,100.00,PLN,O-7
G-8,"Zakup, sklep",2026-03-10 10:01:00+0100,100.00,PLN,O-8
"G,9","Zakup, sklep",2026-10-25 02:30:00+0100,50.00,EUR,O-9
"""
    # What it is worth is what the figures say.
    assert stack.day(shop.slug, "2026-03-10", "net_revenue")["net_revenue"] == "1032.70"

    publisher.accept([
        shop.refund(t + DAY, "R-6a", "O-6", items_net_minor=3_000),
        shop.refund(t + 2 * DAY, "R-6b", "O-6", total_minor=2_460),  # of 70.00 and 23.00 left: 18.52 and 6.08
        shop.refund(t + DAY, "R-7", "O-7", total_minor=12_300),
        shop.order_cancelled(t + 3 * DAY, "O-8"), shop.refund(t + 4 * DAY, "R-8", "O-8", items_net_minor=1),
        shop.order_updated(t + HOUR, "O-1", 2, [line("A", 1, 20_000)]),
        consent_update(shop, "v10", t + HOUR),
        shop.refund(t + 20 * DAY, "R-11", "O-11", items_net_minor=100),  # after the days asked for
    ], SERVER)
    said = stack.ok("export", "google-adjustments", shop.slug, "--from", "2026-03-10", "--to", "2026-03-14")
    assert said == """Parameters:TimeZone=Europe/Warsaw
Order ID,Conversion Name,Adjustment Time,Adjustment Type,Adjusted Value,Adjusted Value Currency
O-1,Purchase,2026-03-10 11:00:00+0100,RESTATE,200.00,PLN
O-6,Purchase,2026-03-11 10:00:00+0100,RESTATE,70.00,PLN
O-7,Purchase,2026-03-11 10:00:00+0100,RETRACT,,
O-6,Purchase,2026-03-12 10:00:00+0100,RESTATE,51.48,PLN
O-8,Purchase,2026-03-13 10:00:00+0100,RETRACT,,
"""
    api = stack.ok("export", "google-adjustments", shop.slug, "--from", "2026-03-13", "--to", "2026-03-13", "--api")
    assert api.splitlines()[2:] == ["O-8,Purchase,2026-03-13 10:00:00+0100,RETRACTION,,"]
    rows = stack.json("export", "google-adjustments", shop.slug)
    assert rows[1] == {"type": "RESTATEMENT", "order_id": "O-6", "time": "2026-03-11T10:00:00+01:00", "value": "70.00",
                       "currency": "PLN"}
    assert [row["order_id"] for row in rows] == ["O-1", "O-6", "O-7", "O-6", "O-8", "O-11"]
    # Withdrawn since: gone. The others' conversions are what they were.
    rows = stack.json("export", "google-conversions", shop.slug, "--from", "2026-03-10")
    assert [(row["click_id"], row["value"]) for row in rows] == [
        ("G-1", "132.70"), ("G-11", "100.00"), ("G-6", "100.00"), ("G-7", "100.00"), ("G-8", "100.00"), ("G,9", "50.00")]
    current = {"net_revenue": f"{1032.70 - 132.70 + 200 - 48.52 - 100 - 100 - 1:.2f}"}
    assert stack.day(shop.slug, "2026-03-10", "net_revenue") == current

    # A person who was erased is in no file.
    stack.ok("forget", shop.slug, "--visitor", "v7")
    rows = stack.json("export", "google-conversions", shop.slug)
    assert "G-7" not in {row["click_id"] for row in rows} and len(rows) == 5


def consent_update(shop, visitor, t):
    p = harness.proto()
    publication = shop.of("consent_update", t, visitor)
    publication.event.consent_update.consent.CopyFrom(p.event.Consent(marketing=DENIED))
    return publication


def test_days_of_attribution_and_files(stack, publisher, shop, tmp_path):
    shop, t = Shop(shop), ms("2026-03-10T10:00:00+01:00")
    publisher.accept([click(shop, "v", t - 10 * DAY, "G-1"), shop.purchase("v", t, "O-1")])
    path = tmp_path / "conversions.csv"
    assert stack.ok("export", "google-conversions", shop.slug, "--out", path) == f"1 conversions written to {path}\n"
    assert path.read_text().count("\n") == 3 and path.stat().st_mode & 0o777 == 0o600
    done = stack.cli("export", "google-conversions", shop.slug, "--out", path)
    assert done.returncode == 5 and "is there already" in done.stderr
    stack.ok("shop", "set", shop.slug, "--attribution-days", 7)
    stack.ok("export", "google-conversions", shop.slug, "--out", path, "--force")
    assert path.read_text().count("\n") == 2, "the click is too old now"
    done = stack.cli("export", "google-conversions", shop.slug, "--from", "2026-03-11", "--to", "2026-03-10")
    assert done.returncode == 2 and "--from is behind --to" in done.stderr
    assert stack.cli("export", "google-conversions", "nowhere").returncode == 2


def test_a_table_for_media_mix_models(stack, publisher, shop):
    shop, monday = Shop(shop), ms("2026-09-28T10:00:00+02:00")
    publisher.accept([
        shop.page_view("a", monday), shop.purchase("a", monday + MINUTE, "O-1", 12_345, customer="c1"),
        shop.page_view("b", monday + 6 * DAY), shop.page_view("c", monday + 7 * DAY),
        shop.purchase("c", monday + 7 * DAY + MINUTE, "O-2", 5_000, discount_minor=1_230, customer="c2"),
        shop.page_view("d", monday + 21 * DAY),
    ])
    stack.ok("report", "import", shop.slug, FILES / "report_google_ads.csv")
    stack.ok("report", "import", shop.slug, FILES / "report_meta_pl.csv")
    said = stack.ok("export", "mmm", shop.slug, "--from", "2026-09-30", "--to", "2026-10-14", "--settled")
    header, first, second, third = csv.reader(io.StringIO(said))
    assert header == ["week", "monday", "net_revenue", "orders", "new_customers", "sessions", "discount_rate", "spend",
                      "spend:paid_search", "spend:paid_social", "impressions:paid_search", "impressions:paid_social",
                      "clicks:paid_search", "clicks:paid_social", "spend:campaign:autumn-boots",
                      "spend:campaign:rolki-jesien"]
    assert first == ["2026-W40", "2026-09-28", "123.45", "1", "1", "2", "0.000000", "3674.75", "2372.00", "1302.75",
                     "24370", "57000", "660", "812", "2372.00", "1302.75"]
    discount = stack.values(shop.slug, "discount_rate", window=4, from_day="2026-10-05", to_day="2026-10-05")
    assert second == ["2026-W41", "2026-10-05", "37.70", "1", "1", "1", *discount.values(), "0.00", "0.00", "0.00",
                      "0", "0", "0", "0", "0.00", "0.00"]
    assert third == ["2026-W42", "2026-10-12", "0.00", "0", "0", "0", "", "0.00", "0.00", "0.00", "0", "0", "0", "0",
                     "0.00", "0.00"]
    # Only weeks that are over.
    weeks = list(csv.reader(io.StringIO(stack.ok("export", "mmm", shop.slug, "--from", "2026-10-12"))))[1:]
    assert weeks[-1][1] <= str(datetime.date.today() - datetime.timedelta(days=6))
    assert stack.cli("export", "mmm", shop.slug).returncode == 2
