# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Campaigns and offers: decided and told over the wire, seen on the command line, in figures and on topics."""
import datetime
import itertools
import random
import uuid
import zoneinfo

import pytest

from harness import utarg as harness
from harness.events import DAY, HOUR, MINUTE, Shop, ms

SERVER = 2
DRAFT, APPROVED, RUNNING, PAUSED, EXHAUSTED, ENDED, ARCHIVED = range(1, 8)


@pytest.fixture
def place(stack, shop):
    return stack, Shop(shop)


def command(**fields):
    return {"command_id": uuid.uuid4().bytes, **fields}


# ---- campaigns -------------------------------------------------------------------------------------------


def test_a_campaign_on_the_command_line(place):
    stack, shop = place
    made = stack.json("campaign", "create", shop.slug, "winter", "--title", "Winter", "--channel", "ads", "--budget",
                      "5000.00PLN", "--from", "2026-11-20", "--to", "2026-12-24", "--goal", "orders")
    campaign = made["campaign"]
    assert (campaign["campaign"], campaign["title"], campaign["budget"]["currency"]) == ("winter", "Winter", "PLN")
    assert int(campaign["budget"]["minor"]) == 500_000 and campaign["state"] == "CAMPAIGN_STATE_RUNNING"
    stack.ok("campaign", "create", shop.slug, "autumn")
    assert sorted(one["campaign"]["campaign"] for one in stack.json("campaign", "list", shop.slug)) == ["autumn", "winter"]
    table = stack.ok("campaign", "list", shop.slug)
    assert "winter" in table and "running" in table and "5000.00 PLN" in table
    shown = stack.ok("campaign", "show", shop.slug, "winter")
    assert "Winter" in shown and "2026-11-20 to 2026-12-24" in shown
    ended = stack.json("campaign", "end", shop.slug, "winter", "--reason", "sold out")
    assert (ended["campaign"]["state"], ended["campaign"]["reason"]) == ("CAMPAIGN_STATE_ENDED", "sold out")
    twice = stack.cli("campaign", "end", shop.slug, "winter")
    assert twice.returncode == 5 and "winter" in twice.stderr and twice.stderr.count("\n") == 1
    again = stack.cli("campaign", "create", shop.slug, "winter")
    assert again.returncode == 5 and "winter" in again.stderr
    assert "running" in stack.ok("campaign", "diagram")
    # Each decision is one event of the journal: who, when, why.
    decided = [e.event for e in stack.journal(shop.slug) if e.event.WhichOneof("body") == "campaign_changed"]
    assert [(e.campaign_changed.campaign, e.campaign_changed.state) for e in decided] == [
        ("winter", RUNNING), ("autumn", RUNNING), ("winter", ENDED)]
    stack.verify(shop.slug)


def test_a_campaign_over_the_wire(place):
    stack, shop = place
    client = stack.asker("campaign")
    create = command(shop=shop.slug, campaign={"campaign": "spring", "title": "Spring", "channel": 4, "state": ENDED})
    first = client.ask(campaign_create=create).campaign
    assert first.campaign.campaign.state == RUNNING, "the state of a request is ignored"
    assert client.ask(campaign_create=create).campaign.seq == first.seq == first.campaign.revision
    end = command(shop=shop.slug, campaign="spring", reason="over")
    ended = client.ask(campaign_end=end).campaign
    assert (ended.campaign.campaign.state, ended.seq) == (ENDED, first.seq + 1)
    assert client.ask(campaign_end=end).campaign.seq == ended.seq
    (view,) = client.ask(campaign_list={"shop": shop.slug, "campaign": "spring"}).campaign_list.campaigns
    assert (view.campaign.state, view.campaign.reason, view.campaign.title) == (ENDED, "over", "Spring")
    assert not client.ask(campaign_list={"shop": shop.slug, "campaign": "none"}).campaign_list.campaigns


def today(n=0):
    """The day in Warsaw, n days from now."""
    zone = zoneinfo.ZoneInfo("Europe/Warsaw")
    return str(datetime.datetime.fromtimestamp(harness.now_ms() / 1000, zone).date() + datetime.timedelta(days=n))


def state(stack, slug, name):
    (view,) = stack.asker("campaign").ask(campaign_list={"shop": slug, "campaign": name}).campaign_list.campaigns
    return view.campaign.state


