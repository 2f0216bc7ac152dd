# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages: judged and published as one version, reported by placements, coherent or not, and what turns false later."""
import datetime
import itertools
import json
import uuid
import zoneinfo

import pytest

from harness import more
from harness import utarg as harness
from harness.events import DAY, HOUR, MINUTE, Shop

SERVER = 2
PUBLISHED, WITHDRAWN = 1, 2
COHERENT, STALE, CONTRADICTING, UNKNOWN = 1, 2, 3, 4
OFFER, PRICE, PERCENTAGE, COUPON, VALIDITY, OUT_OF_STOCK, OLD, WITHDRAWN_SHOWN, SHOWN_PRICE = range(1, 10)
A_PRICE, A_PERCENTAGE, A_COUPON, A_VALIDITY, A_STOCK = range(1, 6)


@pytest.fixture
def place(stack, shop):
    return Place(stack, Shop(shop))


class Place:
    """A shop and what tests do with its messages."""

    def __init__(self, stack, shop):
        self.stack, self.shop, self.slug = stack, shop, shop.slug
        self.client = stack.asker("campaign")

    def command(self, message, anyway=False, **fields):
        return {"command_id": uuid.uuid4().bytes, "shop": self.slug, "anyway": anyway,
                "message": {"text": "Mugs", **message}, **fields}

    def publish(self, name="mugs", **more):
        more.setdefault("placements", ["web/home", "leaflet/2026-11", "pos/door"])
        anyway = more.pop("anyway", False)
        return self.client.ask(message_publish=self.command({"message_id": name, **more}, anyway)).message

    def refused(self, **more):
        more.setdefault("placements", ["web/home"])
        reply = self.client.request(message_publish=self.command({"message_id": "no", **more}))
        assert harness.code_name(reply.status.code) == "REFUSED", reply
        return reply.status.message

    def shown(self, placement, version, name="mugs", t=None, **more):
        return self.shop.of("message_shown", t or harness.now_ms(), message_id=name, message_version=version,
                            placement=placement, **more)

    def view(self, name="mugs"):
        (view,) = self.client.ask(message_list={"shop": self.slug, "message_id": name}).message_list.messages
        return view

    def states(self, name="mugs"):
        return {one.placement: one.state for one in self.view(name).placements}

    def alerts(self, name="mugs"):
        found = self.client.ask(message_alert_list={"shop": self.slug, "message_id": name}).message_alert_list.alerts
        return {(one.fault, one.claim): list(one.placements) for one in found}

    def coherence(self):
        """What metrics says of today: placements that show the current version, and all of them."""
        zone = zoneinfo.ZoneInfo("Europe/Warsaw")
        day = datetime.datetime.now(zone).date().isoformat()
        (figure,) = self.stack.figures(self.slug, "message_coherence", from_day=day, to_day=day).values()
        return int(figure.numerator), int(figure.denominator)

    def until(self, states, alerts, name="mugs"):
        harness.wait_until(lambda: (self.states(name), self.alerts(name)) == (states, alerts),
                           what=f"{states} {alerts}; it is {self.states(name)} {self.alerts(name)}")


def price(sku, minor, **more):
    return {"claim_kind": A_PRICE, "sku": sku, "amount_minor": minor, "currency": "PLN", **more}


def offers(place, publisher, **prices):
    """On offer since 40 days, five pieces each."""
    now = harness.now_ms()
    publisher.accept([event for sku, minor in prices.items() for event in (
        place.shop.offer_updated(now - 40 * DAY, sku, minor),
        place.shop.of("stock_changed", now - 40 * DAY, sku=sku, quantity=5))], SERVER)


# ---- one message, its placements ------------------------------------------------------------------------------


