# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The other half of histories.py: what a shop's people and systems say of orders, offers, cases, books and money."""
import datetime

from harness.events import DAY, HOUR, MINUTE
from oracle import money
from oracle.advertising import Advertising
from oracle.partnering import Partnering
from oracle.told import CLIENT, IMPORT, SERVER


class Shopkeeping(Advertising, Partnering):
    """Of a History: it has random, shop, start, events, orders, digestible, size, chance() and add()."""

    def day(self, t):
        """A local day near t; which one exactly does not matter."""
        return str(datetime.datetime.fromtimestamp(t / 1000, datetime.timezone.utc).date())

    def moment(self, days=7):
        return self.start + self.random.randrange(-HOUR, days * DAY)

    def open_the_shop(self):
        r, shop = self.random, self.shop
        for _ in range(6):
            rates = [{"currency": currency, "per_unit_nano": r.randrange(1, 4_000_000_000)}
                     for currency in r.sample(["EUR", "CHF", "JPY", "KWD"], r.randrange(1, 3))]
            day = self.day(self.start + r.randrange(-9, 5) * DAY)
            self.add(shop.of("rate_published", self.moment(), rate_source=r.choice(["bank", "bank", "other"]), day=day,
                             rates=rates), SERVER)
        rules = [{"utm_source": "google", "marketing_channel": "house-ads"}, {"referrer_host": "google.com",
                                                                              "marketing_channel": "friends"}]
        self.add(shop.of("channel_rules_changed", self.start, version=1, valid_from_ms=self.start + 3 * DAY,
                         rules=rules), SERVER)
        if self.decisions:
            self.open_to_partners()
        for sku in "ABCD":
            self.offer(sku, self.start - r.randrange(3 * DAY))
            before = self.start - r.randrange(3 * DAY)
            self.add(shop.of("stock_changed", before, sku=sku, quantity=r.randrange(1, 9)), SERVER)

    def afterwards(self):
        r = self.random
        order, t = r.choice(self.orders[-20:] or [("O-1", self.start)])
        t += r.choice([DAY, r.randrange(-HOUR, 9 * DAY), r.randrange(-HOUR, 9 * DAY)])
        if self.decisions and self.chance(0.1):
            self.partnership(t, order)
        r.choice([self.cancelled, self.updated, self.refund, self.refund, self.refund, self.paid, self.paid, self.costs,
                  self.parcel, self.parcel, self.parcel, self.returned, self.case, self.case, self.complaint,
                  self.review, self.marketing, self.marketing, self.an_offer, self.an_offer])(t, order)

    # -- orders

    def cancelled(self, t, order):
        self.add(self.shop.order_cancelled(t, order, test=self.chance(0.1)), self.random.choice([SERVER, CLIENT]))

    def updated(self, t, order):
        r = self.random
        content = self.content() | {"status": r.choice([0, 1, 2]), "cart_id": r.choice(["", "", "k3"])}
        self.add(self.shop.order_updated(t, order, r.randrange(4), content.pop("lines"), **content), SERVER)

    def refund(self, t, order):
        r = self.random
        lines = [{"sku": sku, "quantity": 1, "net_minor": r.randrange(9_000), "tax_minor": r.randrange(900)}
                 for sku in r.choice(["AB", "B", "CCA", "D"])]
        how = r.choice([
            {"total_minor": r.choice([1, 700, 20_000, 900_000])},
            {"items_net_minor": r.randrange(30_000), "tax_minor": r.randrange(900)},
            {"shipping_net_minor": r.choice([1, 1_219])},
            {"items_net_minor": 900_000},
            {"lines": lines},
            {"lines": lines, "shipping_net_minor": 500},
        ])
        if self.chance(0.2):
            how["currency"] = r.choice(["EUR", "CHF", "JPY", "KWD"])
        if self.chance(0.3):
            how["context"] = {"utm_source": "bing", "utm_campaign": "spring", "country": "PL"}
        order = r.choice(["", order, order, order, "O-none"])
        self.add(self.shop.refund(t, f"R-{r.randrange(150)}", order, channel=r.choice([0, 2]), **how),
                 r.choice([SERVER, SERVER, IMPORT, CLIENT]))

    def paid(self, t, order):
        r = self.random
        self.add(self.shop.of("order_paid", t, order_id=r.choice([order, order, order, "O-none"]),
                              amount_minor=r.choice([1_000, 20_000, r.randrange(1, 60_000), 900_000]),
                              currency=r.choice([self.shop.currency] * 3 + ["EUR", "CHF"]), method="card"), SERVER)

    def costs(self, t, order):
        r = self.random
        self.add(self.shop.of("order_cost", t, order_id=order, cost_kind=r.randrange(1, 5),
                              net_minor=r.choice([-50, r.randrange(1_500)]),
                              currency=r.choice([self.shop.currency] * 3 + ["EUR"])), SERVER)

    def parcel(self, t, order):
        r, parcel = self.random, self.random.choice(["P-1", "P-2", ""])
        names = {"order_id": order, "parcel_id": parcel}
        self.add(self.shop.of("order_fulfilled", t, **names, last_parcel=self.chance(0.7)), SERVER)
        if self.chance(0.6):
            kind = r.choice(["order_delivered", "order_delivered", "parcel_refused"])
            self.add(self.shop.of(kind, t + r.randrange(4 * DAY), **names), SERVER)

    def returned(self, t, order):
        lines = [{"sku": "A", "quantity": 1}]
        self.add(self.shop.of("return_received", t, order_id=order, return_id="T-1", lines=lines), SERVER)

    # -- people

    def case(self, t, order):
        r, shop = self.random, self.shop
        names = {"case_id": f"S-{r.randrange(self.size // 30)}", "order_id": r.choice(["", order])}
        how = {"context": r.choice([{}, {"utm_campaign": "spring", "country": "PL"}]), "channel": r.choice([0, 2])}
        self.add(shop.of("service_case_opened", t, **names, **how), r.choice([SERVER, CLIENT]))
        for _ in range(r.randrange(4)):
            t += r.choice([-MINUTE, 0, 7 * MINUTE, HOUR, 30 * HOUR])
            kind = r.choice(["replied", "replied", "closed", "closed", "reopened"])
            more = {"by_customer": True} if kind == "replied" and self.chance(0.3) else {}
            self.add(shop.of(f"service_case_{kind}", t, **names, **more, **how), SERVER)
        if self.chance(0.4):
            self.add(shop.of("service_rated", t, case_id=names["case_id"], score=r.randrange(1, 6), **how), SERVER)

    def complaint(self, t, order):
        r = self.random
        if self.chance(0.5):
            more = {"complaint_id": f"Q-{r.randrange(self.size // 30)}", "order_id": r.choice([order, order, ""])}
            self.add(self.shop.of("complaint_received", t, **more), SERVER)
        else:
            more = {"withdrawal_id": f"W-{r.randrange(self.size // 30)}", "order_id": order}
            self.add(self.shop.of("withdrawal_received", t, **more), SERVER)

    def review(self, t, order):
        r = self.random
        more = {"review_id": f"V-{r.randrange(self.size // 30)}", "sku": r.choice(["A", "B", ""]), "order_id": order}
        self.add(self.shop.of("review_posted", t, score=r.randrange(1, 6), **more), r.choice([SERVER, CLIENT]))

    # -- offers

    def an_offer(self, t, order):
        self.random.choice([self.offer, self.stock, self.stock])(self.random.choice("ABCD"), t)

    def offer(self, sku, t):
        r = self.random
        says = {}
        if self.chance(0.8):
            says["price_gross_minor"] = r.randrange(1, 9_000)
        if self.chance(0.6):
            says["cost_net_minor"] = r.randrange(3_000)
        currency = r.choice([self.shop.currency] * 3 + ["EUR", ""] if not says else [self.shop.currency] * 4 + ["EUR"])
        self.add(self.shop.of("offer_updated", t, sku=sku, currency=currency, audience=r.choice([0, 1, 2, 3]), **says),
                 SERVER)

    def stock(self, sku, t):
        r = self.random
        self.add(self.shop.of("stock_changed", t, sku=sku, location=r.choice([""] * 7 + ["north"]),
                              quantity=r.choice([0, 0, 3, r.randrange(40)])), SERVER)

    # -- money and books

    def close_the_books(self):
        for i in range(-1, 8):
            if self.chance(0.8):
                self.digest(self.start + i * DAY + HOUR)

    def digest(self, t):
        r = self.random
        events = [event for event in self.digestible if 0 <= event.occurred_at_ms - t < DAY and self.chance(0.8)]
        rows = [{"order_id": event.purchase.order_id, "currency": event.purchase.currency,
                 "status": r.choice([0, 1, 1, 1, 2]), "gross_minor": gross(event.purchase)} for event in events]
        if self.chance(0.4):
            rows.append({"order_id": "O-unknown", "currency": self.shop.currency, "gross_minor": 5})
        day = self.day(t + 12 * HOUR)
        if self.chance(0.3):
            rows = []
        said = {"day": day, "rows": rows, "order_count": len(events), "gross_minor": sum(map(gross_of, events)),
                "currency": self.shop.currency}
        self.add(self.shop.of("order_digest", t + r.randrange(2 * DAY), **said), SERVER)


def gross(order):
    lines = money.order_lines(order)
    return sum(line.net + line.tax for line in lines) + order.shipping_net_minor + order.shipping_tax_minor


def gross_of(event):
    return gross(event.purchase)
