# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Directives: a marketing tool with a key of its own hears what there is to do, does it, says so, and sees its campaign's
figures change. Rules by hand-worked figures are in tests/unit/campaign/test_directive.c."""
import datetime
import os
import pathlib
import signal
import uuid

import pytest

from harness import utarg as harness
from harness.events import MINUTE, Shop

SERVER = 2
AWAITING, ISSUED, APPROVED, REJECTED, CONFIRMED, FAILED, EXPIRED, SUPERSEDED, LIFTED = range(1, 10)
RAISE, LOWER, PAUSE, STOP_OFFER = range(1, 5)
DOCS = harness.ROOT / "docs" / "DIAGRAMS.md"


def command(**fields):
    return {"command_id": uuid.uuid4().bytes, **fields}


def refusal(client, **body):
    status = client.request(**body).status
    return harness.code_name(status.code), status.message


class Tool:
    """What an agency runs: one key, which may read its shop's campaigns and figures and confirm directives."""

    def __init__(self, stack, shop, campaign, name):
        self.shop, self.campaign = shop, campaign
        self.key = stack.new_key(name, "tool", "--shop", shop)
        self.asker = stack.client("campaign", self.key)
        self.told = stack.subscriber(f"directive/{shop}/{campaign}/", service="campaign", key=self.key)
        self.figures = stack.subscriber(f"kpi/{shop}/spend/campaign/{campaign}/day/", key=self.key)

    def wait(self, action, *states, what):
        """The directive with that action, as soon as it is in one of the states; and the update."""
        def there(_, update):
            return any(v.directive.action == action and v.directive.state in states for v in update.directives)

        _, update = self.told.until(there, what=what)
        (view,) = [v for v in update.directives if v.directive.action == action and v.directive.state in states][:1]
        return view.directive, update

    def confirm(self, directive, done=True, note=""):
        return command(shop=self.shop, directive_id=directive.directive_id, done=done, note=note)


@pytest.fixture(scope="module")
def place(stack):
    """A shop with a campaign that advertises two offers, and its tool."""
    shop = Shop(stack.add_shop("market"))
    made = stack.json("campaign", "create", shop.slug, "winter", "--channel", "ads", "--sku", "MUG", "--sku", "CUP",
                      "--minimum-orders", "2", "--weekday-curve", "1,1,1,1,1,2,2")
    assert made["campaign"]["skus"] == ["MUG", "CUP"] and made["campaign"]["minimumOrders"] == 2
    return stack, shop, Tool(stack, shop.slug, "winter", "agency")


def stock(stack, shop, **pieces):
    stack.publisher().accept([shop.of("stock_changed", harness.now_ms() - 1000, sku=sku, quantity=quantity)
                              for sku, quantity in pieces.items()], SERVER)