def test_a_campaign_from_draft_to_archive(place, publisher):
    """By commands, and by the clock: started on its first day, exhausted by its cost, ended after its last day."""
    stack, shop = place
    step = lambda name, *more: stack.cli("campaign", name, shop.slug, "spring", *more)  # noqa: E731
    stack.ok("campaign", "create", shop.slug, "spring", "--draft", "--from", today(1), "--budget", "100.00PLN")
    assert state(stack, shop.slug, "spring") == DRAFT
    for name in ("start", "pause", "resume", "archive"):
        done = step(name)
        assert done.returncode == 5 and "campaign spring is draft and cannot be" in done.stderr
    assert step("approve", "--reason", "a good plan").returncode == 0
    for goal, wrong in (("happiness", "there is no key figure"), ("stock", "not kept by campaign")):
        done = stack.cli("campaign", "create", shop.slug, "aimless", "--goal", goal)
        assert done.returncode == 2 and wrong in done.stderr, done.stderr
    done = step("start")
    assert done.returncode == 5 and "cannot be started before its first day has come" in done.stderr
    stack.ok("campaign", "create", shop.slug, "ahead", "--from", today(1))
    assert state(stack, shop.slug, "ahead") == APPROVED, "its first day is to come"
    stack.ok("campaign", "create", shop.slug, "over", "--from", today(-9), "--to", today(-1))
    harness.wait_until(lambda: state(stack, shop.slug, "over") == ENDED, what="the end after the last day")
    # Approved with a first day that has come: the clock starts it.
    stack.ok("campaign", "create", shop.slug, "now", "--draft", "--from", today(), "--budget", "100.00PLN")
    stack.ok("campaign", "approve", shop.slug, "now")
    harness.wait_until(lambda: state(stack, shop.slug, "now") == RUNNING, what="the start")
    publisher.accept([shop.ad_spend(harness.now_ms(), today(), "now", 10_000)], SERVER)
    harness.wait_until(lambda: state(stack, shop.slug, "now") == EXHAUSTED, what="the end of the budget")
    less = stack.cli("campaign", "refill", shop.slug, "now", "--budget", "100.00PLN")
    assert less.returncode == 5 and "100.00 PLN is no refill: campaign now has 100.00 PLN already" in less.stderr
    refilled = stack.json("campaign", "refill", shop.slug, "now", "--budget", "150.00PLN", "--reason", "it sells")
    assert (refilled["campaign"]["state"], int(refilled["campaign"]["budget"]["minor"])) == ("CAMPAIGN_STATE_RUNNING", 15_000)
    stack.ok("campaign", "pause", shop.slug, "now")
    assert stack.json("campaign", "resume", shop.slug, "now")["campaign"]["state"] == "CAMPAIGN_STATE_RUNNING"
    stack.ok("campaign", "end", shop.slug, "now")
    stack.ok("campaign", "archive", shop.slug, "now")
    assert state(stack, shop.slug, "now") == ARCHIVED
    told = [(e.principal, c.state, c.reason) for e in stack.journal(shop.slug)
            for c in [e.event.campaign_changed] if c.campaign == "now"]
    assert [(who, what) for who, what, _ in told] == [
        ("operator", DRAFT), ("operator", APPROVED), ("utarg-campaign", RUNNING), ("utarg-campaign", EXHAUSTED),
        ("operator", RUNNING), ("operator", PAUSED), ("operator", RUNNING), ("operator", ENDED), ("operator", ARCHIVED)]
    assert told[2][2] == f"its first day, {today()}, has come" and told[3][2] == "its budget of 100.00 PLN is spent"
    stack.verify(shop.slug)


def test_the_clock_s_ids_cannot_be_taken_from_it(place, publisher):
    """Who can foretell the id of the clock's step may have used it for an event: the step is taken with another id."""
    stack, shop = place
    stack.ok("campaign", "create", shop.slug, "foretold", "--draft", "--from", today())
    namespace = uuid.uuid5(uuid.NAMESPACE_URL, "utarg/campaign/clock")
    taken = uuid.uuid5(namespace, f"{shop.slug}\nforetold\nstart\n{stack.head(shop.slug) + 2}")
    publisher.accept([shop.of("stock_changed", harness.now_ms(), sku="MUG", quantity=1, id=taken.bytes)], SERVER)
    stack.ok("campaign", "approve", shop.slug, "foretold")
    harness.wait_until(lambda: state(stack, shop.slug, "foretold") == RUNNING, what="the start")
    assert stack.journal(shop.slug)[-1].principal == "utarg-campaign"


