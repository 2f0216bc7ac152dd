# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Random histories of a small, busy shop, from a seed: few visitors, carts, orders, customers and offers, so that
everything meets everything, and all that can go wrong does. `History(...).make()` gives [(publication, origin)];
`journal(...)` makes of them what a journal would hold, without a service. What happens around visits is here, what a
shop's people and systems say afterwards in shopkeeping.py."""
import random

from harness.events import DAY, HOUR, MINUTE, Shop, ms
from harness.utarg import proto
from oracle.shopkeeping import Shopkeeping
from oracle.told import CLIENT, IMPORT, SERVER

# (zone, currency, start): each has a change of the clock, of the week or of the month in its days
SHOPS = [
    ("America/New_York", "USD", "2026-10-29T00:00:00-04:00"),  # the clock goes back; week and month change
    ("America/New_York", "JPY", "2026-03-05T00:00:00-05:00"),  # the clock goes forward
    ("Asia/Kathmandu", "KWD", "2026-06-28T00:00:00+05:45"),
    ("Europe/Warsaw", "PLN", "2026-10-22T00:00:00+02:00"),
    ("Australia/Lord_Howe", "AUD", "2026-04-02T00:00:00+11:00"),  # the clock goes back by half an hour
]
CONTEXTS = [
    {},
    {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring", "click_id_kind": "gclid", "device": 2},
    {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "letter-7", "device": 1, "country": "PL"},
    {"referrer_host": "www.google.com", "host": "shop.example", "country": "DE", "device": 3},
    {"referrer_host": "pay.example", "host": "shop.example"},
    {"host": "shop.example", "path": "/a", "device": 4},
    {"utm_campaign": "autumn", "country": "US", "device": 5},
    {"country": "GB", "language": "en"},
    {"affiliate": "blog", "utm_content": "x"},
    {"coupon": "C", "utm_term": "shoes"},
]
GAPS = [0, 1, 700, 20_000, 3 * MINUTE, 29 * MINUTE, 30 * MINUTE - 1, 30 * MINUTE, 31 * MINUTE, 7 * HOUR]
RATES = {"EUR": 1_500_000_000, "CHF": 1_083_456_789, "JPY": 6_712_345, "KWD": 3_251_000_001}
RATE_SOURCE = "bank"
HOSTS = {"own_hosts": ["shop.example"], "payment_hosts": ["pay.example"]}


def settings(currency, zone, valid_from_ms, gap_minutes=30):
    return proto().event.ShopSettings(version=1, valid_from_ms=valid_from_ms, currency=currency, zone=zone,
                                      session_gap_minutes=gap_minutes, rate_source=RATE_SOURCE, **HOSTS)


def journal(events, currency="PLN", zone="Europe/Warsaw", gap_minutes=30):
    """JournalEntry messages: the settings, and each publication at the time it states."""
    p = proto()
    first = p.event.Event(id=b"settings" * 2, shop_settings_changed=settings(currency, zone, 0, gap_minutes))
    entries = [p.ingest.JournalEntry(seq=1, origin=SERVER, event=first)]
    for publication, origin in events:
        t = publication.event.occurred_at_ms
        entries.append(p.ingest.JournalEntry(seq=len(entries) + 1, event_time_ms=t, received_at_ms=t, origin=origin,
                                             event=publication.event, subject=publication.subject))
    return entries


class History(Shopkeeping):
    """`decisions`: also what only utarg-campaign may append, for journals that no service has seen."""

    def __init__(self, slug, currency, start, seed, size, until_ms=None, decisions=False):
        self.random = random.Random(f"{start} {seed}")
        self.shop, self.start, self.until_ms = Shop(slug, currency, random=self.random), ms(start), until_ms
        self.events, self.orders, self.digestible, self.size = [], [], [], size
        self.decisions = decisions

    def chance(self, share):
        return self.random.random() < share

    def add(self, publication, origin=CLIENT):
        if self.until_ms is None or publication.event.occurred_at_ms <= self.until_ms:
            self.events.append((publication, origin))

    def make(self):
        self.open_the_shop()
        while len(self.events) < self.size:
            self.visit()
            for _ in range(self.random.randrange(5)):
                self.afterwards()
        self.close_the_books()
        return self.events

    # -- visits

    def manner(self):
        """What all the events of a visit have in common."""
        r = self.random
        how = {"context": r.choice(CONTEXTS), "channel": r.choice([0, 0, 1, 2, 3, 5]),
               "customer": r.choice(["", "", f"c{r.randrange(15)}"])}
        if self.chance(0.15):
            how["consent"] = {"analytics": r.choice([1, 2])}
        if self.chance(0.05):
            how["test"] = True
        return how

    def visit(self):
        r, shop = self.random, self.shop
        visitor, t, how = f"v{r.randrange(30)}", self.start + r.randrange(6 * DAY), self.manner()
        if self.chance(0.2):  # at a local hour or midnight, to the millisecond
            t = t // HOUR * HOUR + r.choice([-1, 0, 1])
        if self.decisions and self.chance(0.2):
            self.click(visitor, t)
        for _ in range(r.choice([1, 1, 2, 3])):
            origin = SERVER if self.chance(0.05) else CLIENT
            self.add(shop.page_view(visitor if self.chance(0.95) else "", t, **how), origin)
            for _ in range(r.choice([0, 0, 0, 1, 2])):
                beat = t + r.randrange(-4_000, 14_000)
                self.add(shop.heartbeat(visitor, beat, r.choice([0, 3_000, 9_999, 10_000, 15_000, 60_000]), **how))
            t += r.choice(GAPS)
            if self.chance(0.2):
                how = how | {"context": r.choice(CONTEXTS), "channel": r.choice([1, 2])}
        for _ in range(r.choice([0, 0, 1, 2, 3])):
            self.browse(visitor if self.chance(0.9) else "", t + r.randrange(-MINUTE, MINUTE), how)
        if self.chance(0.5):
            self.cart(visitor, t, how)
        for _ in range(r.choice([0, 0, 1, 2])):
            self.order(visitor, t, "", how)

    def browse(self, visitor, t, how):
        r = self.random
        price = r.choice([{}, {"price_gross_minor": r.randrange(9_000), "currency": self.shop.currency},
                          {"price_gross_minor": 700, "currency": "CHF"}])
        kind, more = r.choice([
            ("view_item", {"sku": r.choice("AABC"), **price}),
            ("view_item", {"sku": r.choice("ABCD")}),
            ("search", {"result_count": r.choice([0, 0, 1, 40])}),
            ("page_error", {"kind": "script"}),
            ("page_timing", {"largest_contentful_paint_ms": r.choice([0, 31, 32, 33, r.randrange(9_000)]),
                             "interaction_delay_ms": r.choice([0, r.randrange(700)])}),
        ])
        self.add(self.shop.of(kind, t, visitor, **more, **how), CLIENT if self.chance(0.95) else SERVER)

    def cart(self, visitor, t, how):
        r, shop = self.random, self.shop
        cart = f"k{r.randrange(self.size // 20)}"
        for _ in range(r.randrange(1, 4)):
            self.add(shop.add_to_cart(visitor, t, cart, sku=r.choice("ABC"), quantity=r.randrange(1, 3), **how),
                     CLIENT if self.chance(0.9) else SERVER)
            t += r.choice([0, MINUTE, 40 * MINUTE, DAY - 1, DAY, DAY])
        for _ in range(r.choice([0, 0, 0, 1, 2, 3])):
            early = r.choice([0, 0, 0, MINUTE, DAY + 2])
            self.add(shop.remove_from_cart(visitor, t - early, cart, sku=r.choice("ABC"), quantity=r.randrange(1, 6),
                                           **how))
        if self.chance(0.15):
            other = r.choice([name for name in ("k1", "k2", "k3", "m1", "m2", "m3") if name != cart])
            self.add(shop.of("cart_merged", t, visitor, from_cart_id=cart, into_cart_id=other, **how),
                     r.choice([CLIENT, SERVER]))
        if self.chance(0.2):
            kind = r.choice(["cart_emptied", "view_cart", "add_payment_info", "coupon_denied"])
            more = {"coupon_denied": {"coupon": "C"}}.get(kind, {})
            self.add(shop.of(kind, t + r.randrange(DAY), visitor, cart_id=cart, **more, **how))
        if self.chance(0.25):
            for _ in range(r.choice([1, 1, 2])):
                self.add(shop.of("payment_failed", t + r.choice([0, 1, 59 * MINUTE, HOUR, 2 * HOUR, DAY]), visitor,
                                 cart_id=r.choice([cart, cart, ""]), order_id="O-x", **how), r.choice([CLIENT, SERVER]))
        if self.chance(0.6):
            self.add(shop.begin_checkout(visitor, t, cart, **how), CLIENT if self.chance(0.9) else SERVER)
            self.order(r.choice([visitor, visitor, "", "v-other"]), t + r.choice([*GAPS, HOUR, HOUR]), cart, how)

    # -- orders

    def line(self):
        r = self.random
        amount = r.choice([0, 1, 1_230, 1_230, r.randrange(3_000) * 10, r.randrange(30_000)])
        discount = r.choice([0, 0, amount // 3, amount])
        side = r.choice(["net_minor", "gross_minor"])
        line = {"sku": r.choice("ABC"), "quantity": r.randrange(1, 5), "discount_minor": discount, side: amount}
        tax = {"tax_rate_bp": r.choice([2300, 800, 500, 500, 0, 1999])}
        if self.chance(0.3):
            tax = r.choice([{}, tax, {}]) | {"tax_minor": r.randrange((amount - discount) // 4 + 1)}
        elif side == "net_minor" and self.chance(0.2):
            tax = {}
        if self.chance(0.4):
            line["cost_net_minor"] = r.choice([0, amount // 2, r.randrange(9_000)])
        return line | tax

    def content(self):
        r = self.random
        lines = [self.line() for _ in range(r.randrange(1, 5))]
        content = {"lines": lines, "shipping_net_minor": r.choice([0, 0, 1_219]),
                   "shipping_tax_minor": r.choice([0, 280]), "coupon": r.choice(["", "", "C-10"]),
                   "payment_method": r.choice(["", "card", "blik", "transfer"])}
        whole = sum(one.get("net_minor", 0) + one.get("gross_minor", 0) - one["discount_minor"]
                    - one.get("tax_minor", 0) for one in lines)
        if self.chance(0.4) and whole > 20:
            content["discount_minor"] = r.choice([1, 2, whole // 5, whole // 3])
        if self.chance(0.4):
            content["promised_day"] = self.day(self.start + r.randrange(12 * DAY))
        return content

    def order(self, visitor, t, cart, how):
        r, shop = self.random, self.shop
        order = f"O-{r.randrange(self.size // 8)}"
        self.orders.append((order, t))
        content = self.content() | {"cart_id": cart}
        if self.chance(0.2):
            content["currency"] = r.choice(sorted(RATES))
            if self.chance(0.5):
                content["rate"] = {"currency": content["currency"], "per_unit_nano": RATES[content["currency"]]}
        if self.chance(0.25):
            content["placed_at_ms"] = t - r.choice([0, 1, 20 * MINUTE, 45 * MINUTE, 3 * DAY])
        if self.chance(0.2):
            content["order_version"] = r.randrange(3)
        publication = shop.purchase(visitor, t, order, **content, **how)
        self.digestible.append(publication.event)
        self.add(publication, r.choice([CLIENT, CLIENT, SERVER, IMPORT]))
        if self.chance(0.4):
            other_content = {"cart_id": "k1", "lines": [self.line()], "discount_minor": 0}
            copy = content | r.choice([{}, {"cart_id": ""}, other_content])
            other = self.manner() if self.chance(0.5) else {}
            self.add(shop.purchase(r.choice(["", visitor]), t + r.choice([0, 5_000]), order, **copy, **other),
                     r.choice([SERVER, SERVER, CLIENT]))
