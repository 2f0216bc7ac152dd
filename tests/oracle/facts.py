# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What modules of the groups yield, and how it becomes figures. A fact is (measure, t, place, amount); a measure's
facts are added up by window and key, counted as distinct amounts, ranked, or added up from the beginning."""
import bisect
import collections
import dataclasses
import itertools
import operator
import typing

from oracle.levels import level, nearest_rank
from oracle.places import DIMENSIONS
from oracle.windows import DAYS, HOURS, MINUTE, MINUTES, MONTHS, WEEKS, WINDOWS

SIX = ("total", "sales_channel", "marketing_channel", "campaign", "device", "country")
TOTAL, OFFER = ("total",), ("total", "offer")
ALL_WINDOWS = tuple(WINDOWS)
LARGE = (HOURS, DAYS, WEEKS, MONTHS)
WHOLE_DAYS = (DAYS, WEEKS, MONTHS)


class Fact(typing.NamedTuple):
    measure: str
    t: int
    place: object
    amount: object = 1


@dataclasses.dataclass(frozen=True)
class Row:
    """One figure. A form is a function of (Book, window, start, end, dimension, key) that gives (N, D)."""

    kpi: str
    form: typing.Callable
    windows: tuple = ALL_WINDOWS
    dimensions: tuple = SIX
    nothing: tuple = (0, 0)  # what it is where nothing happened
    reaches_back: bool = False  # it may be something in windows in which nothing happens

    def is_kept(self, window, dimension):
        return window in self.windows and dimension in self.dimensions


class Book:
    """Facts, laid out so that a figure can look them up: {(measure, dimension, key): [(t, amount)]}."""

    def __init__(self, shop, as_of_ms, facts):
        self.shop, self.calendar, self.as_of_ms = shop, shop.calendar, as_of_ms
        self.minutes = collections.defaultdict(set)  # (dimension, key): in which something happened
        at_place = {}  # what a place's facts of a measure add to
        series = collections.defaultdict(list)
        for measure, t, place, amount in facts:
            if (measure, place) not in at_place:
                at_place[measure, place] = [(series[measure, dimension, key], self.minutes[dimension, key])
                                            for dimension, key in place.keys]
            told, minute = (t, amount), t // MINUTE
            for facts_there, minutes in at_place[measure, place]:
                facts_there.append(told)
                minutes.add(minute)
        for told in series.values():
            told.sort(key=operator.itemgetter(0))
        self.first_ms = min((told[0][0] for told in series.values()), default=as_of_ms)
        self.series = dict(series)
        self.sums = {}

    def within(self, measure, window, start, dimension, key):
        """Amounts of the facts in the window that begins at `start`."""
        series = self.series.get((measure, dimension, key), ())
        first, end = (bisect.bisect_left(series, t, key=operator.itemgetter(0))
                      for t in (start, self.calendar.end(window, start)))
        return [amount for _, amount in series[first:end]]

    def before(self, measure, end, dimension, key):
        """The sum of all amounts before an instant."""
        at = measure, dimension, key
        series = self.series.get(at, ())
        if at not in self.sums:
            self.sums[at] = [0, *itertools.accumulate(amount for _, amount in series)]
        return self.sums[at][bisect.bisect_left(series, end, key=operator.itemgetter(0))]

    def starts(self, window, dimension, key, first_day, last_day):
        """Of the windows in which something of the key happened."""
        first, end = self.calendar.midnight(first_day), self.calendar.day_end(last_day)
        starts = {self.calendar.start(window, minute * MINUTE) for minute in self.minutes[dimension, key]}
        return sorted(start for start in starts if self.calendar.end(window, start) > first and start < end)

    def keys(self, dimension):
        return sorted(key for one, key in self.minutes if one == dimension)


# ---- forms -------------------------------------------------------------------------------------------------


def _parse(text):
    """ "a b -c" -> [(measure, sign)]"""
    return [(word.lstrip("-"), -1 if word.startswith("-") else 1) for word in text.split()]


def summed(kpi, numerator, denominator=None, scale=1, **more):
    """Sums in the window; names of measures, each with a sign. Without a denominator it is an amount."""
    above, below = _parse(numerator), _parse(denominator or "")

    def form(book, window, start, end, dimension, key):
        def total(terms):
            return sum(sign * sum(book.within(measure, window, start, dimension, key)) for measure, sign in terms)

        return scale * total(above), total(below) if below else 1

    return Row(kpi, form, nothing=(0, 0 if below else 1), **more)


def distinct(kpi, numerator, denominator=None, **more):
    """Different amounts in the window."""

    def form(book, window, start, end, dimension, key):
        def count(measure):
            return len(set(book.within(measure, window, start, dimension, key)))

        return count(numerator), count(denominator) if denominator else 1

    return Row(kpi, form, nothing=(0, 0 if denominator else 1), **more)


def percentile(kpi, measure, percent, exact=False, **more):
    def form(book, window, start, end, dimension, key):
        values = book.within(measure, window, start, dimension, key)
        return nearest_rank([value if exact else level(value) for value in values], percent)

    return Row(kpi, form, windows=LARGE, **more)


def standing(kpi, numerator, denominator=None, **more):
    """What came less what went, before the window's end."""
    more.setdefault("windows", WHOLE_DAYS)

    def form(book, window, start, end, dimension, key):
        below = book.before(denominator, end, dimension, key) if denominator else 1
        return book.before(numerator, end, dimension, key), below

    return Row(kpi, form, nothing=(0, 0 if denominator else 1), reaches_back=True, **more)


# ---- figures -----------------------------------------------------------------------------------------------


def tell(book, rows, windows, first_day, last_day):
    """{(kpi, window, start, dimension, key): (N, D)} of all windows that meet the days; nothing is left out."""
    found = {}
    for window in windows:
        every = [] if window == MINUTES else book.calendar.starts(window, first_day, last_day)
        for dimension in DIMENSIONS:
            kept = [row for row in rows if row.is_kept(window, dimension)]
            for key in book.keys(dimension) if kept else ():
                busy = book.starts(window, dimension, key, first_day, last_day)
                for row in kept:
                    for start in every if row.reaches_back else busy:
                        figure = row.form(book, window, start, book.calendar.end(window, start), dimension, key)
                        if figure != row.nothing:
                            found[row.kpi, window, start, dimension, key] = figure
    return found