def test_an_offer_out_of_stock(place):
    stack, shop, tool = place
    stock(stack, shop, MUG=0, CUP=5, OTHER=0)
    directive, update = tool.wait(STOP_OFFER, AWAITING, what="the directive")
    assert (directive.sku, directive.campaign, directive.needs_approval) == ("MUG", "winter", True)
    assert directive.reason == "campaign winter: an offer it advertises is out of stock"
    assert directive.evidence.startswith("stock of MUG: 0 (revision ") and not directive.HasField("amount")
    assert update.epoch >= 1 and update.version >= 0 and update.as_of_seq >= directive.judged_at_seq > 1
    # Nobody agreed yet: neither the tool may do it, nor is it the tool that may agree.
    code, sentence = refusal(tool.asker, directive_confirm=tool.confirm(directive))
    assert code == "REFUSED" and sentence.endswith("is awaiting approval and cannot be confirmed")
    decide = command(shop=shop.slug, directive_id=directive.directive_id, approve=True)
    assert refusal(tool.asker, directive_decide=decide)[0] == "FORBIDDEN"
    assert directive.directive_id in stack.ok("directive", "list", shop.slug)
    stack.ok("directive", "approve", shop.slug, directive.directive_id, "--reason", "go on")
    directive, _ = tool.wait(STOP_OFFER, APPROVED, what="the approval")
    assert (directive.decided_by, directive.note) == ("operator", "go on")
    confirm = tool.confirm(directive, note="ad group 17 paused")
    first = tool.asker.ask(directive_confirm=confirm).directive
    assert tool.asker.ask(directive_confirm=confirm).directive.seq == first.seq, "the same command again"
    assert refusal(tool.asker, directive_confirm=confirm | {"done": False})[0] == "CONFLICT"
    directive, _ = tool.wait(STOP_OFFER, CONFIRMED, what="its own confirmation")
    assert (directive.tool, directive.note) == ("agency", "ad group 17 paused")
    # Said once, however often the stock is told; then it may go on.
    stock(stack, shop, MUG=0, CUP=4)
    stock(stack, shop, MUG=3)
    directive, update = tool.wait(STOP_OFFER, LIFTED, what="the end of it")
    assert directive.note == "the offer is in stock again" and len(update.directives) == 1
    stock(stack, shop, MUG=0)
    again, _ = tool.wait(STOP_OFFER, AWAITING, what="a new one")
    assert again.directive_id != directive.directive_id
    stack.ok("directive", "reject", shop.slug, again.directive_id, "--reason", "more come tomorrow")
    shown = stack.ok("directive", "show", shop.slug, again.directive_id)
    assert "rejected" in shown and "more come tomorrow" in shown and "stock of MUG: 0" in shown
    assert "nothing to do" in stack.ok("directive", "list", shop.slug)
    kinds = [(e.principal, e.event.WhichOneof("body")) for e in stack.journal(shop.slug)]
    assert kinds.count(("utarg-campaign", "directive_issued")) == 3  # issued, lifted, issued
    assert kinds.count(("operator", "directive_issued")) == 2 and kinds.count(("agency", "directive_confirmed")) == 1


def days_ago(n):
    return str(datetime.datetime.fromtimestamp(harness.now_ms() / 1000 - n * 86400, datetime.timezone.utc).date())


