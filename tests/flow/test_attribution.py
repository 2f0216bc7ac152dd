# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Attribution on a simulated shop whose true paths are known: each model's figures against the oracle's in every digit,
and credits that sum to the net revenue to the last grosz; again after refunds, late touches and late orders, and after
a rebuild from the journal. UTARG_SEED repeats a shop."""
import collections
import itertools
import os
import random

import pytest

from harness import utarg as harness
from harness.events import DAY
from oracle import attribution, oracle, places, windows
from oracle.journeys import SPAN_DAYS, Journeys
from oracle.shop import Shop

ZONE = "Europe/Warsaw"
KPIS = [row.kpi for row in attribution.ROWS]
SUFFIXES = ["" if model == "last_non_direct" else f"_{model}" for model in attribution.MODELS]
SPAN = ("total", "marketing_channel", "campaign")


def shuffled(publisher, events, seed):
    """In any order: what comes late is no other than what comes in time."""
    events = list(events)
    random.Random(seed).shuffle(events)
    for origin in {origin for _, origin in events}:
        for result in publisher.publish([one for one, by in events if by == origin], origin):
            assert harness.code_name(result.code) in ("OK", "DUPLICATE"), (result.field, result.message)


class Market:
    """A shop and its journeys, and what metrics says of it."""

    def __init__(self, stack, slug, publisher):
        self.stack, self.slug, self.publisher = stack, slug, publisher
        self.seed = int(os.environ.get("UTARG_SEED", random.randrange(10**6)))
        print("UTARG_SEED", self.seed)
        self.start = (harness.now_ms() - (SPAN_DAYS + 10) * DAY) // DAY * DAY
        self.journeys = Journeys(slug, self.start, self.seed)
        self.days = [self.journeys.day(self.start - DAY), self.journeys.day(harness.now_ms() - DAY)]

        self.is_late = False

    def publish(self, events):
        shuffled(self.publisher, events, self.seed)
        self.stack.settle(self.slug)

    def served(self, window, kpis):
        found = {}
        for dimension in SPAN:
            asked = [kpi for kpi in kpis if oracle.is_kept(kpi, window, dimension)]
            for figure in self.stack.asker("metrics").ask_figures(
                    self.slug, asked, window=window, dimension=dimension, from_day=self.days[0], to_day=self.days[1]):
                found[figure.kpi, window, figure.start_ms, dimension, figure.key] = \
                    int(figure.numerator), int(figure.denominator)
        return found

    def assert_as_the_oracle_says(self):
        self.stack.settle(self.slug)
        shop = Shop(self.stack.read_journal(self.slug))
        self.assert_true_paths(shop)
        calendar = windows.Calendar(ZONE)
        first, last = (windows.parse_day(day) for day in self.days)
        asked = {windows.DAYS: [f"attributed_revenue{suffix}" for suffix in SUFFIXES] + ["attributed_orders_markov"],
                 windows.MONTHS: KPIS}
        for window, kpis in asked.items():
            expected = oracle.figures_of(shop, harness.now_ms(), first, last, kpis, (window,))
            served = self.served(window, kpis)
            served = {place: pair for place, pair in served.items() if pair != oracle.nothing(place[0])}
            wrong = [f"{place} from {calendar.date(place[2])}: metrics {served.get(place)}, oracle {expected.get(place)}"
                     for place in sorted(served.keys() | expected.keys()) if served.get(place) != expected.get(place)]
            assert not wrong, f"{len(wrong)} of {len(expected)} differ:\n" + "\n".join(wrong[:40])
            assert len(expected) > 300

    def assert_true_paths(self, shop):
        """The oracle knows nothing of the journeys, and finds them."""
        found = attribution.Attribution(shop).of_order
        sources = {order: [(touch.place.marketing_channel, touch.place.campaign) for touch in touches]
                   for order, touches in found.items()}
        assert sources == self.journeys.paths(sources, self.is_late)

    def assert_sums(self):
        """Of every model, of every day, to the last grosz and the last millionth."""
        kpis = [f"{name}{suffix}" for suffix in SUFFIXES for name in ("attributed_revenue", "attributed_orders")]
        served = self.served(windows.DAYS, kpis)
        ask = self.stack.asker("metrics").ask_figures
        totals = {(f.kpi, f.start_ms): int(f.numerator)
                  for f in ask(self.slug, ["net_revenue", "orders"], from_day=self.days[0], to_day=self.days[1])}
        sums = {}
        for (kpi, _, start, dimension, _), (numerator, _) in served.items():
            at = kpi, start, dimension
            sums[at] = sums.get(at, 0) + numerator
        for (kpi, start, dimension), total in sums.items():
            is_money = kpi.startswith("attributed_revenue")
            expected = totals["net_revenue", start] if is_money else totals["orders", start] * attribution.MILLION
            assert total == expected, (kpi, start, dimension)
        assert sum(totals.values()) > 10_000 and len(sums) > 1_000


@pytest.fixture(scope="module")
def market(stack):
    slug = stack.add_shop("journeys")
    market = Market(stack, slug, stack.publisher())
    market.publish(market.journeys.publications)
    return market


def test_each_model_as_the_oracle_says(market):
    market.assert_as_the_oracle_says()
    market.assert_sums()


def test_after_refunds_late_touches_and_late_orders(market):
    market.publish(market.journeys.late)
    market.is_late = True
    market.assert_as_the_oracle_says()
    market.assert_sums()
    market.stack.verify(market.slug)
    told = market.stack.cli("kpi", market.slug, "roas_markov", "--history", "--day", market.days[0])
    assert told.returncode == 2 and "has no history" in told.stderr


def test_paths_to_orders(market):
    """As they truly were, of the busiest days: which ways led to how many orders, and which channels assisted."""
    first, last = market.start + 20 * DAY, market.start + 111 * DAY
    days = market.journeys.day(first), market.journeys.day(last)
    told = market.stack.json("paths", market.slug, "--from", days[0], "--to", days[1], "--limit", "1000", "--settled")
    shop = Shop(market.stack.journal(market.slug))
    ways, nets, channels = collections.Counter(), collections.Counter(), {}
    orders = [order for order in shop.orders if days[0] <= str(shop.calendar.date(order.placed_at)) <= days[1]]
    for order, sources in market.journeys.paths([order.id for order in orders], market.is_late).items():
        way = tuple(channel for channel, _ in itertools.groupby(source for source, _ in sources))
        if not way:
            continue
        ways[way] += 1
        nets[way] += shop.order[order].net
        for channel in set(way):
            counted = channels.setdefault(channel, [0, 0, 0])
            is_last = channel == way[-1]
            counted[0] += is_last
            counted[1] += not is_last
            counted[2] += 0 if is_last else shop.order[order].net
    assert {tuple(path["channels"]): (path["orders"], path["net_minor"]) for path in told["paths"]} == \
        {way: (ways[way], nets[way]) for way in ways}
    assert {one["channel"]: [one["last_orders"], one["assisted_orders"], one["assisted_net_minor"]]
            for one in told["channels"]} == channels
    assert told["path_count"] == len(ways) > 10 and told["orders"] == sum(ways.values()) > 30
    counts = [path["orders"] for path in told["paths"]]
    assert counts == sorted(counts, reverse=True) and told["net_minor"] == sum(nets.values())
    shown = market.stack.ok("paths", market.slug, "--day", days[1])
    assert "different paths" in shown
    for options in (["--from", days[0]], ["--day", days[0], "--to", days[1]], ["--from", days[1], "--to", days[0]],
                    ["--from", "2020-01-01", "--to", "2026-01-01"], ["--day", days[0], "--limit", "0"], []):
        assert market.stack.cli("paths", market.slug, *options).returncode == 2, options


def test_after_a_rebuild_from_the_journal(market):
    before = {window: market.served(window, KPIS) for window in (windows.WEEKS, windows.MONTHS)}
    rebuilds = market.stack.counter("metrics", "utarg_metrics_rebuilds_total")
    market.stack.ok("shop", "set", market.slug, "--session-gap", "31")  # no visit is another one for it
    harness.wait_until(lambda: market.stack.counter("metrics", "utarg_metrics_rebuilds_total") > rebuilds, what="the rebuild")
    market.stack.settle(market.slug)
    assert {window: market.served(window, KPIS) for window in before} == before
    market.assert_as_the_oracle_says()
    market.stack.verify(market.slug)
