# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two voices, one figure: random and simulated histories through the real processes, and every figure that metrics
serves against what tests/oracle makes of the same journal: the same integers for every figure, window, dimension and
key, and the same text. Which figures there are is metrics' knowledge; one that the oracle does not know fails.

UTARG_SEED repeats a history, UTARG_ORACLE_EVENTS makes it larger, UTARG_ORACLE_LIST names a file for the differences.
"""
import datetime
import decimal
import fractions
import itertools
import os
import random

import pytest

from harness import more
from harness import utarg as harness
from harness.events import DAY, HOUR, MINUTE
from oracle import histories, oracle, places, said_in_sql, windows
from oracle.money import EXPONENTS
from oracle.shop import Shop

SIMULATED_DAY = str(datetime.date.today() - datetime.timedelta(days=45))
SCALES = {"RATIO": (1, 6), "MEAN": (1, 6), "SECONDS": (1_000, 3), "MINUTES": (60_000, 3), "HOURS": (HOUR, 3),
          "MILLIONTHS": (1_000_000, 6)}


# ---- comparing ---------------------------------------------------------------------------------------------


class Comparison:
    """All figures of a shop, asked of metrics, beside the oracle's."""

    def __init__(self, stack, slug, zone, more_days=0):
        self.stack, self.slug = stack, slug
        stack.settle(slug)
        self.first_ms = self.last_ms = None
        self.shop = Shop(self.entries())
        self.calendar = windows.Calendar(zone)
        self.days = [self.calendar.date(self.first_ms - 10 * DAY),
                     self.calendar.date(min(self.last_ms + more_days * DAY, harness.now_ms()))]
        self.expected = {}

    def entries(self):
        """Of the journal; the first one is no event of the shop's life."""
        journal = self.stack.read_journal(self.slug)
        yield next(journal)
        for entry in journal:
            self.first_ms = min(self.first_ms or entry.event_time_ms, entry.event_time_ms)
            self.last_ms = max(self.last_ms or entry.event_time_ms, entry.event_time_ms)
            yield entry

    def kpis(self):
        """Of all that metrics serves; some are kept for days only, some for minutes only."""
        now = harness.now_ms()
        asked = [{"window": window, "from_day": "2020-01-01", "to_day": "2020-01-01"} for window in (2, 3)]
        asked.append({"window": 1, "from_ms": now, "to_ms": now + 1})
        # Some are of campaigns only: there is one of each as soon as there is a campaign of any.
        asked.append({"window": 5, "dimension": "campaign", "from_day": str(self.days[0]), "to_day": str(self.days[1])})
        return sorted({figure.kpi for how in asked for figure in self.ask(**how)})

    def ask(self, **how):
        return self.stack.asker("metrics").ask(kpi={"shop": self.slug, **how}).kpi.figures

    def ask_much(self, kpis, span, **how):
        """The same of a span of instants, in as many questions as it takes: there is a limit to an answer."""
        asked = {"kpis": kpis, "from_ms": span[0], "to_ms": span[1], **how}
        reply = self.stack.asker("metrics").request(kpi={"shop": self.slug, **asked})
        if harness.code_name(reply.status.code) != "TOO_MANY":
            return self.ask(**asked)  # waits while it is BUSY
        half = len(kpis) // 2
        assert half, "one figure alone is too many"
        return [*self.ask_much(kpis[:half], span, **how), *self.ask_much(kpis[half:], span, **how)]

    def served(self, kpis, span, window):
        """{place: Figure} of the window's."""
        found = {}
        for dimension in places.DIMENSIONS:
            kept = [kpi for kpi in kpis if oracle.is_kept(kpi, window, dimension)]
            for figure in self.ask_much(kept, span, window=window, dimension=dimension) if kept else ():
                found[figure.kpi, window, figure.start_ms, dimension, figure.key] = figure
        return found

    def oracle_at(self, as_of_ms, kpis, asked):
        if as_of_ms not in self.expected:
            self.expected[as_of_ms] = oracle.figures_of(self.shop, as_of_ms, *self.days, kpis, asked)
        return self.expected[as_of_ms]

    def differences(self, found, kpis, asked, span):
        """A line for each figure that is not what the oracle says, of the windows asked that meet the span."""
        latest = max((figure.as_of_ms for figure in found.values()), default=0) or harness.now_ms() // MINUTE * MINUTE
        expected, lines = self.oracle_at(latest, kpis, asked), []
        begun = {place for place in expected if place[2] < span[1] and self.calendar.end(*place[1:3]) > span[0]}
        for place in sorted(found.keys() | begun):
            figure = found.get(place)
            ours = expected.get(place, oracle.nothing(place[0]))
            if figure and figure.as_of_ms and figure.as_of_ms != latest:
                ours = self.oracle_at(figure.as_of_ms, kpis, asked).get(place, oracle.nothing(place[0]))
            theirs = (int(figure.numerator), int(figure.denominator)) if figure else oracle.nothing(place[0])
            if ours != theirs or figure and figure.value != value_text(figure, *ours):
                lines.append(f"{place}: metrics {theirs} {figure.value if figure else 'absent'!r}, oracle {ours}")
        return lines


def value_text(figure, numerator, denominator):
    """The value as the contract says: from the exact fraction, rounded half to even."""
    if not denominator:
        return ""
    unit = harness.proto().metrics.Unit.Name(figure.unit).removeprefix("UNIT_")
    exact = fractions.Fraction(numerator, denominator)
    if unit == "MONEY":
        decimals = EXPONENTS.get(figure.currency, 2)
        exact /= 10**decimals
    else:
        scale, decimals = SCALES.get(unit, (1, 0))
        exact /= scale
    return str(decimal.Decimal(round(exact * 10**decimals)).scaleb(-decimals))