def test_one_version_in_every_placement(place, publisher):
    offers(place, publisher, MUG=3_900)
    subscriber = place.stack.subscriber(f"message/{place.slug}/", service="campaign")

    def told(wanted, what):
        return subscriber.until(lambda _, u: wanted(u.message), timeout=10, what=what)

    command = place.command({"message_id": "mugs", "claims": [price("MUG", 3_900)], "language": "en",
                             "texts": [{"language": "pl", "text": "Kubki"}],
                             "placements": ["web/home", "leaflet/2026-11", "pos/door"]})
    first = place.client.ask(message_publish=command).message
    assert (first.message.message.message_version, first.message.state, first.seq) == (1, PUBLISHED, first.message.revision)
    assert first.seq == place.stack.head(place.slug)
    unknown = {"leaflet/2026-11": UNKNOWN, "pos/door": UNKNOWN, "web/home": UNKNOWN}
    assert {one.placement: one.state for one in first.message.placements} == unknown
    assert [one.channel for one in first.message.placements] == [7, 3, 1]
    topic, update = told(lambda m: m.message.message_version == 1, "the message")
    assert topic == f"message/{place.slug}/mugs/" and update.message.message.texts[0].text == "Kubki"

    # Its channels report: one is a version behind what it is to show.
    place.publish(claims=[price("MUG", 3_900)], text="Better mugs")
    publisher.accept([place.shown("web/home", 2, shown_price_gross_minor=3_900, currency="PLN"), place.shown("pos/door", 2),
                      place.shown("leaflet/2026-11", 1)], SERVER)
    states = {"leaflet/2026-11": STALE, "pos/door": COHERENT, "web/home": COHERENT}
    place.until(states, {(OLD, 0): ["leaflet/2026-11"]})
    assert place.coherence() == (2, 3), "the figure and the placements mean the same"
    (alert,) = place.view().alerts
    assert alert.text == "leaflet/2026-11 shows version 1, not 2" and alert.message_version == 2
    _, update = told(lambda m: m.alerts and m.message.message_version == 2, "the alert")
    assert {one.placement: one.state for one in update.message.placements} == states
    assert "leaflet/2026-11 shows version 1, not 2" in place.stack.ok("message", "alerts", place.slug)

    # Mended.
    publisher.accept([place.shown("leaflet/2026-11", 2)], SERVER)
    place.until(states | {"leaflet/2026-11": COHERENT}, {})
    told(lambda m: not m.alerts and all(one.state == COHERENT for one in m.placements), "all coherent")

    # Another price is shown than the message claims.
    publisher.accept([place.shown("web/home", 2, shown_price_gross_minor=4_100, currency="PLN")], SERVER)
    place.until({"leaflet/2026-11": COHERENT, "pos/door": COHERENT, "web/home": CONTRADICTING}, {(SHOWN_PRICE, 0): ["web/home"]})
    assert place.view().alerts[0].text == "web/home shows 41.00 PLN, which the message does not claim"
    assert place.coherence() == (3, 3), "it asks for the version alone"

    # Withdrawn: what still shows it is stale; the first answers are given again.
    withdraw = {"command_id": uuid.uuid4().bytes, "shop": place.slug, "message_id": "mugs", "reason": "sold out"}
    gone = place.client.ask(message_withdraw=withdraw).message
    assert (gone.message.state, gone.message.message.reason) == (WITHDRAWN, "sold out")
    publisher.accept([place.shown("web/home", 0), place.shown("pos/door", 0)], SERVER)
    place.until({"leaflet/2026-11": STALE, "pos/door": COHERENT, "web/home": COHERENT}, {(WITHDRAWN_SHOWN, 0): ["leaflet/2026-11"]})
    assert place.coherence() == (0, 1), "one still shows it"
    assert place.client.ask(message_publish=command).message.seq == first.seq
    again = place.client.ask(message_withdraw=withdraw).message
    assert (again.seq, again.message.state) == (gone.seq, WITHDRAWN)
    other = place.client.request(message_publish=command | {"message": command["message"] | {"text": "Other"}})
    assert harness.code_name(other.status.code) == "CONFLICT"
    twice = place.client.request(message_withdraw=withdraw | {"command_id": uuid.uuid4().bytes})
    assert twice.status.message == "message mugs is withdrawn and cannot be withdrawn"
    assert place.publish(claims=[price("MUG", 3_900)]).message.message.message_version == 3


def test_reports_in_any_order_give_the_same(stack, publisher, new_shop):
    """Also before the message is known, twice, and with two of one instant: the greatest (time, id) counts."""
    t, seen = harness.now_ms() - HOUR, set()
    for order in itertools.islice(itertools.permutations(range(5)), 0, 120, 29):
        place = Place(stack, Shop(new_shop()))
        reports = [place.shown("web/home", 1, t=t, id=bytes([1] * 16)), place.shown("web/home", 2, t=t + MINUTE, id=bytes([9] * 16)),
                   place.shown("web/home", 1, t=t + MINUTE, id=bytes([3] * 16)), place.shown("pos/door", 2, t=t, id=bytes([4] * 16)),
                   place.shown("app/start", 1, t=t, id=bytes([5] * 16))]
        for at in order[:3]:
            publisher.accept([reports[at]], SERVER)
        place.publish(placements=["web/home", "pos/door"])
        place.publish(placements=["web/home", "pos/door"], text="Second")
        for at in order[3:]:
            publisher.accept([reports[at]], SERVER)
        publisher.insist([reports[0]], SERVER)
        place.until({"app/start": STALE, "pos/door": COHERENT, "web/home": COHERENT}, {(OLD, 0): ["app/start"]})
        (alert,) = place.view().alerts
        seen.add((alert.text, alert.since_ms == place.view().changed_at_ms))
    assert seen == {("app/start shows version 1, not 2", True)}


