# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The marketing half of histories.py: what platforms report and report again, what campaigns may spend, and what
placements show."""
from harness.events import DAY, MINUTE
from oracle.told import SERVER

CAMPAIGNS = ("spring", "letter-7", "")


class Advertising:
    """Of a History: it has random, shop, start, decisions, add(), day(), moment() and chance()."""

    def marketing(self, t, order):
        facts = [self.spend, self.spend, self.spend, self.mailing, self.seo, self.feed, self.shown, self.shown]
        self.random.choice(facts + ([self.message, self.message, self.campaign] if self.decisions else []))(t)

    def report(self):
        """What all reports say; few report times, so that some are reported at the same one."""
        r = self.random
        row = {"account": r.choice(["", "a"]), "report_time_ms": self.start + r.randrange(3) * MINUTE,
               "test": self.chance(0.05), "day": self.day(self.moment())}
        if self.chance(0.2):
            row["zone"] = r.choice(["UTC", "Asia/Tokyo"])
        return row

    def spend(self, t):
        r = self.random
        row = self.report() | {"platform": r.choice(["ads", "social"]), "campaign": r.choice(CAMPAIGNS),
                               "currency": r.choice([self.shop.currency] * 4 + ["EUR", "CHF"]),
                               "marketing_channel": r.choice(["", "paid_search"]), "clicks": r.randrange(90),
                               "spend_minor": r.randrange(50_000), "impressions": r.randrange(4_000),
                               "reported_orders": r.randrange(4)}
        if self.chance(0.5):
            row["impression_share_bp"] = r.randrange(10_001)
        self.add(self.shop.of("ad_spend", t, **row), SERVER)

    def mailing(self, t):
        r = self.random
        counts = {name: r.randrange(500)
                  for name in ("sent", "delivered", "opened", "clicked", "unsubscribed", "bounced")}
        self.add(self.shop.of("mailing_stats", t, platform="mailer", campaign=r.choice(CAMPAIGNS), **counts,
                              **self.report()), SERVER)

    def seo(self, t):
        r = self.random
        pages = ["/a", "https://shop.example/a?gclid=1", "https://shop.example", "/b#top", "", "/go?to=http://x/y"]
        rows = [{"landing_page": r.choice(pages), "brand": self.chance(0.4), "impressions": r.randrange(900),
                 "clicks": r.randrange(80), "position_thousandth": r.randrange(1_000, 60_000)}
                for _ in range(r.randrange(5))]
        self.add(self.shop.of("seo_stats", t, platform="console", rows=rows, **self.report()), SERVER)

    def feed(self, t):
        r = self.random
        sent = r.randrange(200)
        self.add(self.shop.of("feed_status", t, platform=r.choice(["merchant", "comparison"]),
                              feed=r.choice(["", "pl"]), sent=sent, approved=r.randrange(sent + 1)), SERVER)

    def message(self, t):
        r = self.random
        says = {"message_id": r.choice("XY"), "message_version": r.randrange(1, 4),
                "campaign": r.choice(["", "spring", "spring"])}
        if self.chance(0.2):
            self.add(self.shop.of("message_withdrawn", t, **says), SERVER)
        else:
            places = r.sample(["home", "shelf", "leaflet"], r.randrange(4))
            self.add(self.shop.of("message_published", t, placements=places, **says), SERVER)

    def shown(self, t):
        r = self.random
        self.add(self.shop.of("message_shown", t, message_id=r.choice("XY"), message_version=r.choice([0, 1, 2, 2, 3]),
                              placement=r.choice(["home", "shelf", "leaflet", "till"])), SERVER)

    def campaign(self, t):
        r = self.random
        first = self.start + r.randrange(-4, 5) * DAY
        curve = r.choice([{}, {"monday": 3, "saturday": 10, "sunday": 7}, {"friday": 1_000, "thursday": 1}])
        budget = {"minor": r.randrange(300_000), "currency": r.choice([self.shop.currency] * 9 + ["CHF"])}
        self.add(self.shop.of("campaign_changed", t, campaign=r.choice(["spring", "letter-7"]),
                              state=r.choice([2, 3, 3, 3, 4, 5, 1, 6, 7]), budget=budget, first_day=self.day(first),
                              last_day=self.day(first + r.randrange(-1, 12) * DAY), weekday_curve=curve), SERVER)
