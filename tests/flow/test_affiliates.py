# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Partners: signed links, the ledger of their orders, what is held, due, clawed back and paid."""
import base64
import csv
import datetime
import io
import os
import stat
import urllib.parse
import uuid
import zoneinfo

import pytest

from harness import more
from harness import utarg as harness
from harness.events import DAY, HOUR, MINUTE, Shop, line
from oracle import affiliates, windows
from test_oracle import Comparison

SERVER = 2
WARSAW = zoneinfo.ZoneInfo("Europe/Warsaw")


def day_of(t):
    return str(datetime.datetime.fromtimestamp(t / 1000, WARSAW).date())


def refusal(client, **body):
    reply = client.request(**body)
    return harness.code_name(reply.status.code), reply.status.message


def minor(text):
    whole, _, cents = text.partition(".")
    return int(whole + cents.ljust(2, "0"))


class Partners:
    """A shop with a key that counts since a month ago, so that there can be orders that are due."""

    def __init__(self, stack, slug):
        self.stack, self.shop, self.now = stack, Shop(slug), harness.now_ms()
        self.since = self.now - 30 * DAY
        stack.ok("affiliate", "add", slug, "blog", "--title", "A blog")
        self.key = stack.json("affiliate", "key", slug)
        self.decide(affiliate_key_set={"key": {"public_key": bytes.fromhex(self.key["public_key"]),
                                               "valid_from_ms": self.since}})

    def command(self, fields):
        return {"command_id": uuid.uuid4().bytes, "shop": self.shop.slug, **fields}

    def decide(self, **body):
        (name, fields), = body.items()
        return self.stack.asker("campaign").ask(**{name: self.command(fields)})

    def rule(self, affiliate, *more):
        return self.stack.ok("affiliate", "rule", self.shop.slug, affiliate, "--from", day_of(self.since + DAY), *more)

    def signature(self, affiliate, campaign="spring"):
        url = self.stack.ok("affiliate", "link", self.shop.slug, affiliate, "https://demo.example/mugs?a=1#top",
                            "--campaign", campaign).strip()
        parts = urllib.parse.urlsplit(url)
        said = dict(urllib.parse.parse_qsl(parts.query))
        assert (parts.path, parts.fragment, said["a"]) == ("/mugs", "top", "1")
        assert said["affiliate"] == affiliate and said["utm_campaign"] == campaign
        return base64.urlsafe_b64decode(said["affiliate_signature"] + "==")

    def click(self, visitor, t, affiliate, signature, campaign="spring"):
        return self.shop.of("affiliate_click", t, visitor, affiliate=affiliate, campaign=campaign, signature=signature)

    def figures(self, *names, by="total", key="-"):
        """Standing ones as of now; sums of all days."""
        self.stack.settle(self.shop.slug)
        found = self.stack.figures(self.shop.slug, *names, from_day=day_of(self.since), to_day=day_of(self.now),
                                   dimension=by, key="" if by == "total" else key)
        last = day_of(self.now)
        sums = {}
        for (name, at, start), figure in found.items():
            if at != key:
                continue
            value = int(figure.numerator)
            standing = name in ("affiliate_held", "affiliate_due")
            if not standing:
                sums[name] = sums.get(name, 0) + value
            elif start == last:
                sums[name] = value
        return [sums.get(name, 0) for name in names]

    def ledger(self, *args):
        self.stack.settle(self.shop.slug)
        return self.stack.json("affiliate", "ledger", self.shop.slug, *args)

    def assert_as_the_oracle_says(self, at_least):
        comparison = Comparison(self.stack, self.shop.slug, "Europe/Warsaw")
        kpis = [row.kpi for row in affiliates.ROWS] + ["contribution_margin", "clv"]
        span = comparison.calendar.midnight(comparison.days[0]), comparison.calendar.day_end(comparison.days[1])
        asked, found = (windows.DAYS, windows.MONTHS), {}
        for window in asked:
            found |= comparison.served(kpis, span, window)
        lines = comparison.differences(found, kpis, asked, span)
        assert not lines, "\n".join(lines[:40])
        assert len(found) >= at_least

    def payout(self):
        self.stack.settle(self.shop.slug)
        text = self.stack.ok("affiliate", "payout", self.shop.slug, "--csv")
        return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def partners(stack, shop):
    return Partners(stack, shop)