def test_steps_over_the_wire(place):
    stack, shop = place
    client = stack.asker("campaign")
    create = command(shop=shop.slug, campaign={"campaign": "spring"}, draft=True)
    first = client.ask(campaign_create=create).campaign
    assert first.campaign.campaign.state == DRAFT and client.ask(campaign_create=create).campaign.seq == first.seq
    approve = command(shop=shop.slug, campaign="spring", step=1, reason="yes")
    approved = client.ask(campaign_step=approve).campaign
    assert (approved.campaign.campaign.state, approved.seq) == (APPROVED, first.seq + 1)
    client.ask(campaign_step=command(shop=shop.slug, campaign="spring", step=2))
    again = client.ask(campaign_step=approve).campaign
    assert (again.seq, again.campaign.campaign.state) == (approved.seq, APPROVED), "the first answer again"

    def refused(**fields):
        return harness.code_name(client.request(campaign_step=approve | fields).status.code)

    assert refused(reason="no") == "CONFLICT"
    assert refused(command_id=uuid.uuid4().bytes) == "REFUSED"
    assert refused(command_id=uuid.uuid4().bytes, step=0) == "MISSING_FIELD"
    assert refused(command_id=uuid.uuid4().bytes, step=8) == "BAD_FIELD", "the clock's alone"
    assert refused(command_id=uuid.uuid4().bytes, campaign="none") == "BAD_FIELD"
    assert refused(command_id=uuid.uuid4().bytes, step=5) == "MISSING_FIELD"  # a refill of what?
    assert stack.head(shop.slug) == approved.seq + 1, "nothing else was appended"


def test_a_limit_of_money(place):
    """Who may approve what amount is a part of the key's permission."""
    stack, shop = place
    agency = stack.new_key(f"agency-{shop.slug}", "tool", "--shop", shop.slug, "--may", "decide:campaign:5000.00PLN")
    client = stack.client("campaign", agency)

    def answer(**body):
        status = client.request(**body).status
        return harness.code_name(status.code), status.message

    def create(name, minor, currency="PLN", **more):
        budget = {"budget": {"minor": minor, "currency": currency}} if currency else {}
        return answer(campaign_create=command(shop=shop.slug, campaign={"campaign": name, **budget}, **more))

    assert create("small", 500_000)[0] == "OK"
    assert create("large", 500_001) == (
        "FORBIDDEN", f"the key of agency-{shop.slug} may decide about a campaign of 5000.00 PLN at most, not of 5000.01 PLN")
    assert create("foreign", 1, "EUR")[0] == "FORBIDDEN" and create("boundless", 0, None)[0] == "FORBIDDEN"
    assert create("large", 500_001, draft=True)[0] == "OK", "a plan is no promise"
    step = {"shop": shop.slug, "campaign": "large"}
    assert answer(campaign_step=command(**step, step=1))[0] == "FORBIDDEN"
    stack.ok("campaign", "approve", shop.slug, "large")
    step["campaign"] = "small"
    code, sentence = answer(campaign_step=command(**step, step=5, budget={"minor": 600_000, "currency": "PLN"}))
    assert code == "FORBIDDEN" and "5000.00 PLN at most, not of 6000.00 PLN" in sentence
    assert answer(campaign_step=command(**step, step=3))[0] == "OK", "a pause costs nothing"
    assert answer(target_set=command(shop=shop.slug, target={}))[0] == "FORBIDDEN"
    rules = command(shop=shop.slug, rules={"rules": [{"utm_source": "x", "marketing_channel": "email"}]})
    assert answer(channel_rules_set=rules)[0] == "FORBIDDEN", "those are the shop's"
    wrong = stack.cli("key", "new", "--kind", "tool", "--shop", shop.slug, "--may", "decide:campaign:lots", "--out",
                      stack.data / "wrong.key")
    assert wrong.returncode == 2 and "5000.00PLN" in wrong.stderr


