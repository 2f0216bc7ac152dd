# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rates of exchange that were published: which of them an order without one of its own is converted by."""
import datetime

from oracle.told import group
from oracle.windows import parse_day


class Rates:
    def __init__(self, settings, calendar, told):
        self.settings, self.calendar = settings, calendar
        published = [event for event in told if event.kind == "rate_published" and parse_day(event.body.day)]
        self.of_source = group(published, lambda event: event.body.rate_source)

    def of_order(self, currency, placed_at):
        """The latest dated before the order's local day and at most 7 days old; None without one."""
        today = self.calendar.date(placed_at)
        candidates = []
        for event in self.of_source.get(self.settings.at(placed_at).rate_source, ()):
            day = parse_day(event.body.day)
            if today - datetime.timedelta(days=7) <= day < today:
                candidates += [(day, *event.moment, rate) for rate in event.body.rates if rate.currency == currency]
        return max(candidates, key=lambda candidate: candidate[:3])[3] if candidates else None
