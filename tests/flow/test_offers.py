# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Offers: reductions judged by their prior price, corrected by late facts, published; chains of shops; suppliers."""
import datetime
import pathlib
import random
import uuid
import zoneinfo

import pytest

from harness import more
from harness import utarg as harness
from harness.events import DAY, HOUR, Shop

SERVER = 2
WARSAW = zoneinfo.ZoneInfo("Europe/Warsaw")
PLANNED, IN_FORCE, ENDED = 1, 2, 3
LOWEST, YOUNG, PERISHABLE, INSUFFICIENT = 1, 2, 3, 5


@pytest.fixture
def place(stack, shop):
    return stack, Shop(shop)


def local_day(moment):
    return datetime.datetime.fromtimestamp(moment / 1000, WARSAW).date()


def window_opens(moment):
    """Local midnight thirty days before the day of the moment, told by Python's own zones."""
    day = local_day(moment) - datetime.timedelta(days=30)
    return round(datetime.datetime.combine(day, datetime.time(), WARSAW).timestamp() * 1000)


def announcement(shop, sku, price, **more):
    return {"command_id": uuid.uuid4().bytes, "shop": shop, "sku": sku, "price_gross_minor": price, **more}


def announce(stack, shop, sku, price, **more):
    return stack.asker("campaign").ask(reduction_announce=announcement(shop, sku, price, **more)).reduction


def refusal(client, **body):
    reply = client.request(**body)
    return harness.code_name(reply.status.code), reply.status.message


def reductions(stack, shop, **how):
    return list(stack.asker("campaign").ask(reduction_list={"shop": shop, **how}).reduction_list.reductions)


def decided(stack, shop, *kinds):
    return [e.event for e in stack.journal(shop) if e.event.WhichOneof("body") in kinds]


def test_a_reduction_is_announced_deepened_and_ended(place, publisher):
    stack, shop = place
    now = harness.now_ms()
    seqs = publisher.accept([
        shop.offer_updated(now - 60 * DAY, "MUG", 10_000, title="Mug"),
        shop.offer_updated(now - 20 * DAY, "MUG", 9_500, title="Mug"),
        shop.offer_updated(now - 10 * DAY, "MUG", 12_000, title="Mug"),
    ], SERVER)
    client = stack.asker("campaign")
    # Refused with the fact that stands against it, and nothing is in the journal.
    day = local_day(now - 20 * DAY)
    assert refusal(client, reduction_announce=announcement(shop.slug, "MUG", 10_000)) == (
        "REFUSED", f"100.00 is not a reduction: 95.00 was charged on {day}")
    told = stack.cli("offer", "announce", shop.slug, "MUG", "95.00")
    assert told.returncode == 5 and f"95.00 is not a reduction: 95.00 was charged on {day}" in told.stderr
    assert stack.head(shop.slug) == 1 + len(seqs)
    # A reduction with its certificate.
    command = announcement(shop.slug, "MUG", 8_000, reduction_id="black-week")
    first = client.ask(reduction_announce=command).reduction
    made, certificate = first.reduction, first.reduction.certificate
    assert (made.prior_price_gross_minor, made.percentage_bp, made.currency, made.audience) == (9_500, 1_578, "PLN", 1)
    assert (certificate.shop, certificate.rule, certificate.interval_seq) == (shop.slug, LOWEST, seqs[1])
    assert (certificate.interval_from_ms, certificate.interval_until_ms) == (now - 20 * DAY, now - 10 * DAY)
    assert (certificate.window_from_ms, certificate.window_until_ms) == (window_opens(made.from_ms), made.from_ms)
    assert certificate.judged_at_seq == made.judged_at_seq == first.seq - 1
    assert client.ask(reduction_announce=command).reduction == first, "a resend gets the first answer again"
    assert refusal(client, reduction_announce=command | {"price_gross_minor": 7_000})[0] == "CONFLICT"
    assert refusal(client, reduction_announce=command | {"command_id": uuid.uuid4().bytes})[0] == "CONFLICT"
    # The shop charges it; a day later the price before is the reduced one: each deepening is a reduction of its own.
    publisher.accept([shop.offer_updated(made.from_ms, "MUG", 8_000, title="Mug")], SERVER)
    code, sentence = refusal(client, reduction_announce=announcement(shop.slug, "MUG", 8_000))
    assert code == "REFUSED" and sentence == f"80.00 is not a reduction: 80.00 was charged on {local_day(made.from_ms)}"
    deeper = announce(stack, shop.slug, "MUG", 7_000, reduction_id="deeper").reduction
    assert (deeper.prior_price_gross_minor, deeper.percentage_bp) == (8_000, 1_250)
    states = {v.announced.reduction_id: (v.state, v.ended_at_ms) for v in reductions(stack, shop.slug, ended=True)}
    assert states == {"black-week": (ENDED, deeper.from_ms), "deeper": (IN_FORCE, 0)}, "the deeper one took over"
    assert "deeper" in stack.ok("offer", "reductions", shop.slug)
    shown = stack.ok("offer", "show", shop.slug, "MUG")
    assert "Reduction: 70.00 PLN" in shown and "prior price 80.00 PLN" in shown and "black-week" not in shown
    assert "deeper of MUG is over" in stack.ok("offer", "end", shop.slug, "deeper", "--reason", "sold out")
    again = stack.cli("offer", "end", shop.slug, "deeper")
    assert again.returncode == 5 and "reduction deeper is over since" in again.stderr
    assert not reductions(stack, shop.slug)
    events = decided(stack, shop.slug, "reduction_announced", "reduction_ended")
    assert [e.WhichOneof("body") for e in events] == ["reduction_announced"] * 2 + ["reduction_ended"]
    assert events[2].reduction_ended.reason == "sold out" and events[0].reduction_announced == made
    stack.verify(shop.slug)