def test_rules_of_channels(place, publisher, tmp_path):
    stack, shop = place
    assert "those of every shop" in stack.ok("campaign", "rules", shop.slug)
    path = tmp_path / "rules.csv"
    path.write_text("marketing_channel,utm_source,utm_medium\nprice_comparison,ceneo,*\naffiliate,,partner-x\n")
    said = stack.ok("campaign", "rules", shop.slug, "--set", path, "--from", "2026-03-10")
    assert "Version 1 of the rules" in said and "2 rules" in said
    day = ["2026-03-09", "2026-03-10"]
    for i, at in enumerate(day):
        t = ms(f"{at}T10:00:00+01:00")
        publisher.accept([shop.page_view(f"a{i}", t, context={"utm_source": "ceneo", "utm_medium": "cpc"}),
                          shop.page_view(f"b{i}", t, context={"utm_source": "x", "utm_medium": "partner-x"})])

    def channels(at):
        found = stack.values(shop.slug, "sessions", dimension="marketing_channel", from_day=at, to_day=at)
        return {key: value for (_, key, _), value in found.items()}

    assert channels(day[1]) == {"price_comparison": "1", "affiliate": "1"}
    assert channels(day[0]).get("paid_search") == "1" and "price_comparison" not in channels(day[0])
    shown = stack.ok("campaign", "rules", shop.slug)
    assert "Version 1, valid from 2026-03-10 00:00:00" in shown and "price_comparison" in shown and "ceneo" in shown
    path.write_text("marketing_channel,utm_source\n")
    stack.ok("campaign", "rules", shop.slug, "--set", path)
    listed = stack.json("campaign", "rules", shop.slug)["versions"]
    assert [(one["rules"]["version"], len(one["rules"]["rules"])) for one in listed] == [(2, 0), (1, 2)]
    for text, wrong in (("utm_source\nx\n", "names no marketing channel"), ("colour\nred\n", "no column"),
                        ("marketing_channel,utm_source\nBig Channel,x\n", "rule 1"),
                        ("marketing_channel,utm_source\nemail,\nemail,x\n", "rule 1 asks for nothing")):
        path.write_text(text)
        done = stack.cli("campaign", "rules", shop.slug, "--set", path)
        assert done.returncode == 2 and wrong in done.stderr, done.stderr
    command_again = command(shop=shop.slug, rules={"rules": [{"utm_source": "x", "marketing_channel": "email"}]})
    first = stack.asker("campaign").ask(channel_rules_set=command_again).channel_rules
    again = stack.asker("campaign").ask(channel_rules_set=command_again).channel_rules
    assert first.rules.version == 3 and (again.seq, again.rules) == (first.seq, first.rules)
    stack.verify(shop.slug)


def test_visits_orders_and_cost_of_a_campaign(place, publisher):
    stack, shop = place
    t, day = ms("2026-03-10T10:00:00+01:00"), "2026-03-10"
    stack.ok("campaign", "create", shop.slug, "spring", "--channel", "ads")
    ad = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring"}
    publisher.accept([
        shop.page_view("a", t, context=ad),
        shop.page_view("a", t + MINUTE),
        shop.purchase("a", t + 2 * MINUTE, "O-1", 10_000),
        shop.page_view("b", t, context=ad),
        shop.page_view("c", t),
        shop.purchase("c", t + MINUTE, "O-2", 4_000),
        shop.page_view("d", t, context=ad | {"utm_campaign": "never-made"}),
    ])
    publisher.accept([
        shop.ad_spend(t + DAY, day, "spring", 12_345, clicks=40),
        shop.ad_spend(t + DAY, day, "never-made", 999),
    ], SERVER)

    def by_campaign(kpi):
        found = stack.values(shop.slug, kpi, dimension="campaign", from_day=day, to_day=day)
        return {key: value for (_, key, _), value in found.items() if value not in ("0", "0.00")}

    assert by_campaign("sessions") == {"spring": "2", "none": "1", "never-made": "1"}
    assert by_campaign("orders") == {"spring": "1", "none": "1"}
    assert by_campaign("net_revenue") == {"spring": "100.00", "none": "40.00"}
    assert by_campaign("spend") == {"spring": "123.45", "never-made": "9.99"}
    channels = stack.values(shop.slug, "sessions", dimension="marketing_channel", from_day=day, to_day=day)
    assert channels["sessions", "paid_search", day] == "3" and channels["sessions", "direct", day] == "1"
    assert stack.day(shop.slug, day, "spend", "sessions") == {"spend": "133.44", "sessions": "4"}

    def cost():
        (view,) = stack.asker("campaign").ask(campaign_list={"shop": shop.slug, "campaign": "spring"}).campaign_list.campaigns
        return [(money.minor, money.currency) for money in view.cost]

    harness.wait_until(lambda: cost() == [(12_345, "PLN")], what="the cost")
    # A corrected row replaces; an older report that comes late does not; other days and accounts add up.
    publisher.accept([shop.ad_spend(t + 2 * DAY, day, "spring", 11_000)], SERVER)
    harness.wait_until(lambda: cost() == [(11_000, "PLN")], what="the corrected cost")
    publisher.accept([shop.ad_spend(t + DAY + HOUR, day, "spring", 77_777)], SERVER)
    assert by_campaign("spend")["spring"] == "110.00"
    publisher.accept([
        shop.ad_spend(t + 2 * DAY, "2026-03-11", "spring", 500),
        shop.ad_spend(t + 2 * DAY, day, "spring", 40, account="second"),
    ], SERVER)
    harness.wait_until(lambda: cost() == [(11_540, "PLN")], what="the cost of all rows")
    assert by_campaign("spend")["spring"] == "110.40"
    assert "115.40 PLN" in stack.ok("campaign", "show", shop.slug, "spring")
    stack.verify(shop.slug)


