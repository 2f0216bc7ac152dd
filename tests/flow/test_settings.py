# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A shop's settings changed by command: the figures follow, the journal keeps it, a resend changes nothing."""
import uuid

from harness import utarg as harness
from harness.events import HOUR, MINUTE, Shop, ms


def reason(update):
    return harness.proto().metrics.Reason.Name(update.reason).removeprefix("REASON_")


def refusal(client, **body):
    reply = client.request(**body)
    return harness.code_name(reply.status.code), reply.status.message


def test_a_changed_zone_and_gap_count_all_history_anew(stack, publisher, shop):
    shop, night = Shop(shop), ms("2026-03-10T23:30:00+01:00")
    publisher.accept([shop.page_view("v", night), shop.page_view("v", night + 20 * MINUTE),
                      shop.purchase("v", night + 21 * MINUTE, "O-1", 10_000)])
    days = ("2026-03-10", "2026-03-11")
    assert [stack.day(shop.slug, day, "sessions", "orders") for day in days] == [
        {"sessions": "1", "orders": "1"}, {"sessions": "0", "orders": "0"}]
    here = f"kpi/{shop.slug}/sessions/total/-/day/2026-03-10/"
    heard = stack.subscriber(here)
    heard.until(lambda topic, u: topic == here and u.figure.value == "1", what="one visit")

    # Another gap: the break of 20 minutes ends the visit.
    said = stack.ok("shop", "set", shop.slug, "--session-gap", 10)
    assert "Session gap:  10 min" in said and "Settings:     version 2" in said
    _, update = heard.until(lambda topic, u: topic == here and u.figure.value == "2", what="two visits")
    assert (reason(update), update.previous_value) == ("SETTING", "1")
    stack.verify(shop.slug)

    # Another zone: in Kiev it was the next day.
    stack.ok("shop", "set", shop.slug, "--zone", "Europe/Kiev")
    assert [stack.day(shop.slug, day, "sessions", "orders") for day in days] == [
        {"sessions": "0", "orders": "0"}, {"sessions": "2", "orders": "1"}]
    _, update = heard.until(lambda topic, u: topic == here and u.figure.value == "0", what="no visits left")
    assert reason(update) == "SETTING"
    stack.verify(shop.slug)
    stack.ok("shop", "set", shop.slug, "--zone", "Europe/Warsaw", "--session-gap", 30)
    assert stack.day(shop.slug, days[0], "sessions", "orders") == {"sessions": "1", "orders": "1"}
    stack.verify(shop.slug)
    versions = [e.event.shop_settings_changed for e in stack.journal(shop.slug)
                if e.event.WhichOneof("body") == "shop_settings_changed"]
    assert [(v.version, v.zone, v.session_gap_minutes) for v in versions] == [
        (1, "Europe/Warsaw", 0), (2, "Europe/Warsaw", 10), (3, "Europe/Kiev", 10), (4, "Europe/Warsaw", 30)]


def test_what_is_not_named_stays(stack, new_shop):
    slug = new_shop()
    shown = stack.json("shop", "set", slug, "--own-host", "kubki.example", "--own-host", "www.kubki.example",
                       "--payment-host", "bank.example", "--rate-source", "nbp", "--attribution-days", 90,
                       "--name", "Kubki i spółka")
    settings = shown["settings"]
    assert settings["ownHosts"] == ["kubki.example", "www.kubki.example"] and settings["paymentHosts"] == ["bank.example"]
    assert (settings["name"], settings["attributionDays"], settings["rateSource"]) == ("Kubki i spółka", 90, "nbp")
    assert (settings["currency"], settings["zone"], settings["version"]) == ("PLN", "Europe/Warsaw", 2)
    assert int(shown["createdAtMs"]) == int(stack.json("shop", "show", slug)["createdAtMs"]) > 0
    stack.ok("shop", "set", slug, "--own-host", "-", "--rate-source", "-")
    shown = stack.ok("shop", "show", slug)
    assert "Own hosts:    -\n" in shown and "Paid at:      bank.example\n" in shown and "Rates from:   -\n" in shown
    assert "Touches:      of 90 days before an order" in shown and "Settings:     version 3" in shown


def test_hosts_are_no_referrers_from_then_on(stack, publisher, shop):
    shop, now = Shop(shop), harness.now_ms()
    come = {"host": "kubki.example", "referrer_host": "bank.example"}

    def visits():
        found = stack.values(shop.slug, "sessions", window=5, dimension="marketing_channel")
        return {key: value for (_, key, _), value in found.items()}

    publisher.accept([shop.page_view("a", now - HOUR, context=come)])
    assert visits() == {"referral": "1"}
    stack.ok("shop", "set", shop.slug, "--payment-host", "bank.example")
    publisher.accept([shop.page_view("b", harness.now_ms() + 1, context=come)])
    assert visits() == {"referral": "1", "direct": "1"}
    stack.verify(shop.slug)


def test_what_is_refused_and_what_is_sent_again(stack, new_shop):
    slug, client = new_shop(), stack.asker("campaign")

    def answer(**change):
        return refusal(client, shop_set={"command_id": uuid.uuid4().bytes, "shop": slug, **change})

    assert answer()[0] == "MISSING_FIELD"
    assert answer(zone="Europe/Warszawa") == (
        "BAD_FIELD", 'settings.zone: "Europe/Warszawa" is no time zone of the IANA list, as in Europe/Warsaw')
    assert answer(session_gap_minutes=4)[0] == "BAD_FIELD"
    code, sentence = answer(attribution_days=14)
    assert code == "BAD_FIELD" and "7, 30 or 90" in sentence
    assert answer(own_hosts={"hosts": ["https://kubki.example"]})[0] == "BAD_FIELD"
    code, sentence = answer(zone="Europe/Warsaw")
    assert code == "REFUSED" and "say that already (version 1)" in sentence
    assert refusal(client, shop_set={"command_id": b"x", "shop": slug, "zone": "UTC"})[0] == "BAD_FIELD"
    assert refusal(client, shop_set={"command_id": uuid.uuid4().bytes, "shop": "nowhere", "zone": "UTC"})[0] == "UNKNOWN_SHOP"
    assert stack.head(slug) == 1, "nothing was appended"
    assert stack.cli("shop", "set", slug, "--session-gap", 300).returncode == 2
    assert stack.cli("shop", "set", slug, "--zone", "Europe/Warsaw").returncode == 5
    # The command's id is the event's: again is once, something else is a conflict.
    command = {"command_id": uuid.uuid4().bytes, "shop": slug, "zone": "UTC"}
    first = client.ask(shop_set=command).shop
    client.ask(shop_set={"command_id": uuid.uuid4().bytes, "shop": slug, "zone": "Europe/Berlin"})
    again = client.ask(shop_set=command).shop
    assert (again.seq, again.shop.settings.zone, again.shop.settings.version) == (first.seq, "UTC", 2)
    assert stack.json("shop", "show", slug)["settings"]["zone"] == "Europe/Berlin"
    assert refusal(client, shop_set=command | {"zone": "Europe/Paris"})[0] == "CONFLICT"
    assert stack.head(slug) == 3
    other = stack.client("campaign", stack.new_key("planner", "tool", "--shop", slug, "--may", "decide:target"))
    assert refusal(other, shop_set=command)[0] == "FORBIDDEN"