def test_what_is_refused(place, publisher):
    stack, shop = place
    now = harness.now_ms()
    publisher.accept([shop.offer_updated(now - 60 * DAY, "MUG", 10_000), shop.offer_updated(now - 50 * DAY, "OLD", 500),
                      shop.offer_updated(now - 40 * DAY, "OLD", 0, status=3)], SERVER)
    client, head = stack.asker("campaign"), stack.head(shop.slug)

    def refused(**wrong):
        return refusal(client, reduction_announce=announcement(shop.slug, "MUG", 8_000) | wrong)

    assert refused(sku="NONE") == ("BAD_FIELD", f'sku: there is no offer "NONE" in {shop.slug}')
    assert refused(sku="")[0] == "MISSING_FIELD" and refused(price_gross_minor=0)[0] == "AMOUNT_RANGE"
    assert refused(currency="XYZ")[0] == "BAD_CURRENCY" and refused(audience=9)[0] == "BAD_FIELD"
    assert refused(from_ms=now - 25 * HOUR)[0] == "BAD_TIME", "no choosing of the window afterwards"
    assert refused(until_ms=now - 1)[0] == "BAD_TIME"
    assert refused(chain=["nowhere"]) == ("UNKNOWN_SHOP", 'chain: there is no shop "nowhere"')
    code, sentence = refused(sku="OLD", price_gross_minor=400)
    opens = local_day(window_opens(now))
    assert (code, sentence) == ("REFUSED", "there is no prior price: the offer had no price in PLN between "
                                           f"{opens} and {local_day(now)}")
    assert refused(currency="EUR")[0] == "REFUSED", "it has no price in euros"
    assert refusal(client, reduction_end={"command_id": uuid.uuid4().bytes, "shop": shop.slug, "reduction_id": "none"})[
        0] == "BAD_FIELD"
    assert stack.head(shop.slug) == head, "nothing was appended"
    other = stack.client("campaign", stack.new_key("planner", "tool", "--shop", shop.slug, "--may", "decide:target"))
    assert refusal(other, reduction_announce=announcement(shop.slug, "MUG", 8_000))[0] == "FORBIDDEN"
    # What a price would be compared with can be asked before.
    told = stack.ok("offer", "prior-price", shop.slug, "MUG")
    assert "Prior price: 100.00 PLN" in told and "the lowest of 30 days" in told
    none = stack.json("offer", "prior-price", shop.slug, "OLD")["lowest"]
    assert none["rule"] == "PRIOR_PRICE_RULE_INSUFFICIENT" and "priorPriceGrossMinor" not in none
    later = stack.json("offer", "prior-price", shop.slug, "MUG", "--from", str(local_day(now + 90 * DAY)))["lowest"]
    assert int(later["priorPriceGrossMinor"]) == 10_000


