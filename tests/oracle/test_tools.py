# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The oracle's own tools: levels, ranks and windows; and that random histories have something of every figure."""
import datetime

import pytest

from harness.events import DAY, HOUR, MINUTE, ms
from oracle import histories, oracle
from oracle.levels import level, nearest_rank
from oracle.windows import DAYS, HOURS, MONTHS, WEEKS, Calendar


@pytest.mark.parametrize("value,lower", [(-1, 0), (0, 0), (31, 31), (32, 32), (33, 32), (34, 34), (63, 62), (64, 64),
                                         (67, 64), (68, 68), (1_000_000, 983_040)])
def test_levels(value, lower):
    assert level(value) == lower


def test_nearest_rank():
    assert [nearest_rank(range(1, 5), percent) for percent in (1, 25, 26, 50, 75, 76, 90, 100)] == [
        (value, 1) for value in (1, 1, 2, 2, 3, 4, 4, 4)]
    assert nearest_rank([], 50) == (0, 0)


@pytest.mark.parametrize("zone,moment,hour,end", [
    ("Europe/Warsaw", "2026-10-25T02:30:00+01:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"),
    ("Asia/Kathmandu", "2026-06-28T10:10:00+05:45", "2026-06-28T10:00:00+05:45", "2026-06-28T11:00:00+05:45"),
    # 02:00 becomes 01:30: the hour from 01:00 goes on to the second 01:30, where another begins.
    ("Australia/Lord_Howe", "2026-04-05T01:40:00+10:30", "2026-04-05T01:30:00+10:30", "2026-04-05T02:00:00+10:30"),
])
def test_hours(zone, moment, hour, end):
    calendar = Calendar(zone)
    assert calendar.start(HOURS, ms(moment)) == ms(hour) and calendar.end(HOURS, ms(hour)) == ms(end)


def test_days_weeks_and_months():
    calendar = Calendar("Europe/Warsaw")
    t = ms("2026-03-29T12:00:00+02:00")
    starts = [calendar.start(window, t) for window in (DAYS, WEEKS, MONTHS)]
    assert starts == [ms(f"2026-03-{day}T00:00:00+01:00") for day in ("29", "23", "01")]
    assert calendar.end(DAYS, starts[0]) - starts[0] == 23 * HOUR
    assert calendar.end(WEEKS, starts[1]) - starts[1] == 7 * DAY - HOUR
    assert calendar.end(MONTHS, starts[2]) == ms("2026-04-01T00:00:00+02:00")
    days = datetime.date(2026, 3, 28), datetime.date(2026, 3, 30)
    assert len(calendar.starts(DAYS, *days)) == 3 and len(calendar.starts(HOURS, *days)) == 71


def test_histories_have_something_of_every_figure():
    seen = set()
    for seed, (zone, currency, start) in enumerate(histories.SHOPS):
        events = histories.History("s", currency, start, seed, 1_500, decisions=True).make()
        as_of_ms = (ms(start) + 40 * DAY) // MINUTE * MINUTE
        seen |= {place[0] for place in oracle.figures(histories.journal(events, currency, zone), as_of_ms)}
    assert seen == oracle.ROWS.keys()