# ---- claims ---------------------------------------------------------------------------------------------------


def test_invented_placements_make_no_message_too_large(place):
    """Of those that are not named a thousand count, the first by name; a named one always does."""
    place.publish(placements=["web/home"])
    more.sql(place.stack, "INSERT INTO campaign.message_shown (shop_id, event_time, event_id, message, placement, version, currency)"
             " SELECT shop_id, now(), gen_random_uuid(), 'mugs', 'app/' || lpad(n::text, 4, '0'), 2, '' FROM office.shop,"
             f" generate_series(1, 1500) n WHERE slug = '{place.slug}'")
    place.stack.publisher().accept([place.shown("web/home", 2)], SERVER)
    harness.wait_until(lambda: (OLD, 0) in place.alerts(), what="the alert")
    expected = [f"app/{n:04}" for n in range(1, 1001)] + ["web/home"]
    assert place.alerts()[OLD, 0] == expected
    assert place.states() == dict.fromkeys(expected, STALE)


def test_what_is_not_so_is_refused(place, publisher):
    offers(place, publisher, MUG=5_000, CUP=1_000, JUG=2_000)
    now = harness.now_ms()
    publisher.accept([place.shop.offer_updated(now - DAY, "MUG", 4_000), place.shop.of("stock_changed", now - DAY, sku="CUP", quantity=0),
                      place.shop.offer_updated(now - DAY, "JUG", 0, status=3)], SERVER)
    assert "MUG costs 40.00 PLN since " in place.refused(claims=[price("MUG", 3_900)])
    half = {"claim_kind": A_PERCENTAGE, "sku": "MUG", "percentage_bp": 5_000, "currency": "PLN"}
    assert place.refused(claims=[half]) == "MUG costs 40.00 PLN and its prior price is 50.00 PLN: that is 20 %, not 50 %"
    over = {"claim_kind": A_VALIDITY, "until_ms": now - 1}
    assert "and that is over" in place.refused(claims=[over])
    assert place.refused(claims=[price("CUP", 1_000)]) == "CUP is out of stock"
    assert place.refused(claims=[price("JUG", 2_000)]) == "JUG is not on sale"
    coupon = {"claim_kind": A_COUPON, "coupon": "ZIMA10"}
    assert place.refused(claims=[coupon]) == "coupon ZIMA10 was never applied in this shop"
    assert place.refused(claims=[price("POT", 1), coupon]) == "there is no offer POT, and 1 more of its claims are not so"
    head = place.stack.head(place.slug)
    checked = place.client.ask(message_check={"shop": place.slug, "message": {
        "message_id": "no", "text": "No", "placements": ["web/home"], "claims": [price("POT", 1), coupon]}}).message_check
    assert [(one.fault, one.claim) for one in checked.faults] == [(OFFER, 1), (COUPON, 2)]
    assert place.stack.head(place.slug) == head, "a no leaves nothing"

    # Anyway takes a reason, and the journal keeps both.
    no_reason = place.client.request(message_publish=place.command({"message_id": "x", "placements": ["web/home"]}, anyway=True))
    assert "to publish what is not so takes a reason" in no_reason.status.message
    place.publish("coupon", claims=[coupon], anyway=True, reason="begins today", placements=["mail/2026-48"])
    event = place.stack.journal(place.slug)[-1].event.message_published
    assert (event.reason, list(event.overruled)) == ("begins today", ["coupon ZIMA10 was never applied in this shop"])
    place.until({"mail/2026-48": UNKNOWN}, {(COUPON, 1): ["mail/2026-48"]}, "coupon")
    publisher.accept([place.shop.of("coupon_applied", harness.now_ms(), "v", cart_id="c", coupon="ZIMA10")])
    place.until({"mail/2026-48": UNKNOWN}, {}, "coupon")
    # What is so.
    fine = place.publish(claims=[price("MUG", 4_000), half | {"percentage_bp": 2_000}, coupon, {"claim_kind": A_STOCK, "sku": "MUG"},
                                 {"claim_kind": A_VALIDITY, "until_ms": now + DAY}])
    assert not fine.message.alerts and not fine.message.message.overruled