SUMS = ("affiliate_held", "affiliate_due", "affiliate_clawed_back", "affiliate_paid", "affiliate_commission",
        "affiliate_orders", "affiliate_clicks")


def test_from_a_link_to_a_payout(partners, publisher):
    p, stack, slug, shop = partners, partners.stack, partners.shop.slug, partners.shop
    assert stat.S_IMODE(os.stat(p.key["file"]).st_mode) == 0o600 and p.key["counts"]
    p.rule("blog", "--percent", "5", "--hold", "14")
    p.rule("blog", "--percent", "10", "--category", "books", "--hold", "14")
    stack.ok("affiliate", "add", slug, "deal")
    p.rule("deal", "--fixed", "7.00", "--new-customers", "--hold", "2")
    blog, deal = p.signature("blog"), p.signature("deal")
    old, new = p.now - 20 * DAY, p.now - 2 * HOUR
    lines = [line("A", 1, 10_001), line("B", 1, 5_000, category="books")]
    publisher.accept([
        p.click("v1", old, "blog", blog), shop.purchase("v1", old + HOUR, "O-1", lines=lines),
        p.click("v2", new, "blog", blog), shop.purchase("v2", new + HOUR, "O-2", 10_000),
        p.click("v3", new, "blog", b""), shop.purchase("v3", new + HOUR, "O-3", 10_000),        # unsigned
        p.click("v4", new, "blog", blog, "other"), shop.purchase("v4", new + HOUR, "O-4", 10_000),  # of another link
        p.click("v5", new, "deal", blog), shop.purchase("v5", new + HOUR, "O-5", 10_000),       # of another partner
        p.click("v6", old, "deal", deal), shop.purchase("v6", old + HOUR, "O-6", 3_000, customer="c6"),
        p.click("v6", old + 2 * HOUR, "deal", deal), shop.purchase("v6", old + 3 * HOUR, "O-7", 3_000, customer="c6"),
    ], origin=SERVER)
    # 5 % of 100.01 is 5.0005, 10 % of 50.00, 5 % of 100.00 held; 7.00 for c6's first order, nothing for the second.
    assert p.figures(*SUMS) == [500, 500 + 500 + 700, 0, 0, 2200, 4, 4]
    assert p.figures("affiliate_due", "affiliate_orders", by="affiliate", key="deal") == [700, 2]
    told = {(row["orderId"], row["ruleId"]): row for row in p.ledger()}
    assert {key: (row["state"], int(row["commissionMinor"])) for key, row in told.items()} == {
        ("O-1", "general"): ("COMMISSION_STATE_DUE", 500), ("O-1", "books"): ("COMMISSION_STATE_DUE", 500),
        ("O-2", "general"): ("COMMISSION_STATE_HELD", 500), ("O-6", "general"): ("COMMISSION_STATE_DUE", 700),
        ("O-7", "general"): ("COMMISSION_STATE_NONE", 0)}
    assert told["O-1", "books"]["why"].startswith("10.00 % of 50.00 PLN net by rule books for books; due since ")
    assert told["O-6", "general"]["why"].startswith("7.00 PLN for the order by rule general; due since ")
    assert "not its customer's first order" in told["O-7", "general"]["why"]
    assert f"held until {day_of(new + HOUR + 14 * DAY)}" in told["O-2", "general"]["why"]
    # A refund takes back what was due; one of an order that is held makes it less.
    publisher.accept([shop.refund(p.now - MINUTE, "R-1", "O-1", lines=[{"sku": "B", "quantity": 1, "net_minor": 2_000}]),
                      shop.refund(p.now - MINUTE, "R-2", "O-2", items_net_minor=4_000)], origin=SERVER)
    assert p.figures(*SUMS) == [300, 1500, 200, 0, 1800, 4, 4]
    told = {(row["orderId"], row["ruleId"]): row for row in p.ledger("blog")}
    assert "2.00 PLN taken back after it was due" in told["O-1", "books"]["why"]
    assert "2.00 PLN less, given back before it was due" in told["O-2", "general"]["why"]
    p.assert_as_the_oracle_says(200)
    # The list is what the figure says, and is paid once.
    rows = p.payout()
    assert sum(minor(row["due"]) for row in rows) == 1500
    assert {(row["affiliate"], row["order_id"]) for row in rows} == {("blog", "O-1"), ("deal", "O-6")}
    assert "8.00 PLN to blog for 2 lines" in stack.ok("affiliate", "pay", slug, "blog")
    assert p.figures("affiliate_due", "affiliate_paid") == [700, 800]
    again = stack.cli("affiliate", "pay", slug, "blog")
    assert again.returncode == 5 and "nothing is due to blog" in again.stderr
    assert {row["state"] for row in p.ledger("blog")} == {"COMMISSION_STATE_PAID", "COMMISSION_STATE_HELD"}
    # Cancelled after that: kept back from what is paid next.
    publisher.accept([shop.order_cancelled(p.now, "O-1")], origin=SERVER)
    assert p.figures(*SUMS) == [300, 700 - 800, 1000, 800, 1000, 4, 4]
    told = {(row["orderId"], row["ruleId"]): row for row in p.ledger("blog")}
    assert told["O-1", "general"]["state"] == "COMMISSION_STATE_CLAWED_BACK"
    assert "is kept back from what is paid next" in told["O-1", "general"]["why"]
    held_back = stack.cli("affiliate", "pay", slug, "blog")
    assert held_back.returncode == 5 and "nothing is to be paid to blog: what is due comes to -8.00 PLN" in held_back.stderr
    for name, by in (("affiliate_held", "heldMinor"), ("affiliate_due", "dueMinor"), ("affiliate_paid", "paidMinor"),
                     ("affiliate_commission", "commissionMinor"), ("affiliate_clawed_back", "clawedBackMinor")):
        assert p.figures(name) == [sum(int(row[by]) for row in p.ledger())], name
    p.assert_as_the_oracle_says(200)
    assert "A blog" in stack.ok("affiliate", "list", slug) and "8.00 PLN" in stack.ok("affiliate", "list", slug, "blog")
    stack.verify(slug)


