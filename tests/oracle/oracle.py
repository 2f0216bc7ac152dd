# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The figures of a journal, said a second time: straight from the definitions, in plain Python, all at once and
without regard to speed. It shares no code and no idea of state with services/metrics: no cells, no corrections, no
order of arrival; each module recomputes its group from the sorted set of all events. Amounts are exact integers.

`figures(entries, as_of_ms, first_day, last_day)` takes JournalEntry messages of one shop, its settings among them,
and gives {(kpi, window, start_ms, dimension, key): (numerator, denominator)} for every window that meets the local
days; what is not in it is nothing (see `nothing`). Where the definitions leave room it follows "Definitions chosen"
of docs/ARCHITECTURE.md. The modules, from below: told, windows, levels, channel, places, money, rates, sessions,
orders, carts; shop joins them; traffic, sales, customers, basket, service, supply,
books, offers, attribution (with touches, markov and signature), marketing and affiliates count.
"""
import itertools

from oracle import (affiliates, attribution, basket, books, customers, facts, marketing, offers, sales, service, supply,
                    traffic)
from oracle.shop import Shop
from oracle.windows import MINUTES, WINDOWS

COUNTING = (traffic, sales, basket, service, supply, books, offers, attribution, marketing, affiliates)
ROWS = {row.kpi: row for group in (*COUNTING, customers) for row in group.ROWS}


def is_kept(kpi, window, dimension):
    return ROWS[kpi].is_kept(window, dimension)


def nothing(kpi):
    """A figure of a window in which nothing happened."""
    return ROWS[kpi].nothing


def figures(entries, as_of_ms, first_day=None, last_day=None, kpis=None, windows=tuple(WINDOWS)):
    """Without days: from the first fact's to that of `as_of_ms`. `kpis`: only these."""
    return figures_of(Shop(entries), as_of_ms, first_day, last_day, kpis, windows)


def figures_of(shop, as_of_ms, first_day=None, last_day=None, kpis=None, windows=tuple(WINDOWS)):
    """The same of a shop that was read before."""
    book = open_book(shop, as_of_ms, windows)
    first_day = first_day or book.calendar.date(book.first_ms)
    last_day = last_day or book.calendar.date(as_of_ms)
    return facts.tell(book, [ROWS[kpi] for kpi in kpis or ROWS], windows, first_day, last_day)


def open_book(shop, as_of_ms, windows=tuple(WINDOWS)):
    told = [group.facts(shop, as_of_ms) for group in COUNTING]
    if MINUTES in windows:
        told.append(traffic.live_facts(shop))
    return facts.Book(shop, as_of_ms, itertools.chain.from_iterable(told))