def advertised(stack, new_shop, name, net_minor, spent_day, *options):
    """A campaign of a UTC shop that brought two orders and cost 100.00, and its tool."""
    shop = Shop(new_shop(zone="UTC"))
    stack.ok("campaign", "create", shop.slug, "spring", "--channel", "ads", "--minimum-orders", "2", *options)
    tool = Tool(stack, shop.slug, "spring", name)
    now, ad = harness.now_ms(), {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring"}
    stack.publisher().accept([event for n in (1, 2) for event in (
        shop.page_view(f"v{n}", now - 10_000 * n, context=ad), shop.purchase(f"v{n}", now - 9_000 * n, f"O-{n}", net_minor))])
    stack.publisher().accept([shop.ad_spend(now - MINUTE, spent_day, "spring", 10_000)], SERVER)
    return shop, tool


def test_a_campaign_that_does_not_pay(stack, new_shop):
    shop, tool = advertised(stack, new_shop, "cheaper", 1_000, days_ago(0))
    directive, _ = tool.wait(LOWER, AWAITING, what="lower")
    assert directive.reason == "campaign spring: it has no goal and brings less than it costs"
    assert "roas 0.200000 (week " in directive.evidence and "attributed_orders 2.000000 (week " in directive.evidence
    assert directive.day == days_ago(0) and directive.judged_at_seq > 1
    week = datetime.date.fromisoformat(directive.day).weekday() + 1
    assert directive.amount.minor == 10_000 * 4 // 5 // week and directive.amount.currency == "PLN"
    stack.ok("directive", "approve", shop.slug, directive.directive_id)
    directive, _ = tool.wait(LOWER, APPROVED, what="the approval")
    tool.asker.ask(directive_confirm=tool.confirm(directive, note="done"))
    tool.wait(LOWER, CONFIRMED, what="its own confirmation")
    # The tool spends less, says so, and sees its figures change.
    stack.publisher().accept([shop.ad_spend(harness.now_ms(), days_ago(0), "spring", 8_000)], SERVER)
    tool.figures.until(lambda _, u: u.figure.value == "80.00", what="the new cost on 7202")
    # Campaign dies: nothing is said twice, and the last word is told again.
    pid = stack.kill("campaign")
    stack.wait_restarted("campaign", pid)
    late = stack.subscriber(f"directive/{shop.slug}/", service="campaign", key=tool.key)
    _, update = late.until(lambda *_: True, what="the last value again")
    assert [v.directive.state for v in update.directives] == [CONFIRMED]
    stack.verify(shop.slug)


def test_one_that_acts_alone_is_ahead(stack, new_shop):
    """13 of 28 days are over and 100.00 of 120.00 are spent: what is left is for the 15 days left."""
    shop, tool = advertised(stack, new_shop, "alone", 50_000, days_ago(1), "--budget", "120.00PLN", "--from",
                            days_ago(13), "--to", days_ago(-14), "--acts-alone")
    directive, _ = tool.wait(LOWER, ISSUED, what="lower at once")
    assert directive.reason == "campaign spring: it has spent more than 1.2 times what was due"
    assert directive.evidence.startswith("pace 1.79") and not directive.needs_approval
    assert directive.amount.minor == 2_000 // 15
    tool.asker.ask(directive_confirm=tool.confirm(directive, done=False, note="no access"))
    directive, _ = tool.wait(LOWER, FAILED, what="the failure")
    assert directive.note == "no access"
    stack.verify(shop.slug)


def test_without_metrics(stack, new_shop):
    """No figures, no directives by figures; campaign is ready and says so, and stock is judged all the same."""
    shop = Shop(new_shop(zone="UTC"))
    stack.ok("campaign", "create", shop.slug, "quiet", "--sku", "MUG")
    tool, ready = Tool(stack, shop.slug, "quiet", "deaf"), lambda: stack.asker("campaign").ask(ready={}).ready
    stack.kill("metrics", signal.SIGSTOP)
    try:
        stock(stack, shop, MUG=0)
        tool.wait(STOP_OFFER, AWAITING, what="the directive about the stock")
        harness.wait_until(lambda: ready().reason, what="a word about the figures")
        assert ready().ready and ready().reason == "no directive is judged by figures: metrics does not answer"
    finally:
        stack.kill("metrics", signal.SIGCONT)
    stack.publisher().accept([shop.ad_spend(harness.now_ms(), days_ago(0), "quiet", 100)], SERVER)
    harness.wait_until(lambda: not ready().reason, what="the figures again")


def test_who_may(place):
    stack, shop, tool = place
    reader = stack.client("campaign", stack.new_key("reader", "tool", "--shop", shop.slug, "--may", "campaign.read"))
    (view, *_) = reader.ask(directive_list={"shop": shop.slug, "settled": True}).directive_list.directives
    code, sentence = refusal(reader, directive_confirm=tool.confirm(view.directive))
    assert code == "FORBIDDEN" and "directive.confirm" in sentence
    decider = stack.client("campaign", stack.new_key("holder", "tool", "--shop", shop.slug, "--may", "decide:directive"))
    decide = command(shop=shop.slug, directive_id=view.directive.directive_id, approve=True)
    assert refusal(decider, directive_decide=decide)[0] == "REFUSED"
    assert refusal(decider, directive_decide=decide | {"directive_id": "none"})[0] == "BAD_FIELD"
    other = stack.new_key("other", "tool", "--shop", stack.add_shop("elsewhere"))
    elsewhere = stack.client("campaign", other)
    assert refusal(elsewhere, directive_list={"shop": shop.slug})[0] == "FORBIDDEN"


def test_the_diagrams_in_the_docs(stack):
    parts = {"The states of a campaign": ("campaign", "diagram"), "The states of a directive": ("directive", "diagram"),
             "The states of a message": ("message", "diagram")}
    text = "# Diagrams\n\nPrinted from the tables the program decides by; `tests/flow/test_directives.py` compares.\n"
    for title, words in parts.items():
        text += f"\n## {title}\n\n```mermaid\n{stack.ok(*words)}```\n"
    text += f"\n## Why a directive is issued\n\nThe first rule that holds.\n\n{stack.ok('directive', 'diagram', '--rules')}"
    if os.environ.get("UTARG_WRITE_GOLDEN"):
        DOCS.write_text(text)
    assert pathlib.Path(DOCS).read_text() == text