def test_late_decisions(partners, publisher):
    """What is decided after the orders it is for: rules, a pause, a key."""
    p, stack, slug, shop = partners, partners.stack, partners.shop.slug, partners.shop
    blog, old = p.signature("blog"), p.now - 20 * DAY
    publisher.accept([p.click("v1", old, "blog", blog), shop.purchase("v1", old + HOUR, "O-1", 10_000),
                      shop.purchase("v1", old + DAY, "O-2", 20_000), shop.purchase("v9", old, "O-9", 20_000)],
                     origin=SERVER)
    assert p.figures("affiliate_orders", "affiliate_commission") == [2, 0]
    assert {row["why"] for row in p.ledger()} == {"no rule of the partner was in force for these lines"}
    p.rule("blog", "--percent", "5", "--hold", "14")
    assert p.figures("affiliate_due", "affiliate_commission") == [1500, 1500]
    stack.ok("affiliate", "rule", slug, "blog", "--percent", "8", "--from", day_of(old + DAY), "--hold", "14")
    commission = {row["orderId"]: int(row["commissionMinor"]) for row in p.ledger()}
    assert commission in ({"O-1": 500, "O-2": 1600}, {"O-1": 800, "O-2": 1600}), "by the local day it began"
    p.assert_as_the_oracle_says(100)
    # Pausing is for orders to come. The margin is what the commission leaves.
    stack.ok("affiliate", "add", slug, "blog", "--paused", "--reason", "fraud")
    margin, = p.figures("contribution_margin")
    assert margin == 50_000 - sum(commission.values())
    # Somebody else's key in force since before the clicks: none of them counts, nothing was brought.
    p.decide(affiliate_key_set={"key": {"public_key": bytes(range(32)), "valid_from_ms": old - HOUR}})
    assert p.figures("affiliate_orders", "affiliate_clicks", "contribution_margin") == [0, 0, 50_000]
    # One that counts from now on: links signed with the old one are made no more.
    p.decide(affiliate_key_set={"key": {"public_key": bytes(range(32))}})
    wrong = stack.cli("affiliate", "link", slug, "blog", "https://demo.example/")
    assert wrong.returncode == 5 and "checked with another key" in wrong.stderr
    assert stack.json("affiliate", "key", slug, "--replace")["counts"]
    assert p.signature("blog") != blog
    stack.verify(slug)