def test_a_late_fact_corrects_the_certificate_and_is_told(place, publisher):
    stack, shop = place
    now = harness.now_ms()
    publisher.accept([shop.offer_updated(now - 60 * DAY, "MUG", 10_000), shop.offer_updated(now - 2 * DAY, "MUG", 10_000),
                      shop.offer_updated(now - 9 * DAY, "CUP", 900),
                      shop.offer_updated(now - 9 * DAY, "EGG", 300, perishable=True),
                      shop.offer_updated(now - 2 * DAY, "EGG", 250, perishable=True),
                      shop.of("stock_changed", now, sku="MUG", location="A", quantity=3),
                      shop.of("stock_changed", now, sku="MUG", location="B", quantity=4)], SERVER)
    # From an hour ago on, so that nothing begins by the clock meanwhile.
    made = announce(stack, shop.slug, "MUG", 8_000, from_ms=now - HOUR, reduction_id="r").reduction
    assert made.prior_price_gross_minor == 10_000
    cup = announce(stack, shop.slug, "CUP", 800).reduction
    egg = announce(stack, shop.slug, "EGG", 200).reduction
    assert (cup.certificate.rule, egg.certificate.rule, egg.prior_price_gross_minor) == (YOUNG, PERISHABLE, 300)
    assert cup.certificate.window_from_ms == now - 9 * DAY
    subscriber = stack.subscriber(f"offer/{shop.slug}/MUG/", service="campaign")
    _, update = subscriber.until(lambda *_: True, timeout=5, what="what is there already")
    version, (view,) = update.version, update.offer.reductions
    assert (view.announced.reduction_id, view.state, view.prior_price_changed) == ("r", IN_FORCE, False)
    assert view.certificate.prior_price_gross_minor == 10_000
    assert [(s.location, s.quantity) for s in update.offer.stocks] == [("A", 3), ("B", 4)] and update.offer.stock == 7
    assert [(p.price_gross_minor, p.audience) for p in update.offer.prices] == [(10_000, 1)]
    # A price for members, told late, of a day in the window; then one that changes nothing.
    (seq,) = publisher.accept([shop.offer_updated(now - 12 * DAY, "MUG", 7_500, audience=2)], SERVER)
    _, update = subscriber.until(lambda _, u: u.offer.reductions[0].prior_price_changed, timeout=5, what="the correction")
    assert update.version > version, "a change, not the old value sent again"
    corrected = update.offer.reductions[0].certificate
    assert (corrected.prior_price_gross_minor, corrected.interval_seq, corrected.audience) == (7_500, seq, 2)
    assert corrected.judged_at_seq >= seq and update.offer.reductions[0].announced.prior_price_gross_minor == 10_000
    (changed,) = reductions(stack, shop.slug, changed=True)
    assert changed.announced.reduction_id == "r" and changed.certificate.prior_price_gross_minor == 7_500
    assert "PRIOR_PRICE_CHANGED 75.00 PLN" in stack.ok("offer", "reductions", shop.slug, "--changed")
    assert "PRIOR_PRICE_CHANGED" in stack.ok("offer", "show", shop.slug, "MUG")
    # One that begins by the clock is told when it does, and when it ends.
    soon = harness.now_ms() + 1_500
    announce(stack, shop.slug, "MUG", 7_000, from_ms=soon, until_ms=soon + 1_000, reduction_id="hour")
    for state in (PLANNED, IN_FORCE):
        subscriber.until(lambda _, u, s=state: ("hour", s) in [(r.announced.reduction_id, r.state) for r in u.offer.reductions],
                         timeout=5, what=f"state {state}")
    subscriber.until(lambda _, u: not u.offer.reductions, timeout=5, what="its end: r had ended when it began")
    publisher.accept([shop.offer_updated(now - 90 * DAY, "CUP", 5), shop.offer_updated(now - 80 * DAY, "CUP", 0, status=3)],
                     SERVER)
    assert [v.announced.reduction_id for v in reductions(stack, shop.slug, changed=True, ended=True)] == ["r"]
    # The same after campaign died: nothing of it was kept in memory only.
    stack.kill("campaign")
    stack.wait_ready("campaign")
    (changed,) = harness.wait_until(lambda: reductions(stack, shop.slug, changed=True, ended=True), what="campaign again")
    assert changed.certificate.interval_seq == seq
    # And when all of it is read from the journal anew.
    before = reductions(stack, shop.slug, ended=True)
    stack.ok("epoch", "raise", shop.slug, "--why", "a drill")
    announce(stack, shop.slug, "CUP", 700)  # judged on the whole journal of the new epoch
    after = [v for v in reductions(stack, shop.slug, ended=True) if v.announced.price_gross_minor != 700]
    assert [(v.announced, v.certificate.interval_seq, v.prior_price_changed) for v in after] == [
        (v.announced, v.certificate.interval_seq, v.prior_price_changed) for v in before]
    stack.verify(shop.slug)


