# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What advertising, mailing and search platforms report, and report again, through the real processes: the last report
counts whichever came first and says that it is a correction; landing pages, feeds, a campaign against its plan."""
import datetime
import random
import uuid
import zoneinfo

import pytest

from harness import utarg as harness
from harness.events import DAY, HOUR, MINUTE, Shop, ms
from oracle import marketing, oracle, windows
from test_oracle import Comparison, assert_none

SERVER = 2
DAY_OF_ROWS, T = "2026-03-10", ms("2026-03-11T09:00:00+01:00")
ROWS = {"platform": "p", "account": "main", "campaign": "spring", "day": DAY_OF_ROWS}
REFERRED = {"host": "shop.example", "referrer_host": "www.google.com"}


@pytest.fixture(scope="module")
def place(stack):
    stack.ok("shop", "add", "reported", "--currency", "PLN", "--zone", "Europe/Warsaw", "--rate-source", "nbp")
    return stack, Shop("reported")


def reason(update):
    return harness.proto().metrics.Reason.Name(update.reason).removeprefix("REASON_")


def reported(shop, kind, report_time_ms, **more):
    return shop.of(kind, T, report_time_ms=report_time_ms, **ROWS, **more)


def assert_as_the_oracle_says(stack, slug, at_least):
    """All marketing figures of the shop; the oracle shares no code with metrics."""
    comparison = Comparison(stack, slug, "Europe/Warsaw")
    kpis, asked = [row.kpi for row in marketing.ROWS], (windows.DAYS, windows.WEEKS, windows.MONTHS)
    span = comparison.calendar.midnight(comparison.days[0]), comparison.calendar.day_end(comparison.days[1])
    found = {}
    for window in asked:
        found |= comparison.served([kpi for kpi in kpis if window in oracle.ROWS[kpi].windows], span, window)
    assert_none(comparison.differences(found, kpis, asked, span), len(found), at_least, slug)


def by_campaign(stack, shop, *kpis, **how):
    found = stack.values(shop.slug, *kpis, dimension="campaign", key="spring", from_day=DAY_OF_ROWS, to_day=DAY_OF_ROWS)
    return {kpi: value for (kpi, _, _), value in found.items()}


def test_a_corrected_row_replaces_the_older_one(place, publisher):
    stack, shop = place
    topics = [f"kpi/{shop.slug}/{kpi}/campaign/spring/day/" for kpi in ("spend", "delivered")]
    said = stack.subscriber(*topics)

    def publish(*rows):
        publisher.accept(rows, SERVER)

    def until(value):
        topic, update = said.until(lambda _, found: found.figure.value == value, timeout=10, what=value)
        return update

    # The better row first: what was reported before it changes nothing.
    publish(reported(shop, "ad_spend", T - HOUR, spend_minor=10_000, currency="PLN", clicks=40, impressions=1_600))
    first = until("100.00")
    assert reason(first) == "LATE", "its day is over"
    publish(reported(shop, "ad_spend", T - 2 * HOUR, spend_minor=9_000, currency="PLN", clicks=99))
    assert by_campaign(stack, shop, "spend", "cpc", "ad_ctr") == {"spend": "100.00", "cpc": "2.50", "ad_ctr": "0.025000"}
    # The older row first: the better one replaces it, with a revision and what was said before.
    publish(reported(shop, "ad_spend", T, spend_minor=12_000, currency="PLN", clicks=50, impressions=2_000))
    corrected = until("120.00")
    assert reason(corrected) == "CORRECTION" and corrected.previous_value == "100.00"
    assert corrected.figure.revision == stack.head(shop.slug) > first.figure.revision
    # Mailings by the same rule.
    publish(reported(shop, "mailing_stats", T + 2, sent=1_000, delivered=900, opened=450, clicked=90, bounced=100))
    publish(reported(shop, "mailing_stats", T + 1, sent=1, delivered=1))
    publish(reported(shop, "mailing_stats", T + 3, sent=1_000, delivered=950, opened=475, clicked=95, bounced=50,
                     unsubscribed=19))
    mailed = until("950")
    assert reason(mailed) == "CORRECTION" and mailed.previous_value == "900"
    assert by_campaign(stack, shop, "open_rate", "click_rate", "unsubscribe_rate", "mail_bounce_rate") == {
        "open_rate": "0.500000", "click_rate": "0.100000", "unsubscribe_rate": "0.020000", "mail_bounce_rate": "0.050000"}
    history = stack.json("kpi", shop.slug, "spend", "--history", "--day", DAY_OF_ROWS, "--dimension", "campaign", "--key",
                         "spring")
    assert "correction" in str(history).lower()
    stack.verify(shop.slug)


def test_foreign_spend_waits_for_its_rate(place, publisher):
    stack, shop = place
    publisher.accept([shop.of("ad_spend", T, **ROWS | {"campaign": "abroad"}, report_time_ms=T, currency="EUR",
                              spend_minor=10_000, clicks=10)], SERVER)

    def told():
        found = stack.values(shop.slug, "spend", "foreign_spend_rows", "cpc", "ad_clicks", dimension="campaign", key="abroad",
                             from_day=DAY_OF_ROWS, to_day=DAY_OF_ROWS)
        return {kpi: value for (kpi, _, _), value in found.items()}

    without = told()
    assert (without["foreign_spend_rows"], without["ad_clicks"], without.get("spend", "0.00")) == ("1", "10", "0.00")
    rate = {"currency": "EUR", "per_unit_nano": 4_250_000_000}
    publisher.accept([shop.of("rate_published", T, rate_source="nbp", day="2026-03-09", rates=[rate])], SERVER)
    assert told() == {"spend": "425.00", "cpc": "42.50", "ad_clicks": "10"}
    stack.verify(shop.slug)


def test_search_by_landing_page(place, publisher):
    stack, shop = place
    rows = [{"landing_page": "https://shop.example/shoes?a=b", "brand": True, "impressions": 100, "clicks": 30,
             "position_thousandth": 1_500},
            {"landing_page": "/shoes", "impressions": 300, "clicks": 6, "position_thousandth": 9_500}]
    where = {key: ROWS[key] for key in ("platform", "account", "day")}
    publisher.accept([shop.of("seo_stats", T, report_time_ms=T + 2, rows=rows, **where),
                      shop.of("seo_stats", T, report_time_ms=T + 1, rows=rows[:1], **where)], SERVER)
    t = ms("2026-03-10T12:00:00+01:00")
    publisher.accept([shop.page_view("seeker", t, context=REFERRED | {"path": "/shoes"}),
                      shop.purchase("seeker", t + MINUTE, "O-1", 5_000),
                      shop.page_view("other", t, context=REFERRED | {"path": "/hats"})])
    publisher.accept([shop.refund(T, "R-1", "O-1", items_net_minor=2_000)], SERVER)
    found = stack.values(shop.slug, dimension="landing_page", key="/shoes", from_day=DAY_OF_ROWS, to_day=DAY_OF_ROWS)
    assert {kpi: value for (kpi, _, _), value in found.items()} == {
        "search_ctr": "0.090000", "search_ctr_brand": "0.300000", "search_ctr_other": "0.020000",
        "search_position": "7.500000", "search_position_brand": "1.500000", "search_position_other": "9.500000",
        "organic_sessions": "1", "organic_revenue": "30.00"}
    assert stack.day(shop.slug, DAY_OF_ROWS, "organic_sessions", "search_ctr") == {
        "organic_sessions": "2", "search_ctr": "0.090000"}


def test_what_is_credited_beside_what_platforms_say(place, publisher):
    """Two orders came by the campaign, four are claimed; the mailing's order by a thousand mails."""
    stack, shop = place
    t = ms("2026-03-10T15:00:00+01:00")
    ad = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring"}
    letter = {"utm_source": "letter", "utm_medium": "email", "utm_campaign": "letter"}
    publisher.accept([shop.page_view("ad-1", t, context=ad), shop.purchase("ad-1", t + MINUTE, "A-1", 3_000),
                      shop.page_view("ad-2", t, context=ad), shop.purchase("ad-2", t + MINUTE, "A-2", 4_000),
                      shop.page_view("mail", t, context=letter), shop.purchase("mail", t + MINUTE, "A-3", 1_900)])
    publisher.accept([reported(shop, "ad_spend", T + HOUR, spend_minor=12_000, currency="PLN", clicks=50, reported_orders=4,
                               impressions=2_000, impression_share_bp=3_500),
                      shop.of("mailing_stats", T, **ROWS | {"campaign": "letter"}, report_time_ms=T, sent=400, delivered=380)],
                     SERVER)
    assert by_campaign(stack, shop, "tracked_share", "impression_share", "roas") == {
        "tracked_share": "0.500000", "impression_share": "0.350000", "roas": "0.583333"}
    mille = stack.values(shop.slug, "revenue_per_mille", dimension="campaign", key="letter", from_day=DAY_OF_ROWS,
                         to_day=DAY_OF_ROWS)
    assert list(mille.values()) == ["50.00"]
    publisher.accept([shop.order_cancelled(T, "A-2")], SERVER)
    assert by_campaign(stack, shop, "roas") == {"roas": "0.250000"}


