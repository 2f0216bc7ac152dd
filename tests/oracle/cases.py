# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""For the oracle's own tests: figures of a few hand-made events, without a service."""
import datetime

from harness.events import DAY, HOUR, MINUTE, Shop, line, ms
from oracle import histories, oracle, shop
from oracle.told import CLIENT, SERVER

__all__ = ["AT", "CLIENT", "DAY", "HOUR", "MINUTE", "SERVER", "SHOP", "Told", "line", "ms"]
SHOP = Shop("s")
AT = ms("2026-03-10T10:00:00+01:00")  # a Tuesday in Warsaw
WINDOWS = {"minute": 1, "hour": 2, "day": 3, "week": 4, "month": 5}


class Told:
    """What was told so far, and what it comes to at `as_of` (default: long after). Publications are by a client
    unless they stand in a tuple with their origin."""

    def __init__(self, *events, currency="PLN", zone="Europe/Warsaw", as_of=AT + 400 * DAY):
        self.as_of, self.books = ms(as_of), {}
        self.say = {"currency": currency, "zone": zone}
        self.events = [event if isinstance(event, tuple) else (event, CLIENT) for event in events]

    def journal(self):
        return histories.journal(self.events, **self.say)

    def book(self):
        if self.as_of not in self.books:
            self.books[self.as_of] = oracle.open_book(shop.Shop(self.journal()), self.as_of)
        return self.books[self.as_of]

    def figure(self, kpi, day="2026-03-10", window="day", dimension="total", key="-"):
        """(numerator, denominator) of the window that holds the day's first instant, or the instant; None: not kept."""
        number, row, calendar = WINDOWS[window], oracle.ROWS[kpi], self.book().calendar
        at = ms(day) if "T" in day else calendar.midnight(datetime.date.fromisoformat(day))
        start = calendar.start(number, at)
        if not row.is_kept(number, dimension):
            return None
        return row.form(self.book(), number, start, calendar.end(number, start), dimension, key)

    def figures(self, *kpis, **how):
        return {kpi: self.figure(kpi, **how) for kpi in kpis}