def test_a_chain_of_shops_has_the_lowest_of_all(stack, new_shop, publisher):
    one, two, three = Shop(new_shop()), Shop(new_shop()), Shop(new_shop())
    now = harness.now_ms()
    publisher.accept([one.offer_updated(now - 60 * DAY, "MUG", 10_000), two.offer_updated(now - 60 * DAY, "MUG", 9_000),
                      three.offer_updated(now - 60 * DAY, "CUP", 1)], SERVER)
    chain = [two.slug, three.slug]

    def known():
        reply = stack.asker("campaign").ask(prior_price={"shop": one.slug, "sku": "MUG", "chain": chain}).prior_price
        return reply.lowest.prior_price_gross_minor == 9_000 and reply

    reply = harness.wait_until(known, what="both histories")
    told = stack.ok("offer", "prior-price", one.slug, "MUG", "--chain", two.slug, "--chain", three.slug)
    assert "Prior price: 90.00 PLN" in told and f"of {two.slug}" in told and three.slug in told
    assert [p.shop for p in reply.shops] == [one.slug, *chain] and reply.lowest.shop == two.slug
    assert [p.prior_price_gross_minor for p in reply.shops] == [10_000, 9_000, 0] and reply.shops[2].rule == INSUFFICIENT
    code, sentence = refusal(stack.asker("campaign"), reduction_announce=announcement(one.slug, "MUG", 9_500, chain=chain))
    assert code == "REFUSED" and sentence.endswith(f"in {two.slug}"), "the fact is another shop's"
    alone = announce(stack, one.slug, "MUG", 9_500, from_ms=now - 2 * HOUR).reduction
    together = announce(stack, one.slug, "MUG", 8_900, chain=chain, from_ms=now - HOUR, reduction_id="together").reduction
    assert (alone.prior_price_gross_minor, together.prior_price_gross_minor) == (10_000, 9_000)
    assert together.certificate.shop == two.slug
    subscriber = stack.subscriber(f"offer/{one.slug}/", service="campaign")
    _, first = subscriber.until(lambda *_: True, timeout=5, what="what is there already")
    publisher.accept([two.offer_updated(now - 3 * DAY, "MUG", 8_950)], SERVER)
    _, update = subscriber.until(lambda _, u: any(r.prior_price_changed for r in u.offer.reductions), timeout=5,
                                 what="the correction by another shop's fact")
    assert update.version > first.version
    (view,) = [r for r in update.offer.reductions if r.announced.reduction_id == "together"]
    assert (view.certificate.shop, view.certificate.prior_price_gross_minor) == (two.slug, 8_950)
    # Whose key is for one shop only does not see the other's prices.
    key = stack.new_key("one-only", "tool", "--shop", one.slug)
    assert refusal(stack.client("campaign", key), prior_price={"shop": one.slug, "sku": "MUG", "chain": [two.slug]})[
        0] == "FORBIDDEN"


def lowest_of(log, moment):
    """KPI.md section 5, read instant by instant: prices change at facts only. log: (t, id, price or None, audience)."""
    opens = window_opens(moment)
    best = None
    for instant in [opens] + [t for t, *_ in log if opens < t < moment]:
        for audience in (1, 2, 3):
            known = [(t, id, price) for t, id, price, whose in log if whose == audience and t <= instant]
            price = max(known)[2] if known else None
            if price is not None and (best is None or price < best):
                best = price
    return best