def test_what_turns_false_later(place, publisher):
    """The price under a leaflet, the stock, the end of a validity, a fact that comes late; campaign starts again meanwhile."""
    offers(place, publisher, MUG=3_900, CUP=1_000)
    now = harness.now_ms()
    leaflet = ["leaflet/2026-11"]
    place.publish(claims=[price("MUG", 3_900), {"claim_kind": A_STOCK, "sku": "CUP"}], placements=leaflet)
    place.publish("short", claims=[{"claim_kind": A_VALIDITY, "until_ms": now + 4_000}], placements=["web/home", "pos/door"])
    publisher.accept([place.shown("leaflet/2026-11", 1), place.shown("pos/door", 0, "short")], SERVER)
    place.until({"leaflet/2026-11": COHERENT}, {})
    place.until({"pos/door": STALE, "web/home": UNKNOWN}, {(OLD, 0): ["pos/door"]}, "short")

    changed = harness.now_ms()
    publisher.accept([place.shop.offer_updated(changed, "MUG", 4_500)], SERVER)
    place.until({"leaflet/2026-11": CONTRADICTING}, {(PRICE, 1): leaflet})
    (alert,) = place.view().alerts
    assert alert.text.startswith("MUG costs 45.00 PLN since ") and alert.text.endswith(", not 39.00 PLN")
    assert (alert.since_ms, alert.sku) == (changed, "MUG")
    # campaign dies and is away while the stock runs out.
    old = place.stack.kill("campaign")
    publisher.accept([place.shop.of("stock_changed", changed, sku="CUP", quantity=0)], SERVER)
    place.stack.wait_restarted("campaign", old)
    place.until({"leaflet/2026-11": CONTRADICTING}, {(PRICE, 1): leaflet, (OUT_OF_STOCK, 2): leaflet})
    # The clock ends what was promised, also for one who was away; only who may still show it is named.
    place.until({"pos/door": STALE, "web/home": UNKNOWN}, {(OLD, 0): ["pos/door"], (VALIDITY, 1): ["web/home"]}, "short")
    late = place.stack.subscriber(f"message/{place.slug}/mugs/", service="campaign")
    _, update = late.until(lambda *_: True, timeout=10, what="the last value")
    assert [one.fault for one in update.message.alerts] == [PRICE, OUT_OF_STOCK]

    # A later fact that came first is the one that counts: the price is back, and what was in between does not matter.
    publisher.accept([place.shop.offer_updated(changed + 2, "MUG", 3_900), place.shop.of("stock_changed", changed + 2, sku="CUP", quantity=4)],
                     SERVER)
    place.until({"leaflet/2026-11": COHERENT}, {})
    publisher.accept([place.shop.offer_updated(changed + 1, "MUG", 9_900), place.shop.of("stock_changed", changed + 1, sku="CUP", quantity=0)],
                     SERVER)
    fold_all(place)
    place.until({"leaflet/2026-11": COHERENT}, {})
    place.stack.verify(place.slug)


def fold_all(place):
    """A decision is judged on the whole journal, and its answer tells what the judge found."""
    place.publish(f"barrier-{uuid.uuid4().hex[:8]}", placements=["web/barrier"])


def test_who_may(place):
    """Messages are read and heard with campaign.read; decide:message is needed to say something."""
    stack, slug = place.stack, place.slug
    place.publish()
    reader = stack.new_key("reader", "tool", "--shop", slug, "--may", "campaign.read")
    writer = stack.new_key("writer", "tool", "--shop", slug, "--may", "decide:message")
    heard = stack.subscriber(f"message/{slug}/", service="campaign", key=reader)
    topic, _ = heard.until(lambda *_: True, timeout=20, what="the message")
    assert topic == f"message/{slug}/mugs/"
    command = place.command({"message_id": "other", "placements": ["app/start"]})
    asked = {reader: stack.client("campaign", reader), writer: stack.client("campaign", writer)}
    no = asked[reader].request(message_publish=command)
    assert harness.code_name(no.status.code) == "FORBIDDEN"
    assert asked[reader].ask(message_list={"shop": slug}).message_list.messages[0].message.message_id == "mugs"
    question = {"shop": slug, "message": {"message_id": "other", "text": "Other", "placements": ["app/start"]}}
    no = asked[reader].request(message_check=question)  # it would tell prices
    assert harness.code_name(no.status.code) == "FORBIDDEN" and "offer.read" in no.status.message
    prices = stack.new_key("prices", "tool", "--shop", slug, "--may", "campaign.read", "--may", "offer.read")
    assert not stack.client("campaign", prices).ask(message_check=question).message_check.faults
    made = asked[writer].ask(message_publish=command).message
    assert made.message.message.message_version == 1
    no = asked[writer].request(campaign_create={"command_id": uuid.uuid4().bytes, "shop": slug, "campaign": {"campaign": "c"}})
    assert harness.code_name(no.status.code) == "FORBIDDEN"
    assert stack.journal(slug)[-1].principal == "writer"


