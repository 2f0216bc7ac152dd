# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Local time: half-open windows of a zone, by zoneinfo."""
import datetime
import functools
import zoneinfo

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
WINDOWS = {1: "minute", 2: "hour", 3: "day", 4: "week", 5: "month"}  # by their number in metrics.proto
MINUTES, HOURS, DAYS, WEEKS, MONTHS = WINDOWS


class Calendar:
    def __init__(self, zone):
        self.zone = zoneinfo.ZoneInfo(zone)
        self.offset_ms = functools.cache(self._offset_ms)
        self.midnight = functools.cache(self._midnight)
        self.start_of_minute = functools.cache(self._start_of_minute)
        self.end = functools.cache(self._end)

    def _offset_ms(self, second):
        local = datetime.datetime.fromtimestamp(second, self.zone)
        return round(local.utcoffset().total_seconds()) * 1000

    def date(self, t):
        return datetime.datetime.fromtimestamp(t // 1000, self.zone).date()

    def _midnight(self, day):
        """The first instant of a local day."""
        midnight = datetime.datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return round(midnight.timestamp()) * 1000

    def day_end(self, day):
        return self.midnight(day + datetime.timedelta(days=1))

    def days_before(self, end, count):
        """The first instant of the `count` local days that end at a midnight."""
        return self.midnight(self.date(end) - datetime.timedelta(days=count))

    def _hour(self, t):
        """An hour ends, too, where the clock is changed by half of one."""
        shift = self.offset_ms(t // 1000)
        start = (t + shift) // HOUR * HOUR - shift
        while self.offset_ms(start // 1000) != shift:
            start += MINUTE
        return start

    def _start_of_minute(self, window, minute):
        t = minute * MINUTE
        if window == MINUTES:
            return t
        if window == HOURS:
            return self._hour(t)
        day = self.date(t)
        if window == WEEKS:
            day -= datetime.timedelta(days=day.weekday())
        elif window == MONTHS:
            day = day.replace(day=1)
        return self.midnight(day)

    def start(self, window, t):
        """The first instant of the window that holds t. Offsets are whole minutes in the years that matter."""
        return self.start_of_minute(window, t // MINUTE)

    def _end(self, window, start):
        if window in (MINUTES, HOURS):
            end = start + MINUTE
            while window == HOURS and self.start(window, end) == start:
                end += MINUTE
            return end
        day = self.date(start)
        if window == DAYS:
            return self.day_end(day)
        if window == WEEKS:
            return self.midnight(day + datetime.timedelta(days=7))
        return self.midnight((day.replace(day=28) + datetime.timedelta(days=4)).replace(day=1))

    def starts(self, window, first_day, last_day):
        """The starts of all windows that meet the days."""
        start, end, found = self.start(window, self.midnight(first_day)), self.day_end(last_day), []
        while start < end:
            found.append(start)
            start = self.end(window, start)
        return found


def parse_day(text):
    """A date, or None for what is none."""
    try:
        return datetime.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