def test_random_histories_agree_with_the_definition(stack, shop, publisher):
    random_ = random.Random(20261126)
    maker, now, logs, publications = Shop(shop, random=random_), harness.now_ms(), {}, []
    for sku in [f"S-{i}" for i in range(12)]:
        log = logs[sku] = []
        for _ in range(random_.randrange(1, 14)):
            t = now - random_.randrange(0, 50 * 8) * 3 * HOUR
            price = random_.choice([None, *range(100, 130)])
            audience = random_.choice([1, 1, 1, 2, 3])
            more = {"audience": audience} | ({"status": 3} if price is None else {})
            publications.append(maker.offer_updated(t, sku, price or 0, **more))
            log.append((t, publications[-1].event.id, price, audience))
    random_.shuffle(publications)
    publisher.accept(publications, SERVER)
    client = stack.asker("campaign")
    # A decision is judged on all of it: after one, campaign has read what was accepted before.
    client.ask(target_set={"command_id": uuid.uuid4().bytes, "shop": shop, "target": {
        "kpi": "orders", "value": "1", "first_day": "2026-11-02", "last_day": "2026-11-08"}})
    seen = set()
    for sku, log in logs.items():
        for moment in (now, now - 9 * DAY, now - 33 * DAY - 5 * HOUR, min(log)[0], max(log)[0]):
            prior = client.ask(prior_price={"shop": shop, "sku": sku, "from_ms": moment}).prior_price.lowest
            found = prior.prior_price_gross_minor if prior.HasField("prior_price_gross_minor") else None
            assert found == lowest_of(log, moment), (sku, moment, sorted(log))
            assert (prior.rule == INSUFFICIENT) == (found is None)
            seen.add(prior.rule)
    assert seen == {LOWEST, YOUNG, INSUFFICIENT}


def test_suppliers_titles_and_places(place, publisher):
    stack, shop = place
    now = harness.now_ms()
    wide = [shop.of("stock_changed", now, sku="MUG", location=f"place-{i:03}", quantity=1) for i in range(150)]
    publisher.accept([*wide, shop.offer_updated(now - HOUR, "MUG", 4_000, audience=2),
                      shop.offer_updated(now - HOUR, "MUG", 1_100, market="de")], SERVER)
    publisher.accept([
        shop.of("supplier_updated", now - HOUR, supplier_id="S-1", title="Potter & Sons", lead_time_days=14, active=True),
        shop.of("supplier_updated", now, supplier_id="S-2", title="Glass Ltd", active=True),
        shop.of("supplier_updated", now - 2 * HOUR, supplier_id="S-1", title="Potter", lead_time_days=3, active=True),
        shop.offer_updated(now, "MUG", 4_900, title="Kubek", titles=[{"language": "en", "text": "Mug"}], supplier_id="S-1",
                           cost_net_minor=2_000, tax_rate_bp=2_300),
    ], SERVER)

    def suppliers():
        return [(s["latest"]["supplierId"], s["latest"]["title"], s["latest"]["leadTimeDays"])
                for s in stack.json("offer", "suppliers", shop.slug)]

    harness.wait_until(lambda: suppliers() == [("S-1", "Potter & Sons", 14), ("S-2", "Glass Ltd", 0)], what="suppliers")
    assert "Potter & Sons" in stack.ok("offer", "suppliers", shop.slug)
    (offer,) = stack.json("offer", "list", shop.slug)
    assert int(offer["stock"]) == 150 and len(offer["stocks"]) == 100, "the sum of all, the first by name"
    assert [(p["market"], p["audience"], int(p["priceGrossMinor"])) for p in offer["prices"]] == [
        ("", "AUDIENCE_PUBLIC", 4_900), ("", "AUDIENCE_MEMBERS", 4_000), ("de", "AUDIENCE_PUBLIC", 1_100)]
    assert "49.00 PLN" in stack.ok("offer", "list", shop.slug), "what everybody pays"
    shown = harness.wait_until(lambda: stack.ok("offer", "show", shop.slug, "MUG"), what="the offer")
    assert all(word in shown for word in ("Kubek", "en       Mug", "49.00 PLN", "20.00 PLN net", "23.00 %", "S-1"))


# ---- files -------------------------------------------------------------------------------------------------

CSV = """sku,title,title_en,category,supplier,price,cost,tax_rate,audience,stock,location,image
MUG,Kubek,Mug,kitchen,S-1,49.00,20.00,23,,3,A,http://x/1.jpg
MUG,Kubek,Mug,kitchen,S-1,49.00,20.00,23,,4,B,http://x/1.jpg
CUP,Filiżanka,Cup,kitchen,,"19,90",,23,,,,
PEN,Pióro,,,,dear,,,,,,
"""

FEED = """<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>The shop</title>
<item><g:id>MUG</g:id><g:title>Kubek</g:title><g:price>49.00 PLN</g:price><g:sale_price>{sale} PLN</g:sale_price>
<g:product_type>Kitchen &gt; Mugs</g:product_type><g:quantity>2</g:quantity></item>
<item><g:id>JAR</g:id><title>Słoik</title><g:price>9.00 PLN</g:price></item>
</channel></rss>
"""


