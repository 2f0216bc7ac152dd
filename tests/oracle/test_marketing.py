# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hand-worked: reports, landing pages, feeds, placements, plans."""
import pytest

from oracle.cases import AT, DAY, HOUR, SERVER, SHOP, Told
from oracle.marketing import page

TODAY = "2026-03-10"


def said(kind, t=AT, **fields):
    return SHOP.of(kind, t, **fields), SERVER


def spent(minor, report_time_ms, **more):
    row = {"platform": "p", "campaign": "spring", "day": TODAY, "currency": "PLN"} | more
    return said("ad_spend", spend_minor=minor, report_time_ms=report_time_ms, **row)


def campaign(t, state, minor=7_000, first="2026-03-09", last="2026-03-15", **more):
    return said("campaign_changed", t, campaign="spring", state=state, budget={"minor": minor, "currency": "PLN"},
                first_day=first, last_day=last, **more)


def test_the_last_report_counts():
    told = Told(spent(500, 2, clicks=5), spent(700, 1, clicks=7), spent(30, 1, account="b", clicks=1))
    assert told.figure("spend") == (530, 1) and told.figure("cpc") == (530, 6)
    assert told.figure("cpc", dimension="campaign", key="spring") == (530, 6)
    assert told.figure("tracked_share", dimension="campaign", key="spring") == (0, 0)
    assert told.figure("tracked_share") is None, "there is no total"


def test_foreign_spend():
    abroad = spent(1_000, 1, currency="EUR", clicks=4)
    assert Told(abroad).figures("spend", "foreign_spend_rows", "cpc") == {
        "spend": (0, 1), "foreign_spend_rows": (1, 1), "cpc": (0, 0)}
    rate = said("rate_published", rate_source="bank", day="2026-03-09", rates=[{"currency": "EUR", "per_unit_nano": 4_250_000_001}])
    assert Told(abroad, rate).figures("spend", "foreign_spend_rows", "cpc") == {
        "spend": (4_250, 1), "foreign_spend_rows": (0, 1), "cpc": (4_250, 4)}


def test_impression_share_is_weighted():
    told = Told(spent(0, 1, impressions=300, impression_share_bp=5_000),
                spent(0, 1, account="b", impressions=100, impression_share_bp=9_000),
                spent(0, 1, account="c", impressions=900))
    assert told.figure("impression_share") == (2_400_000, 4_000_000)


@pytest.mark.parametrize("text,path", [
    ("/a", "/a"), ("/a?b=c", "/a"), ("https://x.example/a#b", "/a"), ("https://x.example", "/"), ("", "unknown"),
    ("https://x.example?a", "/"), ("/go?to=https://x.example/y", "/go"), ("a:b/c", "a:b/c"), ("/" + "x" * 256, "unknown"),
])
def test_pages(text, path):
    assert page(text) == path


def test_organic_visits_by_landing_page():
    seek = {"referrer_host": "www.google.com", "host": "shop.example"}
    told = Told(SHOP.page_view("v", AT, context=seek | {"path": "/a"}), SHOP.page_view("v", AT + 1, context={"path": "/b"}),
                SHOP.purchase("v", AT + 2, "O-1", 1_000), SHOP.page_view("w", AT, context={"path": "/a"}))
    assert told.figure("organic_sessions", dimension="landing_page", key="/a") == (1, 1)
    assert told.figure("organic_revenue", dimension="landing_page", key="/a") == (1_000, 1)
    assert told.figure("organic_sessions") == (1, 1)


def test_feeds_stand_until_the_next_word():
    told = Told(said("feed_status", platform="m", feed="pl", sent=10, approved=9),
                said("feed_status", platform="m", feed="de", sent=10, approved=1),
                said("feed_status", AT + 2 * DAY, platform="m", feed="de", sent=20, approved=20))
    assert [told.figure("feed_health", day) for day in ("2026-03-09", TODAY, "2026-03-11", "2026-03-12")] == [
        (0, 0), (10, 20), (10, 20), (29, 30)]


def test_placements():
    says = {"message_id": "m", "campaign": "spring"}

    def shown(t, placement, version):
        return said("message_shown", t, message_id="m", placement=placement, message_version=version)

    told = Told(said("message_published", AT, message_version=1, placements=["a", "b"], **says), shown(AT + HOUR, "a", 1),
                said("message_published", AT + DAY, message_version=2, placements=["a"], **says), shown(AT + DAY, "b", 1),
                shown(AT + 2 * DAY, "a", 2), shown(AT + 2 * DAY, "b", 0),
                said("message_withdrawn", AT + 3 * DAY, message_version=2, **says))
    days = [f"2026-03-{day}" for day in (10, 11, 12, 13)]
    assert [told.figure("message_coherence", day) for day in days] == [(1, 2), (0, 2), (1, 1), (0, 1)]


def test_pace():
    curve = {"monday": 1, "tuesday": 1, "saturday": 2}
    told = Told(campaign(AT - 5 * DAY, 3, weekday_curve=curve), spent(2_000, 1))
    where = {"dimension": "campaign", "key": "spring"}
    assert [told.figure("pace", f"2026-03-{day:02}", **where) for day in (8, 9, 10, 11, 14, 20)] == [
        (0, 0), (0, 1_750), (2_000, 3_500), (2_000, 3_500), (2_000, 7_000), (2_000, 7_000)]
    assert told.figure("pace_day", TODAY, **where) == (2_000, 1_750)
    assert told.figure("pace_month", TODAY, window="month", **where) == (2_000, 1_000)
    under_way = Told(*told.events, as_of=AT)
    assert under_way.figure("pace", TODAY, **where) == (2_000, 1_750), "a day is due when it is over"


def test_a_campaign_that_ended_or_never_began():
    where = {"dimension": "campaign", "key": "spring"}
    ended = Told(campaign(AT - 5 * DAY, 3), campaign(AT, 6))
    assert [ended.figure("pace", f"2026-03-{day}", **where) for day in ("09", 10, 15)] == [(0, 1_000)] * 3
    assert Told(campaign(AT, 1)).figure("pace", "2026-03-20", **where) == (0, 0)
