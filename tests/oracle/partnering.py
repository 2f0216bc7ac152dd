# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The partners' half of histories.py: links that are followed, and what is decided about who brought the order."""
import functools

from harness.events import DAY, MINUTE
from oracle import signature
from oracle.told import CLIENT, SERVER

PARTNERS, SEED = ("blog", "deal"), bytes(range(32))


@functools.cache
def signed(shop, affiliate, campaign):
    return signature.sign(SEED, shop, affiliate, campaign)


class Partnering:
    """Of a History: it has random, shop, start, add(), moment() and chance(). All of it is for decisions only."""

    def open_to_partners(self):
        since = self.start - 40 * DAY
        self.add(self.shop.of("affiliate_key_changed", since, public_key=signature.public_key(SEED),
                              valid_from_ms=since), SERVER)
        for affiliate in PARTNERS:
            self.rule(affiliate, since)

    def rule(self, affiliate, valid_from_ms):
        r = self.random
        pays = r.choice([{"percentage_bp": r.randrange(1, 2_000)}, {"percentage_bp": 500},
                         {"fixed": {"minor": r.randrange(1, 900), "currency": r.choice([self.shop.currency] * 3 + ["EUR"])}}])
        self.add(self.shop.of("commission_changed", self.moment(), affiliate=affiliate, rule_id="general",
                              valid_from_ms=valid_from_ms, holding_days=r.choice([0, 1, 2, 14]),
                              new_customers_only=self.chance(0.2), ended=self.chance(0.05), **pays), SERVER)

    def click(self, visitor, t):
        r = self.random
        affiliate, campaign = r.choice(PARTNERS), r.choice(["", "spring"])
        right = signed(self.shop.slug, affiliate, campaign)
        signature_said = right if self.chance(0.9) else r.choice([b"", right[::-1]])
        self.add(self.shop.of("affiliate_click", t - r.randrange(3 * MINUTE), visitor, affiliate=affiliate,
                              campaign=campaign, signature=signature_said, customer=r.choice(["", "", "c1"])),
                 r.choice([SERVER, CLIENT]))

    def partnership(self, t, order):
        r, affiliate = self.random, self.random.choice(PARTNERS)
        what = r.randrange(4)
        if what == 0:
            self.rule(affiliate, self.start + r.randrange(-DAY, 6 * DAY))
        elif what == 1:
            self.add(self.shop.of("affiliate_changed", t, affiliate=affiliate, state=r.choice([1, 1, 2])), SERVER)
        else:
            lines = [{"order_id": order, "rule_id": "general", "amount_minor": r.randrange(-50, 400)}]
            self.add(self.shop.of("affiliate_paid", t, affiliate=affiliate, lines=lines * r.choice([1, 1, 2]),
                                  currency=r.choice([self.shop.currency] * 4 + ["CHF"])), SERVER)