def bodies(stack, shop):
    return [e.event.WhichOneof("body") for e in stack.journal(shop)][1:]


def test_offers_from_files(place, tmp_path):
    stack, shop = place
    now, table = harness.now_ms(), tmp_path / "offers.csv"
    stack.asker("campaign")

    def load(path, *options, code=0):
        result = stack.cli("offer", "import", shop.slug, str(path), *options)
        assert result.returncode == code, result.stderr
        return result

    def price(sku):
        rows = {o["sku"]: o["prices"] for o in stack.json("offer", "list", shop.slug)}
        return [int(p["priceGrossMinor"]) for p in rows.get(sku, [])]

    table.write_text(CSV)
    told = load(table, code=5)
    assert told.stderr == 'line 5: price "dear" is no amount of its currency\n', "a bad row, by its line"
    assert "4 rows (csv): 2 offers and 2 stocks to state" in told.stdout and "columns passed over: image" in told.stdout
    assert "4 accepted" in told.stdout and sorted(bodies(stack, shop.slug)) == ["offer_updated"] * 2 + ["stock_changed"] * 2
    harness.wait_until(lambda: price("CUP") == [1_990], what="the file's offers")
    head = stack.head(shop.slug)
    again = load(table, code=5)  # whether campaign has folded them or not
    assert "nothing changed" in again.stdout and stack.head(shop.slug) == head
    shown = stack.ok("offer", "show", shop.slug, "MUG")
    assert all(word in shown for word in ("Kubek", "en       Mug", "20.00 PLN net", "23.00 %", "Stock:     7", "B        4"))
    # One row changed and the bad one was mended: two new facts, the others are as the shop has them.
    table.write_text(CSV.replace("dear", "5").replace("19,90", "17,90"))
    told = load(table)
    assert "2 offers and 0 stocks to state, 3 as the shop has them, 0 bad rows" in told.stdout and "2 accepted" in told.stdout
    # History: a feed of another day, with a price of that day.
    feed = tmp_path / "feed.xml"
    feed.write_text(FEED.format(sale="39.00"))
    report = stack.json("offer", "import", shop.slug, str(feed), "--at", str(local_day(now - 20 * DAY)))
    assert (report["format"], report["offers"], report["stocks"], report["accepted"]) == ("xml", 2, 1, 3)
    twice = stack.json("offer", "import", shop.slug, str(feed), "--at", str(local_day(now - 20 * DAY)))
    assert (twice["accepted"], twice["already_there"] + twice["unchanged"]) == (0, 3)
    prior = harness.wait_until(lambda: stack.json("offer", "prior-price", shop.slug, "MUG")["lowest"].get("priorPriceGrossMinor"),
                               what="its history")
    assert int(prior) == 3_900
    text = tmp_path / "feed.txt"
    text.write_text("id\ttitle\tprice\tavailability\nJAR\tSłoik\t8.00 PLN\tin stock\n")
    assert "1 offers" in load(text).stdout
    harness.wait_until(lambda: price("JAR") == [800], what="the text feed's offer")
    # Broken as a whole: nothing of it is taken.
    head = stack.head(shop.slug)
    feed.write_text(FEED.format(sale="1.00").replace("</channel>", ""))
    assert "line 6: mismatched tag" in load(feed, code=2).stderr
    feed.write_text('<!DOCTYPE r [<!ENTITY a "x">]><rss><item><title>&a;</title></item></rss>')
    assert "no document type" in load(feed, code=2).stderr and stack.head(shop.slug) == head
    stack.verify(shop.slug)


def feed(random_, count):
    """Words about one offer as feeds say them: mostly the same again, at few instants, in several price lists."""
    facts = []
    for number in range(count):
        currency = random_.choice(("PLN", "PLN", "EUR", ""))
        facts.append((random_.choice(("", "DE")), random_.choice((1, 1, 2, 4)), currency, number // 2 - random_.randrange(2),
                      uuid.UUID(int=random_.getrandbits(128)), None if currency == "" or random_.random() < .1
                      else random_.choice((100, 100, 90)), random_.random() < .1))
    return facts