def test_feeds(place, publisher):
    stack, shop = place
    publisher.accept([shop.of("feed_status", T, platform="merchant", feed=feed, sent=sent, approved=approved)
                      for feed, sent, approved in (("pl", 100, 80), ("de", 50, 20))], SERVER)
    assert stack.day(shop.slug, "2026-03-11", "feed_health") == {"feed_health": "0.666667"}
    publisher.accept([shop.of("feed_status", T + DAY, platform="merchant", feed="de", sent=50, approved=50)], SERVER)
    assert stack.day(shop.slug, "2026-03-11", "feed_health") == {"feed_health": "0.666667"}
    assert stack.day(shop.slug, "2026-03-12", "feed_health") == {"feed_health": "0.866667"}


def test_a_campaign_against_its_plan(place, publisher):
    stack, _ = place
    shop = Shop(stack.add_shop("planned"))
    today = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Warsaw")).date()
    days = [str(today + datetime.timedelta(days=i)) for i in range(-9, 21)]
    stack.ok("campaign", "create", shop.slug, "autumn", "--channel", "ads", "--budget", "3000.00PLN", "--from", days[0],
             "--to", days[-1])
    publisher.accept([shop.ad_spend(harness.now_ms(), days[i], "autumn", amount)
                      for i, amount in ((0, 25_000), (8, 20_000))], SERVER)

    def pace(kpi, day):
        found = stack.values(shop.slug, kpi, dimension="campaign", key="autumn", from_day=day, to_day=day)
        return found.get((kpi, "autumn", day), "")

    # 100.00 a day: 900.00 are due when nine days are over, the tenth is under way.
    assert pace("pace", days[8]) == "0.500000" and pace("pace", days[0]) == "2.500000"
    assert pace("pace_day", days[8]) == "2.000000" and pace("pace_day", days[0]) == "2.500000"
    explained = stack.ok("kpi", "--explain", "pace_month")
    assert "30.4 times" in explained
    stack.verify(shop.slug)
    assert_as_the_oracle_says(stack, shop.slug, at_least=50)