# ---- people ---------------------------------------------------------------------------------------------------


def test_messages_on_the_command_line(place, publisher, tmp_path):
    stack, slug = place.stack, place.slug
    offers(place, publisher, MUG=3_900)
    fold_all(place)
    file = tmp_path / "black-week.json"
    file.write_text(json.dumps({
        "message_id": "black-week", "language": "en", "text": "Mugs 39.00", "texts": [{"language": "pl", "text": "Kubki 39,00"}],
        "claims": [{"claim_kind": "CLAIM_KIND_PRICE", "sku": "MUG", "amount_minor": 3900, "currency": "PLN"}],
        "placements": ["web/home-hero", "leaflet/2026-11"]}))
    assert "All that it claims is so" in stack.ok("message", "check", slug, str(file))
    made = stack.json("message", "publish", slug, str(file))
    assert made["message"]["messageVersion"] == 1 and made["state"] == "MESSAGE_STATE_PUBLISHED"
    shown = stack.ok("message", "show", slug, "black-week")
    assert "Kubki 39,00 (pl)" in shown and "price of MUG 39.00 PLN" in shown and "leaflet/2026-11" in shown and "unknown" in shown
    refused = stack.cli("message", "publish", slug, "cheap", "--text", "Cheap", "--placement", "web/home", "--price", "MUG=29.00")
    assert refused.returncode == 5 and "MUG costs 39.00 PLN since" in refused.stderr and refused.stderr.count("\n") == 1
    checked = stack.cli("message", "check", slug, "cheap", "--text", "Cheap", "--placement", "web/home", "--price", "MUG=29.00")
    assert checked.returncode == 5 and "claim 1: MUG costs 39.00 PLN" in checked.stdout
    forced = stack.ok("message", "publish", slug, "cheap", "--text", "Cheap", "--placement", "web/home", "--placement", "pos/door",
                      "--price", "MUG=29.00PLN", "--until", "2040-01-01", "--anyway", "--reason", "from tomorrow on")
    assert "Overruled: MUG costs 39.00 PLN" in forced and "from tomorrow on" in forced and "until 2040-01-02 00:00:00" in forced
    page = place.client.ask(message_list={"shop": slug, "limit": 1, "after_message_id": "black-week"}).message_list.messages
    assert [one.message.message_id for one in page] == ["cheap"]
    for number in range(20):
        place.publish(f"many-{number:02}", placements=["web/many"])
    listed = [one["message"]["messageId"] for one in stack.json("message", "list", slug)]
    assert listed == sorted(listed) and len(listed) == 23, "all pages of them"
    table = stack.ok("message", "list", slug)
    assert "black-week" in table and "0 of 2" in table and "published" in table
    alerts = stack.ok("message", "alerts", slug, "cheap")
    assert "price" in alerts and "pos/door, web/home" in alerts
    assert stack.json("message", "alerts", slug, "black-week")["alerts"] == []
    assert stack.json("message", "withdraw", slug, "cheap", "--reason", "a mistake")["state"] == "MESSAGE_STATE_WITHDRAWN"
    assert "published --> withdrawn: withdraw" in stack.ok("message", "diagram")
    watched = stack.ok("watch", f"message/{slug}/black-week", "--count", "1", "--for", "10")
    assert "message black-week version 1 is published, 0 of 2 placements coherent" in watched
    for arguments, sentence in [
        (("show", slug, "none"), 'there is no message "none"'), (("withdraw", slug, "none"), "has no message none"),
        (("publish", slug, "bad", "--text", "Bad", "--placement", "moon/base"), "is no placement"),
        (("publish", slug, "bad", "--placement", "web/home"), "Its text is missing"),
        (("publish", slug, "bad", "--text", "B", "--placement", "web/home", "--campaign", "none"), "there is no campaign none"),
    ]:
        done = stack.cli("message", *arguments)
        assert done.returncode != 0 and sentence in done.stderr and done.stderr.count("\n") == 1, done.stderr
