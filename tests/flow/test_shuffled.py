# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A KPI is a function of the set of accepted events: a random history told in order, and told in any order with a
third of it twice, gives the same figures. The pure core has this with 1,000 seeds; this is the way through sockets
and tables. UTARG_SEED repeats a run.
"""
import os
import random

import pytest

from harness import utarg as harness
from harness.events import DAY, HOUR, MINUTE, Shop, line, ms

CLIENT, SERVER = 1, 2
CONTEXTS = [
    {},
    {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring", "click_id_kind": "gclid", "device": 2},
    {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "letter-7", "device": 1, "country": "PL"},
    {"referrer_host": "www.google.com", "host": "shop.example", "country": "DE", "device": 3},
    {"referrer_host": "www.facebook.com", "host": "shop.example", "country": "PL"},
]


class History:
    """A believable tangle: [(publication, origin)], from a seed."""

    def __init__(self, slug, seed):
        self.random = random.Random(seed)
        self.shop = Shop(slug, random=self.random)
        self.events = []
        self.start = ms("2026-03-25T08:00:00+01:00")  # the days with the change of the clock in their middle
        self.orders = []

    def moment(self):
        return self.start + self.random.randrange(6 * DAY)

    def add(self, publication, origin=CLIENT):
        self.events.append((publication, origin))

    def visit(self):
        r, shop = self.random, self.shop
        visitor, t = f"v{r.randrange(25)}", self.moment()
        context = r.choice(CONTEXTS)
        how = {"context": context, "channel": r.choice([0, 1, 2]), "customer": r.choice(["", f"c{r.randrange(12)}"])}
        if r.random() < 0.1:
            how["consent"] = {"analytics": 2}
        for _ in range(r.randrange(1, 5)):
            self.add(shop.page_view(visitor, t, **how))
            if r.random() < 0.3:
                self.add(shop.heartbeat(visitor, t + r.randrange(20_000), r.randrange(1, 20_000), **how))
            t += r.choice([20_000, 3 * MINUTE, 29 * MINUTE, 30 * MINUTE, 45 * MINUTE])
        if r.random() < 0.05:
            how["test"] = True
        if r.random() < 0.5:
            self.cart(visitor, t, how)

    def cart(self, visitor, t, how):
        r, shop = self.random, self.shop
        cart = f"k{r.randrange(40)}"
        for _ in range(r.randrange(1, 4)):
            self.add(shop.add_to_cart(visitor, t, cart, sku=r.choice("ABC"), quantity=r.randrange(1, 3), **how))
            t += r.choice([MINUTE, 10 * MINUTE, 25 * HOUR])
        if r.random() < 0.3:
            self.add(shop.remove_from_cart(visitor, t, cart, sku=r.choice("ABC"), quantity=r.randrange(1, 4), **how))
        if r.random() < 0.1:
            self.add(shop.of("cart_merged", t, visitor, from_cart_id=cart, into_cart_id=f"k{r.randrange(40, 44)}", **how))
        if r.random() < 0.1:
            self.add(shop.of("cart_emptied", t, visitor, cart_id=cart, **how))
        if r.random() < 0.6:
            self.add(shop.begin_checkout(visitor, t, cart, **how))
            self.order(visitor, t + MINUTE, cart, how)

    def lines(self):
        r = self.random
        return [line(r.choice("ABC"), r.randrange(1, 5), r.randrange(0, 30_000), r.choice([2300, 800, 0]),
                     discount_minor=0) for _ in range(r.randrange(1, 4))]

    def order(self, visitor, t, cart, how):
        r, shop = self.random, self.shop
        order = f"O-{r.randrange(60)}"
        self.orders.append((order, t))
        content = {"lines": self.lines(), "cart_id": cart, "shipping_net_minor": r.choice([0, 1_219])}
        if r.random() < 0.1:
            content["currency"] = "EUR"
            if r.random() < 0.6:
                content["rate"] = {"currency": "EUR", "per_unit_nano": 4_263_100_000}
        if r.random() < 0.2:
            content |= {"placed_at_ms": t - r.randrange(HOUR), "order_version": r.randrange(3)}
        if r.random() < 0.2:
            content["discount_minor"] = 1 if any(one["net_minor"] for one in content["lines"]) else 0
        self.add(shop.purchase(visitor, t, order, **content, **how))
        if r.random() < 0.5:
            self.add(shop.purchase("", t + r.randrange(5_000), order, **content | {"cart_id": ""}), SERVER)

    def afterwards(self):
        r, shop = self.random, self.shop
        order, t = r.choice(self.orders)
        t += r.randrange(-HOUR, 4 * DAY)
        kind = r.randrange(6)
        if kind == 0:
            self.add(shop.order_cancelled(t, order), SERVER)
        elif kind == 1:
            self.add(shop.order_updated(t, order, r.randrange(1, 4), self.lines()), SERVER)
        elif kind == 2:
            self.add(shop.refund(t, f"R-{r.randrange(40)}", order, total_minor=r.randrange(1, 20_000)), SERVER)
        elif kind == 3:
            self.add(shop.refund(t, f"R-{r.randrange(40)}", r.choice(["", order]), items_net_minor=r.randrange(1, 9_000),
                                 tax_minor=r.randrange(0, 900)), SERVER)
        elif kind == 4:
            rules = [{"utm_source": r.choice(["google", "newsletter", "*"]), "marketing_channel": r.choice(["display", "affiliate"])}]
            self.add(shop.of("channel_rules_changed", t, version=r.randrange(3), valid_from_ms=self.moment(), rules=rules), SERVER)
        else:
            day = f"2026-03-{r.randrange(25, 31)}"
            self.add(shop.ad_spend(t, day, r.choice(["spring", "letter-7"]), r.randrange(0, 50_000),
                                   report_time_ms=t + r.randrange(3) * MINUTE), SERVER)

    def make(self, size):
        while len(self.events) < size:
            self.visit()
            if self.orders and self.random.random() < 0.5:
                self.afterwards()
        return self.events


def publish_shuffled(publisher, events, random_):
    """In any order, a third of them twice in different requests of any size. How many answers were DUPLICATE."""
    doubled = random_.sample(events, len(events) // 3)
    told = list(events)
    random_.shuffle(told)
    second = list(doubled)
    random_.shuffle(second)
    places = {id(publication): at for at, (publication, _) in enumerate(told)}
    queue = told + second
    # A copy may come before what it is a copy of: some of the doubles go to the front.
    queue = second[: len(second) // 2] + told + second[len(second) // 2 :]
    assert len(places) == len(events)
    duplicates, at = 0, 0
    while at < len(queue):
        origin = queue[at][1]
        batch = []
        size = random_.randrange(1, 60)
        while at < len(queue) and len(batch) < size and queue[at][1] == origin:
            batch.append(queue[at][0])
            at += 1
        for result in publisher.publish(batch, origin):
            assert harness.code_name(result.code) in ("OK", "DUPLICATE"), result.message
            duplicates += result.code
    return duplicates


@pytest.mark.parametrize("number", range(3))
def test_order_and_doubles_do_not_matter(stack, publisher, new_shop, number):
    seed = int(os.environ.get("UTARG_SEED", random.randrange(2**32)))
    print(f"UTARG_SEED={seed}")  # pytest shows it when the test fails
    ordered, shuffled = new_shop(), new_shop()
    events = History(ordered, seed).make(400)
    events.sort(key=lambda one: one[0].event.occurred_at_ms)
    for publication, origin in group(events):
        publisher.accept(publication, origin)
    same = History(shuffled, seed).make(400)
    duplicates = publish_shuffled(publisher, same, random.Random(seed + 1))
    assert duplicates == len(same) // 3
    expected, found = stack.everything(ordered), stack.everything(shuffled)
    differing = {place: (expected.get(place), found.get(place)) for place in expected.keys() | found.keys()
                 if expected.get(place) != found.get(place)}
    assert not differing, f"UTARG_SEED={seed}: {len(differing)} figures differ: {dict(list(differing.items())[:8])}"
    assert len(expected) > 1_000
    for slug in (ordered, shuffled):
        assert len(stack.journal(slug)) == len(events) + 1
        stack.verify(slug)


def group(events):
    """Runs of the same origin: ([publications], origin)."""
    runs = []
    for publication, origin in events:
        if not runs or runs[-1][1] != origin:
            runs.append(([], origin))
        runs[-1][0].append(publication)
    return runs