def test_a_campaign_is_published(place, publisher):
    stack, shop = place
    stack.ok("campaign", "create", shop.slug, "early")
    subscriber = stack.subscriber(f"campaign/{shop.slug}/", service="campaign")
    topic, update = subscriber.until(lambda *_: True, timeout=5, what="what is there already")
    assert topic == f"campaign/{shop.slug}/early/" and update.shop == shop.slug
    stack.ok("campaign", "create", shop.slug, "later", "--title", "Later")
    topic, update = subscriber.until(lambda name, _: "/later/" in name, timeout=5, what="the new campaign")
    assert topic == f"campaign/{shop.slug}/later/"
    assert (update.campaign.campaign.title, update.campaign.campaign.state) == ("Later", RUNNING)
    assert update.as_of_seq >= update.campaign.revision == stack.head(shop.slug)
    publisher.accept([shop.ad_spend(harness.now_ms(), "2026-03-10", "later", 700)], SERVER)
    _, dearer = subscriber.until(lambda _, u: u.campaign.cost, timeout=5, what="its cost")
    assert [(m.minor, m.currency) for m in dearer.campaign.cost] == [(700, "PLN")]
    assert dearer.version > update.version and dearer.incarnation == update.incarnation
    stack.ok("campaign", "end", shop.slug, "later")
    subscriber.until(lambda name, u: "/later/" in name and u.campaign.campaign.state == ENDED, timeout=5, what="its end")


def test_a_decision_rings_campaigns_own_doorbell(place):
    stack, shop = place
    bells = stack.subscriber(f"head/{shop.slug}/", service="campaign")
    numbers = iter(range(100))

    def rung():
        stack.asker("campaign").ask(campaign_create=command(shop=shop.slug, campaign={"campaign": f"c-{next(numbers)}", "title": "C"}))
        return bells.receive(0.2)

    topic, body = harness.wait_until(rung, what="the doorbell")
    bell = harness.decode(topic, body)
    assert topic == f"head/{shop.slug}/" and bell.shop == shop.slug and 1 < bell.seq <= stack.head(shop.slug)


# ---- offers ----------------------------------------------------------------------------------------------


def fold_all(stack, slug):
    """A decision is judged on the whole journal: after it, campaign has folded what was accepted before."""
    name = f"barrier-{uuid.uuid4().hex}"
    stack.asker("campaign").ask(campaign_create=command(shop=slug, campaign={"campaign": name, "title": "Barrier"}))


def history(stack, slug, sku):
    """The intervals as of now: (market, price, from, until)."""
    fold_all(stack, slug)
    reply = stack.asker("campaign").ask(offer_history={"shop": slug, "sku": sku}).offer_history
    assert all(interval.currency == "PLN" and interval.seq > 1 for interval in reply.intervals)
    return [(i.market, i.price_gross_minor, i.from_ms, i.until_ms) for i in reply.intervals]