def intervals(facts):
    """Of each price list, with the words about all currencies: where it begins and ends, and which word began it."""
    out = []
    for market, audience, currency in {f[:3] for f in facts}:
        rows = sorted((f for f in facts if f[:2] == (market, audience) and f[2] in (currency, "")), key=lambda f: f[3:5])
        last = {f[3]: f for f in rows}
        price = None
        for moment, fact in sorted(last.items()):
            if fact[5] != price:
                price = fact[5]
                out.append((market, audience, currency, moment, price, fact[4] if price else None))
    return sorted(out, key=repr)


def perishable(facts):
    """What holds at each instant, of each audience and of the open ones together."""
    at = {}
    for fact in sorted(facts, key=lambda f: f[3:5]):
        for who in (fact[1], "closed" if fact[1] == 4 else "open"):
            row = at.setdefault((fact[0], who), [])
            if not row or row[-1][1] != fact[6]:
                row.append((fact[3], fact[6]))
    return at


def literal(value):
    return "NULL" if value is None else f"'{value}'"


def test_facts_that_say_nothing_new_are_left_out(stack):
    """What is read gives the same intervals and the same perishables: an offer that a feed repeats every minute can be read."""
    root = pathlib.Path(__file__).parents[2] / "services/campaign/sql"
    question = (root / "campaign_price_facts.sql").read_text().replace("$2::text", "'MUG'").replace("$3::int4", "1000")
    wrote, script = {}, ["BEGIN;"]
    for seed in range(30):
        facts = wrote[seed] = feed(random.Random(seed), 60)
        rows = ",".join(f"({-1 - seed}, 'MUG', '{m}', {a}, '{c}', to_timestamp({t}), '{i}', 1, {literal(p)}, {q})"
                        for m, a, c, t, i, p, q in facts)
        script += ["INSERT INTO campaign.price (shop_id, sku, market, audience, currency, event_time, event_id, seq,"
                   f" price_gross_minor, perishable) VALUES {rows};",
                   f"SELECT {seed}, f.market, f.audience, f.currency, extract(epoch FROM f.event_time)::int, f.event_id,"
                   f" f.price_gross_minor, f.perishable FROM ({question.replace('$1::int4', str(-1 - seed))}) f;"]
    read = {}
    for line in more.sql(stack, "\n".join([*script, "ROLLBACK;"])).splitlines():
        seed, market, audience, currency, moment, name, price, perishes = line.split("|")
        read.setdefault(int(seed), []).append((market, int(audience), currency, int(moment), uuid.UUID(name),
                                               int(price) if price else None, perishes == "t"))
    for seed, facts in wrote.items():
        assert intervals(read[seed]) == intervals(facts) and perishable(read[seed]) == perishable(facts), seed
        assert len(read[seed]) < len(facts)


def test_an_offer_that_is_too_large_to_be_told_holds_up_nobody(place, publisher):
    """More price changes than are read at once: the offer is passed over with a line in the log, others are told."""
    stack, shop = place
    now = harness.now_ms()
    publisher.accept([shop.offer_updated(now - 60 * DAY, sku, 10_000) for sku in ("CAN", "MUG", "PAN")], SERVER)
    announce(stack, shop.slug, "MUG", 8_000)
    more.sql(stack, "INSERT INTO campaign.price (shop_id, sku, market, audience, currency, event_time, event_id, seq, price_gross_minor,"
             " perishable) SELECT shop_id, 'MUG', '', 1, 'PLN', now() - n * interval '1 minute', gen_random_uuid(), 1,"
             f" 9000 + n % 2, false FROM office.shop, generate_series(1, 20001) n WHERE slug = '{shop.slug}'")
    heard = stack.subscriber(f"offer/{shop.slug}/", service="campaign")  # late: last values
    told = set()
    heard.until(lambda topic, _: told.add(topic.split("/")[2]) or {"CAN", "PAN"} <= told, timeout=20, what="the other offers")
    publisher.accept([shop.offer_updated(now, sku, 9_900) for sku in ("MUG", "PAN")], SERVER)
    heard.until(lambda topic, update: update.offer.sku == "PAN" and update.offer.prices[0].price_gross_minor == 9_900, timeout=20,
                what="the change of another offer")
    assert "MUG" not in told and "not_published" in stack.log("campaign")
    assert "CAN" in stack.ok("offer", "show", shop.slug, "CAN")
    more.sql(stack, f"DELETE FROM campaign.price USING office.shop s WHERE s.shop_id = price.shop_id AND slug = '{shop.slug}' AND seq = 1"
             " AND event_time > now() - interval '59 days'")
