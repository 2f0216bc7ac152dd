# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every figure that metrics serves against tests/oracle, which says the definitions a second time, in other words:
on a simulated day, on real orders, and on random tangles made to hit the edges. Numerator and denominator must be the
same integers for every figure, window, dimension and key. UTARG_SEED repeats a tangle.
"""
import datetime
import decimal
import fractions
import itertools
import os
import random

import pytest

from harness import utarg as harness
from harness.events import DAY, HOUR, MINUTE, Shop, ms
from oracle import oracle

CLIENT, SERVER, IMPORT = 1, 2, 3
DECIMALS = {2: 6, 3: 6, 4: 3}  # of a ratio, a mean, seconds
SIMULATED_DAY = str(datetime.date.today() - datetime.timedelta(days=45))


# ---- comparing ---------------------------------------------------------------------------------------------


def served(stack, slug):
    """{place: Figure} of all kpis, and of the windows and dimensions that the oracle knows."""
    stack.settle(slug)
    client, found = stack.asker("metrics"), {}
    some = client.ask(kpi={"shop": slug, "window": 3, "from_day": "2020-01-01", "to_day": "2020-01-01"}).kpi.figures
    assert {figure.kpi for figure in some} == oracle.FIGURES.keys(), "a figure that only one of the two knows"
    for kpi, window, dimension in itertools.product(oracle.FIGURES, oracle.WINDOWS, oracle.DIMENSIONS):
        if not oracle.is_kept(kpi, window, dimension):
            continue
        asked = {"shop": slug, "kpis": [kpi], "window": window, "dimension": dimension}
        for figure in client.ask(kpi=asked).kpi.figures:
            found[kpi, window, dimension, figure.key, figure.start_ms] = figure
    return found


def value_text(figure, numerator, denominator):
    """The value as the contract says: from the exact fraction, rounded half to even."""
    if not denominator:
        return ""
    exact = fractions.Fraction(numerator, denominator)
    if figure.unit == harness.proto().metrics.UNIT_SECONDS:
        exact /= 1000
    decimals = DECIMALS.get(figure.unit, 0)
    if figure.unit == harness.proto().metrics.UNIT_MONEY:
        decimals = oracle.money.EXPONENTS.get(figure.currency, 2)
        exact /= 10**decimals
    scaled = round(exact * 10**decimals)
    return str(decimal.Decimal(scaled).scaleb(-decimals))


def differences(stack, slug):
    """One line for each figure that is not what the oracle says; and how many were compared."""
    entries, found, expected = stack.journal(slug), served(stack, slug), {}
    latest = max((figure.as_of_ms for figure in found.values()), default=0) or harness.now_ms()
    for as_of_ms in {figure.as_of_ms or latest for figure in found.values()} | {latest}:
        expected[as_of_ms] = oracle.figures(entries, as_of_ms)
    lines = []
    for place in sorted(found.keys() | expected[latest].keys()):
        figure = found.get(place)
        as_of_ms = figure.as_of_ms or latest if figure else latest
        ours = expected[as_of_ms].get(place, oracle.nothing(place[0]))
        theirs = (int(figure.numerator), int(figure.denominator)) if figure else oracle.nothing(place[0])
        if ours != theirs or figure and figure.value != value_text(figure, *ours):
            lines.append(f"{place}: metrics {theirs} {figure.value if figure else 'absent'!r}, oracle {ours}")
    return lines, len(found)


def assert_same(stack, slug, at_least):
    lines, count = differences(stack, slug)
    if lines and (path := os.environ.get("UTARG_ORACLE_LIST")):
        with open(path, "a", encoding="utf-8") as file:
            file.write("\n".join([slug, *lines, ""]))
    assert not lines, f"{len(lines)} of {count} figures differ:\n" + "\n".join(lines[:40])
    assert count >= at_least


# ---- a tangle ----------------------------------------------------------------------------------------------

CONTEXTS = [
    {},
    {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring", "click_id_kind": "gclid", "device": 2},
    {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "letter-7", "device": 1, "country": "PL"},
    {"referrer_host": "www.google.com", "host": "shop.example", "country": "DE", "device": 3},
    {"host": "shop.example", "path": "/a", "device": 4},
    {"utm_campaign": "autumn", "country": "US", "device": 5},
    {"country": "GB", "language": "en"},
    {"affiliate": "blog", "utm_content": "x"},
    {"coupon": "C", "utm_term": "shoes"},
]
GAPS = [0, 1, 700, 20_000, 3 * MINUTE, 29 * MINUTE, 30 * MINUTE - 1, 30 * MINUTE, 31 * MINUTE, 7 * HOUR]
RATES = {"EUR": 1_500_000_000, "CHF": 1_083_456_789, "JPY": 6_712_345, "KWD": 3_251_000_001}


class Tangle:
    """A shop's history with everything in it that can go wrong: [(publication, origin)], from a seed."""

    def __init__(self, slug, currency, start, seed, size):
        self.random = random.Random(f"{start} {seed}")
        self.shop, self.start = Shop(slug, currency, random=self.random), ms(start)
        self.events, self.orders, self.size = [], [], size

    def chance(self, share):
        return self.random.random() < share

    def add(self, publication, origin=CLIENT):
        self.events.append((publication, origin))

    def make(self):
        while len(self.events) < self.size:
            self.visit()
            for _ in range(self.random.randrange(3)):
                self.afterwards()
        return self.events

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
        for _ in range(r.choice([1, 1, 2, 3])):
            origin = SERVER if self.chance(0.05) else CLIENT
            self.add(shop.page_view(visitor if self.chance(0.95) else "", t, **how), origin)
            for _ in range(r.choice([0, 0, 0, 1, 2])):
                beat = t + r.randrange(-4_000, 14_000)
                self.add(shop.heartbeat(visitor, beat, r.choice([0, 3_000, 9_999, 10_000, 15_000, 60_000]), **how))
            t += r.choice(GAPS)
            if self.chance(0.2):
                how = how | {"context": r.choice(CONTEXTS), "channel": r.choice([1, 2])}
        for _ in range(r.choice([0, 0, 1, 3])):
            self.add(self.look(visitor, t, how), SERVER if self.chance(0.1) else CLIENT)
        if self.chance(0.5):
            self.cart(visitor, t, how)
        for _ in range(r.choice([0, 0, 1, 2])):
            self.order(visitor, t, "", how)

    def look(self, visitor, t, how):
        r = self.random
        kind, more = r.choice([
            ("view_item", {"sku": "A"}), ("page_error", {"kind": "script"}), ("search", {"result_count": r.randrange(2)}),
            ("page_timing", {"largest_contentful_paint_ms": r.choice([0, 31, 1_000, r.randrange(9_000)]),
                             "interaction_delay_ms": r.choice([0, 1, 33, r.randrange(900)])}),
        ])
        return self.shop.of(kind, t + r.choice([0, 0, -1, 40 * MINUTE]), visitor if self.chance(0.9) else "", **more, **how)

    def cart(self, visitor, t, how):
        r, shop = self.random, self.shop
        cart = f"k{r.randrange(self.size // 20)}"
        for _ in range(r.randrange(1, 4)):
            self.add(shop.add_to_cart(visitor, t, cart, sku=r.choice("ABC"), quantity=r.randrange(1, 3), **how),
                     CLIENT if self.chance(0.9) else SERVER)
            t += r.choice([0, MINUTE, 40 * MINUTE, DAY - 1, DAY, DAY])
        for _ in range(r.choice([0, 0, 0, 1, 2, 3])):
            self.add(shop.remove_from_cart(visitor, t, cart, sku=r.choice("ABC"), quantity=r.randrange(1, 6), **how))
        if self.chance(0.15):
            other = r.choice([name for name in ("k1", "k2", "k3", "m1", "m2", "m3") if name != cart])
            self.add(shop.of("cart_merged", t, visitor, from_cart_id=cart, into_cart_id=other, **how),
                     r.choice([CLIENT, SERVER]))
        if self.chance(0.2):
            kind = r.choice(["cart_emptied", "view_cart", "add_payment_info", "coupon_denied", "payment_failed"])
            more = {"payment_failed": {"order_id": "O-x"}, "coupon_denied": {"coupon": "C"}}.get(kind, {})
            self.add(shop.of(kind, t + r.randrange(DAY), visitor, cart_id=cart, **more, **how))
        if self.chance(0.6):
            self.add(shop.begin_checkout(visitor, t, cart, **how))
            for _ in range(r.choice([0, 0, 0, 1, 2])):
                self.add(shop.of("payment_failed", t + r.choice(GAPS), visitor, cart_id=cart, **how))
            self.order(r.choice([visitor, visitor, "", "v-other"]), t + r.choice(GAPS), cart, how)

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
        return line | tax

    def content(self):
        r = self.random
        lines = [self.line() for _ in range(r.randrange(1, 5))]
        content = {"lines": lines, "shipping_net_minor": r.choice([0, 0, 1_219]),
                   "shipping_tax_minor": r.choice([0, 280])}
        whole = sum(one.get("net_minor", 0) + one.get("gross_minor", 0) - one["discount_minor"]
                    - one.get("tax_minor", 0) for one in lines)
        if self.chance(0.4) and whole > 20:
            content["discount_minor"] = r.choice([1, 2, whole // 5, whole // 3])
        return content

    def order(self, visitor, t, cart, how):
        r, shop = self.random, self.shop
        order = f"O-{r.randrange(self.size // 8)}"
        self.orders.append((order, t))
        content = self.content() | {"cart_id": cart}
        if self.chance(0.2):
            content["currency"] = r.choice(sorted(RATES))
            if self.chance(0.7):
                content["rate"] = {"currency": content["currency"], "per_unit_nano": RATES[content["currency"]]}
        if self.chance(0.25):
            content["placed_at_ms"] = t - r.choice([0, 1, 20 * MINUTE, 45 * MINUTE, 3 * DAY])
        if self.chance(0.2):
            content["order_version"] = r.randrange(3)
        self.add(shop.purchase(visitor, t, order, **content, **how), r.choice([CLIENT, CLIENT, SERVER, IMPORT]))
        if self.chance(0.4):
            other_content = {"cart_id": "k1", "lines": [self.line()], "discount_minor": 0}
            copy = content | r.choice([{}, {"cart_id": ""}, other_content])
            other = self.manner() if self.chance(0.5) else {}
            self.add(shop.purchase(r.choice(["", visitor]), t + r.choice([0, 5_000]), order, **copy, **other),
                     r.choice([SERVER, SERVER, CLIENT]))

    def afterwards(self):
        r, shop = self.random, self.shop
        order, t = r.choice(self.orders[-20:] or [("O-1", self.start)])
        t += r.choice([DAY, r.randrange(-HOUR, 9 * DAY), r.randrange(-HOUR, 9 * DAY)])
        kind = r.randrange(8)
        if kind == 0:
            self.add(shop.order_cancelled(t, order, test=self.chance(0.1)), r.choice([SERVER, CLIENT]))
        elif kind in (1, 7):
            content = self.content() | {"status": r.choice([0, 1, 2]), "cart_id": r.choice(["", "", "k3"])}
            self.add(shop.order_updated(t, order, r.randrange(4), content.pop("lines"), **content), SERVER)
        elif kind < 6:
            self.refund(t, order)
        else:
            row = {"platform": r.choice(["ads", "social"]), "account": r.choice(["", "a"]),
                   "report_time_ms": self.start + r.randrange(3) * MINUTE, "test": self.chance(0.05)}
            if self.chance(0.2):
                row["zone"] = r.choice(["UTC", "Asia/Tokyo"])
            day = datetime.datetime.fromtimestamp((self.start + r.randrange(7 * DAY)) / 1000, datetime.timezone.utc)
            campaign = r.choice(["spring", "letter-7", ""])
            self.add(shop.ad_spend(t, str(day.date()), campaign, r.randrange(50_000), **row), SERVER)

    def refund(self, t, order):
        r, shop = self.random, self.shop
        how = r.choice([
            {"total_minor": r.choice([1, 700, 20_000, 900_000])},
            {"items_net_minor": r.randrange(30_000), "tax_minor": r.randrange(900)},
            {"shipping_net_minor": r.choice([1, 1_219])},
            {"items_net_minor": 900_000},
            {"lines": [{"sku": sku, "quantity": 1, "net_minor": r.randrange(9_000), "tax_minor": r.randrange(900)}
                       for sku in "AB"]},
        ])
        if self.chance(0.2):
            how["currency"] = r.choice(sorted(RATES))
        if self.chance(0.3):
            how["context"] = r.choice(CONTEXTS)
        self.add(shop.refund(t, f"R-{r.randrange(150)}", r.choice(["", order, order, order, "O-none"]),
                             channel=r.choice([0, 2]), **how), r.choice([SERVER, SERVER, IMPORT, CLIENT]))


def publish(publisher, events, random_):
    """In any order, in requests of any size, some of them from a publisher whose clock is wrong."""
    random_.shuffle(events)
    runs = [list(run) for _, run in itertools.groupby(events, key=lambda one: one[1])]
    for run in runs:
        late = random_.choice([0] * 8 + [17 * MINUTE, -11 * MINUTE])
        publications, origin = [one for one, _ in run], run[0][1]
        for result in publisher.publish(publications, origin, sent_at_ms=harness.now_ms() - late):
            assert harness.code_name(result.code) == "OK", (result.field, result.message)


# ---- the tests ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "zone,currency,start",
    [
        ("America/New_York", "USD", "2026-10-29T00:00:00-04:00"),  # the clock goes back; week and month change
        ("America/New_York", "JPY", "2026-03-05T00:00:00-05:00"),  # the clock goes forward
        ("Asia/Kathmandu", "KWD", "2026-06-28T00:00:00+05:45"),
        ("Europe/Warsaw", "PLN", "2026-10-22T00:00:00+02:00"),
        ("Australia/Lord_Howe", "AUD", "2026-04-02T00:00:00+11:00"),  # the clock goes back by half an hour
    ],
)
def test_a_tangle(stack, publisher, new_shop, zone, currency, start):
    seed = int(os.environ.get("UTARG_SEED", random.randrange(2**32)))
    print(f"UTARG_SEED={seed}")  # pytest shows it when the test fails
    slug = new_shop(currency, zone)
    events = Tangle(slug, currency, start, seed, int(os.environ.get("UTARG_ORACLE_EVENTS", "900"))).make()
    publish(publisher, events, random.Random(seed + 1))
    assert_same(stack, slug, at_least=5_000)


def test_a_simulated_day(stack):
    slug = stack.add_shop("simulated")
    for seed in ("7", "11"):
        stack.ok("simulate", slug, "--day", SIMULATED_DAY, "--visits", "300", "--seed", seed)
    assert_same(stack, slug, at_least=5_000)


def test_real_orders(stack):
    slug = stack.add_shop("gifts", "GBP", "Europe/London")
    stack.ok("import", "online-retail", harness.ROOT / "tests/data/online_retail.csv", "--shop", slug)
    assert_same(stack, slug, at_least=1_000)
