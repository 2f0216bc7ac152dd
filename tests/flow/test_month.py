# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A month of a simulated shop: live figures, `utarg verify` and the oracle agree in every digit. 50,000 events;
`./test --full` sets UTARG_MONTH_EVENTS to 2 million."""
import datetime
import os

from oracle import windows
from test_oracle import Comparison, assert_none

EVENTS = int(os.environ.get("UTARG_MONTH_EVENTS", "50000"))
LAST_DAY = datetime.date.today().replace(day=1) - datetime.timedelta(days=1)
EVENTS_A_VISIT = 11  # and some more


def test_a_month_in_three_voices(stack):
    zone, slug = "Europe/Warsaw", stack.add_shop("month")
    visits = EVENTS // LAST_DAY.day // EVENTS_A_VISIT
    stack.ok("simulate", slug, "--day", str(LAST_DAY), "--days", str(LAST_DAY.day), "--visits", str(visits))
    assert stack.head(slug) >= EVENTS
    stack.settle(slug)
    stack.verify(slug)
    comparison = Comparison(stack, slug, zone)
    kpis, found = comparison.kpis(), {}
    asked = windows.DAYS, windows.WEEKS, windows.MONTHS
    span = comparison.calendar.midnight(comparison.days[0]), comparison.calendar.day_end(comparison.days[1])
    for window in asked:
        found |= comparison.served(kpis, span, window)
    assert_none(comparison.differences(found, kpis, asked, span), len(found), 5_000, slug)