def assert_none(lines, count, at_least, slug):
    if lines and (path := os.environ.get("UTARG_ORACLE_LIST")):
        with open(path, "a", encoding="utf-8") as file:
            file.write("\n".join([slug, *lines, ""]))
    kpis = sorted({line.split("'")[1] for line in lines})
    assert not lines, f"{len(lines)} of {count} figures differ, of {kpis}:\n" + "\n".join(lines[:60])
    assert count >= at_least


def compare(stack, slug, zone, more_days=0):
    """(a line for each figure that differs, how many there are), of all windows but minutes."""
    comparison = Comparison(stack, slug, zone, more_days)
    kpis, found = comparison.kpis(), {}
    assert kpis and set(kpis) <= oracle.ROWS.keys(), f"the oracle does not know {set(kpis) - oracle.ROWS.keys()}"
    span = comparison.calendar.midnight(comparison.days[0]), comparison.calendar.day_end(comparison.days[1])
    asked = windows.HOURS, windows.DAYS, windows.WEEKS, windows.MONTHS
    for window in asked:
        found |= comparison.served(kpis, span, window)
    return comparison.differences(found, kpis, asked, span), len(found)


def assert_same(stack, slug, zone, at_least, more_days=0):
    lines, count = compare(stack, slug, zone, more_days)
    assert_none(lines, count, at_least, slug)


def assert_sql_agrees(stack, slug, zone):
    """The oracle's two voices on the same journal."""
    comparison = Comparison(stack, slug, zone)
    as_of_ms = harness.now_ms() // MINUTE * MINUTE
    ours = oracle.figures_of(comparison.shop, as_of_ms, *comparison.days, said_in_sql.KPIS, said_in_sql.WINDOWS)
    ours = {place: figure for place, figure in ours.items() if said_in_sql.speaks_of(place)}
    theirs = said_in_sql.figures(lambda script: more.sql(stack, script), comparison.shop, as_of_ms)
    theirs = {place: figure for place, figure in theirs.items() if figure != oracle.nothing(place[0])}
    assert theirs == ours
    assert {place[0] for place in ours} == set(said_in_sql.KPIS)


# ---- a history through the real processes ------------------------------------------------------------------


def seed():
    found = int(os.environ.get("UTARG_SEED", random.randrange(2**32)))
    print(f"UTARG_SEED={found}")  # pytest shows it when the test fails
    return found


def size():
    return int(os.environ.get("UTARG_ORACLE_EVENTS", "2000"))


def add_shop(stack, currency, zone):
    """With a source of rates and hosts, which `utarg shop add` does not ask for."""
    command = os.urandom(16)
    slug = f"tangle-{command.hex()[:8]}"
    stated = histories.settings(currency, zone, harness.now_ms())
    stated.name = slug
    stack.asker("campaign").ask(shop_add={"command_id": command, "slug": slug, "settings": stated})
    return slug


def publish(publisher, events, random_):
    """In any order, in requests of any size, some of them twice, some from a publisher whose clock is wrong."""
    events = events + random_.sample(events, len(events) // 5)
    random_.shuffle(events)
    for origin, run in itertools.groupby(events, key=lambda one: one[1]):
        publications = [publication for publication, _ in run]
        # A copy under a clock that is wrong would still be the same event; its first time stands.
        late = random_.choice([0] * 8 + [17 * MINUTE, -11 * MINUTE])
        for result in publisher.publish(publications, origin, sent_at_ms=harness.now_ms() - late):
            assert harness.code_name(result.code) in ("OK", "DUPLICATE"), (result.field, result.message)


@pytest.mark.parametrize("zone,currency,start", histories.SHOPS)
def test_a_tangle(stack, publisher, zone, currency, start):
    chosen = seed()
    slug = add_shop(stack, currency, zone)
    publish(publisher, histories.History(slug, currency, start, chosen, size()).make(), random.Random(chosen + 1))
    assert_same(stack, slug, zone, at_least=10_000, more_days=40)
    assert_sql_agrees(stack, slug, zone)


def test_the_last_hours_by_the_minute(stack, publisher):
    zone, chosen, now = "Europe/Warsaw", seed(), harness.now_ms()
    slug = add_shop(stack, "PLN", zone)
    # Clocks that are wrong will be taken for 17 minutes late; nothing may come from the future.
    events = histories.History(slug, "PLN", now - 6 * DAY, chosen, size(), until_ms=now - 20 * MINUTE).make()
    publish(publisher, events, random.Random(chosen + 1))
    comparison = Comparison(stack, slug, zone)
    start = (now - 30 * HOUR) // MINUTE * MINUTE
    span = start, start + 24 * HOUR
    kpis, found = comparison.kpis(), {}
    for from_ms in range(*span, HOUR):
        found |= comparison.served(kpis, (from_ms, from_ms + HOUR), windows.MINUTES)
    lines = comparison.differences(found, kpis, [windows.MINUTES], span)
    assert_none(lines, len(found), 1_000, slug)


def test_a_simulated_day(stack):
    slug = stack.add_shop("simulated")
    for number in ("7", "11"):
        stack.ok("simulate", slug, "--day", SIMULATED_DAY, "--visits", "300", "--seed", number)
    assert_same(stack, slug, "Europe/Warsaw", at_least=5_000)


def test_real_orders(stack):
    slug = stack.add_shop("gifts", "GBP", "Europe/London")
    stack.ok("import", "online-retail", harness.ROOT / "tests/data/online_retail.csv", "--shop", slug)
    assert_same(stack, slug, "Europe/London", at_least=1_000)
