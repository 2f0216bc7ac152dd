# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Traffic and comfort."""
from oracle.facts import MINUTES, Fact, distinct, percentile, summed
from oracle.windows import MINUTE

ROWS = [
    summed("sessions", "sessions"),
    distinct("visitors", "visitor"),
    summed("page_views", "page_views"),
    summed("consent_coverage", "agreed_views", "page_views"),
    summed("views_per_session", "session_views", "sessions"),
    summed("visit_seconds", "visit_ms", "sessions"),
    percentile("visit_seconds_p50", "visit_ms", 50),
    percentile("visit_seconds_p90", "visit_ms", 90),
    summed("engaged_seconds", "engaged_ms", "sessions"),
    summed("bounce_rate", "bounced", "sessions"),
    distinct("live_visitors", "live", windows=(MINUTES,)),
    summed("search_miss_rate", "missed_searches", "searches"),
    percentile("page_speed_lcp_p75", "paint_ms", 75),
    percentile("page_speed_interaction_p75", "interaction_ms", 75),
    summed("page_errors", "page_errors", "page_views", scale=1000),
]


def facts(shop, as_of_ms):
    for session in shop.sessions.all:
        yield from session_facts(session)
    for event in shop.of("page_view"):
        place = shop.place_of(event)
        yield Fact("page_views", event.t, place)
        yield Fact("agreed_views", event.t, place, 0 if event.denied else 1)
    for event in shop.of("search"):
        yield Fact("searches", event.t, shop.place_of(event))
        yield Fact("missed_searches", event.t, shop.place_of(event), int(event.body.result_count == 0))
    for event in shop.of("page_timing"):
        for measure, ms in (("paint_ms", event.body.largest_contentful_paint_ms),
                            ("interaction_ms", event.body.interaction_delay_ms)):
            if ms:  # 0: not measured
                yield Fact(measure, event.t, shop.place_of(event), ms)
    for event in shop.of("page_error"):
        yield Fact("page_errors", event.t, shop.place_of(event))


def session_facts(session):
    amounts = {
        "sessions": 1,
        "visitor": session.visitor,
        "session_views": session.views,
        "visit_ms": session.end - session.start,
        "engaged_ms": session.engaged_ms,
        "bounced": 0 if session.is_engaged else 1,
    }
    for measure, amount in amounts.items():
        yield Fact(measure, session.start, session.place, amount)


def live_facts(shop):
    """Those that only a figure of minutes looks at: five an event."""
    for session in shop.sessions.all:
        for event in session.events:
            first = -(-event.t // MINUTE)
            for minute in range(first, first + 5):  # the whole minutes A with A - 5 min < t <= A
                yield Fact("live", minute * MINUTE, session.place, session.visitor)