def test_offers_become_a_catalogue_with_history(place, publisher):
    stack, shop = place
    t = [ms("2026-03-01T00:00:00+01:00") + day * DAY for day in range(6)]
    publisher.accept([
        shop.offer_updated(t[0], "MUG", 4_900, title="Mug", category="kitchen"),
        shop.offer_updated(t[3], "MUG", 3_900, title="Red mug", category="kitchen"),
        shop.offer_updated(t[1], "CUP", 1_000, title="Cup"),
        shop.of("stock_changed", t[1], sku="MUG", quantity=7, location="A"),
        shop.of("stock_changed", t[1], sku="MUG", quantity=5, location="B"),
    ], SERVER)
    assert history(stack, shop.slug, "MUG") == [("", 4_900, t[0], t[3]), ("", 3_900, t[3], 0)]
    # Out of order: a fact between two others, and one before all; equal prices in a row are one interval.
    publisher.accept([shop.offer_updated(t[2], "MUG", 5_500, title="Mug")], SERVER)
    assert history(stack, shop.slug, "MUG") == [("", 4_900, t[0], t[2]), ("", 5_500, t[2], t[3]), ("", 3_900, t[3], 0)]
    publisher.accept([shop.offer_updated(t[1], "MUG", 4_900), shop.offer_updated(t[5], "MUG", 4_100, title="Red mug"),
                      shop.offer_updated(t[4], "MUG", 0, status=3)], SERVER)
    assert history(stack, shop.slug, "MUG") == [
        ("", 4_900, t[0], t[2]), ("", 5_500, t[2], t[3]), ("", 3_900, t[3], t[4]), ("", 4_100, t[5], 0)]

    offers = {offer["sku"]: offer for offer in stack.json("offer", "list", shop.slug)}
    assert sorted(offers) == ["CUP", "MUG"]
    assert offers["MUG"]["latest"]["title"] == "Red mug" and int(offers["MUG"]["stock"]) == 12
    table = stack.ok("offer", "list", shop.slug)
    assert "41.00 PLN" in table and "10.00 PLN" in table and "Red mug" in table
    shown = stack.ok("offer", "show", shop.slug, "MUG")
    assert "Red mug" in shown and "41.00 PLN" in shown and "12" in shown
    rows = stack.json("offer", "history", shop.slug, "MUG")
    assert [int(row["priceGrossMinor" if "priceGrossMinor" in row else "price_gross_minor"]) for row in rows] == [
        4_900, 5_500, 3_900, 4_100]
    assert "49.00" in stack.ok("offer", "history", shop.slug, "MUG")
    unknown = stack.cli("offer", "show", shop.slug, "NONE")
    assert unknown.returncode != 0 and "NONE" in unknown.stderr and unknown.stderr.count("\n") == 1


def test_any_order_of_facts_gives_the_same_catalogue(stack, publisher, new_shop):
    """Also with two facts of one instant: the greater id counts."""
    t = ms("2026-03-01T00:00:00+01:00")

    def facts(slug):
        of = Shop(slug, random=random.Random(7))
        return [of.offer_updated(t, "A", 100), of.offer_updated(t + DAY, "A", 300), of.offer_updated(t + DAY, "A", 200),
                of.offer_updated(t + 2 * DAY, "A", 50), of.offer_updated(t + 2 * DAY, "A", 60, market="DE")]

    seen = set()
    for order in itertools.islice(itertools.permutations(range(5)), 0, 120, 13):
        slug = new_shop()
        events = facts(slug)
        for at in order:
            publisher.accept([events[at]], SERVER)
        intervals = history(stack, slug, "A")
        (offer,) = stack.asker("campaign").ask(offer_list={"shop": slug, "sku": "A"}).offer_list.offers
        seen.add((tuple(intervals), offer.latest.price_gross_minor, offer.since_ms))
    assert len(seen) == 1, seen
    same_instant = facts("any")[1:3]
    greater = max(same_instant, key=lambda one: one.event.id).event.offer_updated.price_gross_minor
    ((intervals, _, since),) = seen
    assert [price for _, price, _, _ in intervals] == [100, greater, 50, 60] and since == t + 2 * DAY


def test_an_offer_is_published(place, publisher):
    stack, shop = place
    publisher.accept([shop.offer_updated(harness.now_ms() - 5_000, "MUG RED/1", 4_900)], SERVER)
    harness.wait_until(lambda: stack.json("offer", "list", shop.slug), what="the offer")
    subscriber = stack.subscriber(f"offer/{shop.slug}/", service="campaign")
    topic, update = subscriber.until(lambda *_: True, timeout=5, what="what is there already")
    assert topic == f"offer/{shop.slug}/MUG%20RED%2F1/", "segments are percent-encoded"
    assert update.offer.latest.price_gross_minor == 4_900
    (seq,) = publisher.accept([shop.offer_updated(harness.now_ms(), "MUG RED/1", 3_900)], SERVER)
    _, update = subscriber.until(lambda _, u: u.offer.latest.price_gross_minor == 3_900, timeout=5, what="the new price")
    assert update.offer.revision == seq and update.as_of_seq >= seq
