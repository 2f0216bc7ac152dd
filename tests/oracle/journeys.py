# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Journeys: a shop over four months whose visitors' true paths are known, because they were made first. Sources
change within a visit, direct visits lie between, orders come after one visit or after many, from another device, from
the marketplace or from nowhere. `publications` is what the shop would send; `late` is what comes after it: refunds,
cancellations, orders and visits of long ago."""
import datetime
import random

from harness.events import DAY, HOUR, MINUTE, Shop, line
from oracle.told import CLIENT, SERVER

SPAN_DAYS, WINDOW_DAYS = 120, 30
DIRECT = ("direct", "none")
SOURCES = {
    ("paid_search", "spring"): {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring"},
    ("paid_search", "shoes"): {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "shoes"},
    ("email", "letter-7"): {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "letter-7"},
    ("organic_search", "none"): {"referrer_host": "www.google.com", "host": "shop.example"},
    ("organic_social", "none"): {"utm_source": "facebook", "utm_medium": "social"},
    ("referral", "none"): {"referrer_host": "blog.example", "host": "shop.example"},
    DIRECT: {"host": "shop.example", "path": "/a"},
}
MARKETPLACE = 5


class Journeys:
    def __init__(self, slug, start, seed, visitors=60):
        self.random, self.start = random.Random(seed), start
        self.shop = Shop(slug, random=self.random)
        self.publications, self.late = [], []  # of (publication, origin)
        self.touches = {}  # visitor: [(t, source)]
        self.customers = {}  # visitor: whom its events name
        self.truth = {}  # order: its touches' sources that count
        self.placed = []  # (order, t, net)
        for number in range(visitors):
            self.journey(f"v{number}", self.start + self.random.randrange((SPAN_DAYS - 50) * DAY))
        for number in range(visitors // 10):
            t = self.start + self.random.randrange(SPAN_DAYS * DAY)
            self.sell(f"M-{number}", "", t, [], channel=MARKETPLACE)
            self.sell(f"N-{number}", "", t, [])
        self.spend()
        self.in_time = {visitor: list(touches) for visitor, touches in self.touches.items()}
        self.afterwards()

    # -- what happens

    def source(self):
        return self.random.choice([*SOURCES, DIRECT, DIRECT])

    def visit(self, visitor, t, into=None, customer=""):
        """Pages two minutes apart; where the next one comes from is mostly the shop itself."""
        into = self.publications if into is None else into
        touches, last = self.touches.setdefault(visitor, []), None
        self.customers[visitor] = customer
        for page in range(self.random.choice([1, 1, 2, 4])):
            source = self.source() if page == 0 or self.random.random() < 0.3 else DIRECT
            into.append((self.shop.page_view(visitor, t, context=SOURCES[source], customer=customer), CLIENT))
            if last is None or source not in (DIRECT, last):
                touches.append((t, source))
                last = source
            t += 2 * MINUTE
        return t

    def journey(self, visitor, t):
        r = self.random
        other, customer = f"{visitor}-phone", f"c-{visitor}" if r.random() < 0.4 else ""
        for _ in range(r.choice([1, 1, 2, 3, 5])):
            if t > self.start + SPAN_DAYS * DAY:
                break
            on = other if customer and r.random() < 0.4 else visitor
            t = self.visit(on, t, customer=customer)
            if r.random() < 0.45:
                devices = [visitor, other] if customer else [visitor]
                t = self.sell(f"O-{len(self.placed)}", on, t, devices, customer=customer)
            t += r.choice([3 * HOUR, DAY, 3 * DAY, 9 * DAY, 20 * DAY, 34 * DAY]) + r.randrange(HOUR)

    def sell(self, order, visitor, t, devices, into=None, **how):
        net = self.random.choice([101, 1_000, 3_333, 9_999, 12_345, 70_001])
        into = self.publications if into is None else into
        origin = CLIENT if visitor else SERVER
        into.append((self.shop.purchase(visitor, t, order, lines=[line("A", 1, net)], **how), origin))
        self.placed.append((order, t, net))
        self.truth[order] = t, devices
        return t + MINUTE

    def spend(self):
        for day in range(0, SPAN_DAYS, 5):
            t = self.start + day * DAY
            for campaign in ("spring", "shoes"):
                self.publications.append((self.shop.ad_spend(
                    t + DAY, self.day(t), campaign, self.random.randrange(20_000), marketing_channel="paid_search"), SERVER))

    def day(self, t):
        return str(datetime.datetime.fromtimestamp(t // 1000, datetime.timezone.utc).date())

    # -- what comes late

    def afterwards(self):
        r = self.random
        for number, (order, t, net) in enumerate(r.sample(self.placed, len(self.placed) // 3)):
            back = r.choice([1, net // 3, net])
            parts = {"items_net_minor": back, "tax_minor": 0}
            kind = self.shop.order_cancelled(t + 2 * DAY, order) if number % 5 == 4 else \
                self.shop.refund(t + 3 * DAY, f"R-{number}", order, **parts)
            self.late.append((kind, SERVER))
        for visitor in r.sample(sorted(self.touches), 8):
            t = self.touches[visitor][-1][0] - r.randrange(2 * HOUR, 20 * DAY)
            if all(abs(t - at) > 2 * HOUR for at, _ in self.touches[visitor]):
                self.visit(visitor, t, self.late, self.customers[visitor])
        for number, visitor in enumerate(r.sample(sorted(self.touches), 4)):
            t = self.touches[visitor][0][0] + 8 * MINUTE  # behind the last page of the visit
            self.sell(f"L-{number}", visitor, t, [visitor], self.late)

    # -- what is true then

    def paths(self, orders, with_late):
        """{order: sources in order of time, direct ones only when there are no others}"""
        found, touches = {}, self.touches if with_late else self.in_time
        for order in orders:
            placed_at, devices = self.truth[order]
            every = sorted(touch for device in devices for touch in touches.get(device, ())
                           if placed_at - WINDOW_DAYS * DAY <= touch[0] <= placed_at)
            sources = [source for _, source in every]
            found[order] = [source for source in sources if source != DIRECT] or sources
        return found