def test_a_clock_that_was_set_back(partners):
    """What is decided from now on counts behind what was decided before, although that is later by the clock."""
    p = partners
    p.decide(commission_set={"rule": {"affiliate": "blog", "percentage_bp": 500}})
    p.decide(affiliate_key_set={"key": {"public_key": bytes(range(32))}})
    ahead = harness.now_ms() + HOUR
    for table in ("affiliate_key", "commission"):
        more.sql(p.stack, f"UPDATE campaign.{table} t SET event_time = to_timestamp({ahead} / 1000.0), valid_from ="
                 f" to_timestamp({ahead} / 1000.0) FROM office.shop s WHERE s.shop_id = t.shop_id AND slug = '{p.shop.slug}'")
    assert p.decide(affiliate_key_set={"key": {"public_key": bytes(range(1, 33))}}).affiliate_key.key.valid_from_ms > ahead
    made = p.decide(commission_set={"rule": {"affiliate": "blog", "percentage_bp": 600}}).commission.rule
    assert made.valid_from_ms > ahead


def test_what_is_refused(partners, publisher):
    p, slug = partners, partners.shop.slug
    client = p.stack.asker("campaign")
    head = p.stack.head(slug)

    def refused(**body):
        (name, fields), = body.items()
        return refusal(client, **{name: p.command(fields)})

    def rule(**fields):
        return refused(commission_set={"rule": {"affiliate": "blog", "percentage_bp": 500} | fields})

    assert rule(affiliate="nobody") == ("REFUSED", "the shop has no partner nobody")
    assert rule(fixed={"minor": 100, "currency": "PLN"})[0] == "BAD_FIELD"
    assert rule(percentage_bp=0, fixed={"minor": 100, "currency": "EUR"}) == (
        "REFUSED", "the rule pays in EUR, but the shop's currency is PLN")
    assert rule(percentage_bp=10_001)[0] == "BAD_FIELD" and rule(holding_days=366)[0] == "BAD_FIELD"
    assert rule(valid_from_ms=p.now - 40 * DAY)[0] == "BAD_TIME"
    assert refused(affiliate_key_set={"key": {"public_key": b"short"}})[0] == "BAD_FIELD"
    assert refused(affiliate_set={"affiliate": {"affiliate": "No Slug"}})[0] == "BAD_FIELD"
    assert p.stack.head(slug) == head, "nothing was appended"
    p.decide(commission_set={"rule": {"affiliate": "blog", "percentage_bp": 500, "rule_id": "a"}})
    assert rule(category="books", rule_id="a")[0] == "REFUSED"
    paid = {"payout_id": "1", "affiliate": "blog", "until_day": "2026-11-01", "currency": "PLN", "amount_minor": 500,
            "lines": [{"order_id": "O-1", "rule_id": "a", "amount_minor": 500}]}
    assert refused(affiliate_payout={"payout": paid | {"amount_minor": 499}})[0] == "BAD_FIELD"
    # Sent again it is the same payout; a second one that knows nothing of the first is refused.
    command = p.command({"payout": paid})
    first = client.ask(affiliate_payout=command).affiliate_payout.seq
    assert client.ask(affiliate_payout=command).affiliate_payout.seq == first
    assert refused(affiliate_payout={"payout": paid}) == (
        "REFUSED", "5.00 PLN was paid for order O-1 by rule a already, not 0.00: read the ledger again")
    assert refused(affiliate_payout={"payout": paid | {"currency": "EUR"}})[0] == "REFUSED"
    # A limit of money is a limit of each payout.
    agency = p.stack.new_key(f"agency-{slug}", "tool", "--shop", slug, "--may", "decide:affiliate:3.00PLN")
    limited = p.stack.client("campaign", agency)
    small = paid | {"amount_minor": 300, "lines": [{"order_id": "O-2", "rule_id": "a", "amount_minor": 300}]}
    assert refusal(limited, affiliate_payout=p.command({"payout": small}))[0] == "OK"
    assert refusal(limited, affiliate_payout=p.command({"payout": paid})) == (
        "FORBIDDEN", f"the key of agency-{slug} may decide about an affiliate of 3.00 PLN at most, not of 5.00 PLN")
    assert refusal(limited, affiliate_ledger={"shop": slug})[0] != "OK"
    # Publishers decide nothing.
    sent = p.shop.of("affiliate_paid", p.now, affiliate="blog")
    assert [harness.code_name(r.code) for r in publisher.publish([sent], origin=SERVER)] == ["FORBIDDEN"]