def test_placements_of_a_message(place, publisher):
    stack, _ = place
    shop = Shop(stack.add_shop("placed"))
    today = str(datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Warsaw")).date())

    def publish(*placements):
        message = {"message_id": "mugs", "text": "Mugs", "placements": placements}
        stack.asker("campaign").ask(message_publish={"command_id": uuid.uuid4().bytes, "shop": shop.slug, "message": message})

    def shown(placement, version):
        publisher.accept([shop.of("message_shown", harness.now_ms(), message_id="mugs", message_version=version,
                                  placement=placement)], SERVER)

    def coherence():
        return stack.day(shop.slug, today, "message_coherence")["message_coherence"]

    publish("web/home", "pos/door")
    assert coherence() == "0.000000"
    shown("web/home", 1)
    assert coherence() == "0.500000"
    publish("web/home")  # version 2; the door does not show the first one, so it is out
    assert coherence() == "0.000000"
    shown("pos/door", 1)
    shown("web/home", 2)
    assert coherence() == "0.500000", "the door shows what is over"
    assert_as_the_oracle_says(stack, shop.slug, at_least=3)
    stack.verify(shop.slug)


def test_all_of_it_as_the_oracle_says(place):
    """What the tests before have told."""
    stack, shop = place
    assert_as_the_oracle_says(stack, shop.slug, at_least=200)


def test_reports_in_any_order(place, publisher):
    """The same rows under two shops, in order and shuffled with some twice: the same figures."""
    stack, _ = place
    found = []
    for slug in ("sorted", "mixed"):
        stack.add_shop(slug)
        r = random.Random(7)
        shop = Shop(slug, random=r)
        rows = [shop.ad_spend(T + i, DAY_OF_ROWS, r.choice(["a", "b"]), r.randrange(9_000), report_time_ms=T + r.randrange(4),
                              clicks=r.randrange(90)) for i in range(40)]
        if slug == "mixed":
            rows += r.sample(rows, 10)
            r.shuffle(rows)
        publisher.publish(rows, SERVER)
        found.append(stack.values(slug, "spend", "ad_clicks", "cpc", dimension="campaign", from_day=DAY_OF_ROWS,
                                  to_day=DAY_OF_ROWS))
        stack.verify(slug)
    assert found[0] == found[1] and found[0]["spend", "a", DAY_OF_ROWS] != "0.00"
