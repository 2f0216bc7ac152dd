# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Erasure: a canary goes through everything, is forgotten, and is nowhere; figures, chain and replay stay."""
import json
import os
import signal
import subprocess
import threading
import uuid

import pytest

from harness import more
from harness import utarg as harness
from harness.events import DAY, HOUR, MINUTE, Shop
from harness.pseudonyms import Pseudonyms, files_with

NOW = harness.now_ms() - 2 * DAY
PHONE, LAPTOP, REF = "canary-phone", "canary-laptop", "canary-customer-7"


def visit(shop, visitor, t, order, customer="", **more_of):
    """A session with a search, a cart and an order; its subjects say all that a subject can."""
    said = {"click_id": f"click-of-{visitor}", "url": f"https://shop.example/?mail={visitor}", "referrer": "https://r.example/",
            "search_text": f"words-of-{visitor}"}
    return [
        shop.page_view(visitor, t, subject=said, **more_of),
        shop.of("search", t + 1000, visitor, result_count=3, subject=said, **more_of),
        shop.add_to_cart(visitor, t + MINUTE, f"K-{order}", customer=customer, **more_of),
        shop.begin_checkout(visitor, t + 2 * MINUTE, f"K-{order}", customer=customer, **more_of),
        shop.purchase(visitor, t + 3 * MINUTE, order, customer=customer, cart_id=f"K-{order}", subject=said, **more_of),
    ]


def history(shop):
    """The canary on two devices, two who share nothing with him, and one who used his laptop."""
    consent = shop.of("consent_update", NOW + DAY, PHONE)
    consent.event.consent_update.consent.marketing = 2
    return [
        *visit(shop, PHONE, NOW, "A-1", REF),
        *visit(shop, LAPTOP, NOW + HOUR, "A-2", REF),
        *visit(shop, LAPTOP, NOW + 5 * HOUR, "A-3", "sister"),
        *visit(shop, "other-1", NOW + 2 * HOUR, "A-4", "other"),
        *visit(shop, "other-2", NOW + 3 * HOUR, "A-5"),
        shop.page_view(PHONE, NOW + DAY),
        consent,
    ]


def traces(*visitors):
    return [text for visitor in visitors for text in (f"click-of-{visitor}", f"mail={visitor}", f"words-of-{visitor}")]


def names(stack, shop, visitors=(PHONE, LAPTOP), customers=(REF,)):
    """All that the canary can be known by: as sent, and by pseudonym."""
    of = Pseudonyms(stack, shop)
    return [*visitors, *customers, *map(of.visitor, visitors), *map(of.customer, customers), *traces(*visitors)]


def dump(stack):
    done = subprocess.run([str(more.postgres_bin() / "pg_dump"), more.conninfo(stack)], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def hits_in(content, needles):
    """Which of them a dump holds, as text or as bytea."""
    return [needle for needle in needles if needle.encode() in content or needle.encode().hex().encode() in content]


def require_gone(stack, needles):
    assert hits_in(dump(stack), needles) == []
    assert files_with(stack.data / "log", needles) == {}


def linked(stack, shop):
    """What the journal still tells of who is who, names aside: (visitor's number, customer's number) in order."""
    numbers, out = {}, []
    for entry in stack.journal(shop):
        if entry.event.WhichOneof("body") != "subject_erasure":
            pair = (entry.subject.visitor_id, entry.subject.customer_ref)
            out.append(tuple(name and numbers.setdefault((kind, name), len(numbers)) for kind, name in enumerate(pair)))
    return out


def test_a_customer_is_forgotten(own_stack):
    name = own_stack.add_shop("canary")
    shop, publisher = Shop(name), own_stack.publisher()
    sent = history(shop)
    publisher.accept(sent, origin=1)
    own_stack.settle(name)
    needles, before, who = names(own_stack, name), own_stack.everything(name), linked(own_stack, name)
    assert before
    assert set(hits_in(dump(own_stack), needles)) == set(needles) - {PHONE, LAPTOP, REF} | {PHONE, LAPTOP}  # in addresses
    told = own_stack.json("forget", name, "--customer", REF, "--rewrite")
    assert told["customers"] == 1 and told["visitors"] == 2 and told["events"] == 17 and told["left"] == []
    require_gone(own_stack, needles)
    assert files_with(own_stack.data / "pg" / "base", needles) == {}  # the tables were written anew
    assert own_stack.everything(name) == before
    assert linked(own_stack, name) == who
    own_stack.verify(name)
    entries = own_stack.journal(name)
    assert entries[-1].event.subject_erasure.event_count == 17 and entries[-1].seq == told["seq"]
    for entry, publication in zip(entries[1:], sent):
        assert entry.event == publication.event
        canary = publication.subject.visitor_id in (PHONE, LAPTOP)
        assert bool(entry.subject.url) == (not canary and bool(publication.subject.url))
    assert own_stack.json("epoch", "list", name)[0]["epoch"] == told["epoch"] == 2

    # A resend brings nothing back; what he does later belongs to somebody new, the same from then on.
    results = publisher.publish(sent, origin=1)
    assert {harness.code_name(result.code) for result in results} == {"DUPLICATE"}
    require_gone(own_stack, needles)
    publisher.accept(visit(shop, PHONE, NOW + DAY + HOUR, "A-9", REF) + visit(shop, PHONE, NOW + DAY + 3 * HOUR, "A-10", REF))
    new = {(e.subject.visitor_id, e.subject.customer_ref) for e in own_stack.journal(name)[len(entries):] if e.subject.customer_ref}
    assert new == {(Pseudonyms(own_stack, name).visitor(PHONE), Pseudonyms(own_stack, name).customer(REF))}
    own_stack.verify(name)
    again = own_stack.json("forget", name, "--customer", "-", input=f"{REF}\n")
    assert (again["customers"], again["visitors"], again["events"], again["left"]) == (1, 1, 10, [])
    require_gone(own_stack, needles)
    own_stack.verify(name)
    nothing = own_stack.json("forget", name, "--customer", REF)
    assert nothing["events"] == 0 and nothing["left"] == []


def test_a_visitor_is_forgotten_alone(own_stack):
    name = own_stack.add_shop("visitor")
    own_stack.publisher().accept(history(Shop(name)))
    own_stack.settle(name)
    before, who = own_stack.everything(name), linked(own_stack, name)
    told = own_stack.json("forget", name, "--visitor", LAPTOP)
    assert (told["customers"], told["visitors"], told["events"], told["left"]) == (0, 1, 10, [])
    require_gone(own_stack, names(own_stack, name, [LAPTOP], []))
    kept = dump(own_stack)
    assert hits_in(kept, [Pseudonyms(own_stack, name).customer(REF), Pseudonyms(own_stack, name).visitor(PHONE)])
    assert own_stack.everything(name) == before and linked(own_stack, name) == who
    own_stack.verify(name)


def test_a_shop_that_sends_its_own_pseudonyms(own_stack):
    """Names may be as short as "7": figures are made again instead of being rewritten."""
    own_stack.ok("shop", "add", "own", "--currency", "PLN", "--zone", "Europe/Warsaw", "--pseudonymised")
    shop = Shop("own")
    own_stack.publisher().accept(visit(shop, "7", NOW, "A-1", "c-42-canary") + visit(shop, "77", NOW, "A-2", "c-43"))
    own_stack.settle("own")
    before, who = own_stack.everything("own"), linked(own_stack, "own")
    told = own_stack.json("forget", "own", "--customer", "c-42-canary")
    assert (told["customers"], told["visitors"], told["events"], told["left"]) == (1, 1, 5, [])
    require_gone(own_stack, ["c-42-canary"])
    left = more.sql(own_stack, "SELECT count(*) FROM journal.event WHERE visitor = '7'")
    assert left == "0"
    assert own_stack.everything("own") == before and linked(own_stack, "own") == who
    own_stack.verify("own")


def test_what_is_left_is_told(own_stack):
    """A shop that has a customer's number in the id of an order hears of it."""
    name = own_stack.add_shop("leaky")
    own_stack.publisher().accept([Shop(name).purchase("v", NOW, f"order-of-{REF}", customer=REF)])
    done = own_stack.cli("forget", name, "--customer", REF)
    assert done.returncode == 6 and "journal.event.payload (1)" in done.stdout, done.stdout + done.stderr
    done = own_stack.cli("forget", name)
    assert done.returncode == 2 and "say who" in done.stderr
    done = own_stack.cli("forget", "nobodys", "--visitor", "v")
    assert "there is no shop" in done.stderr and done.returncode != 0


def test_while_everything_runs(own_stack):
    """Events of the same person and of others flow in; two erasures meet them. Nobody loses anything."""
    name = own_stack.add_shop("busy")
    shop, stop, sent, failed = Shop(name), threading.Event(), [], []

    def flow(number):
        try:
            with harness.Publisher(own_stack.endpoint("ingest"), own_stack.key()) as publisher:
                n = 0
                while not stop.is_set():
                    n += 1
                    part = visit(shop, LAPTOP if n % 3 == 0 else f"v-{number}-{n % 7}", NOW + n * MINUTE, f"O-{number}-{n}",
                                 REF if n % 3 == 0 else f"c-{n % 5}")
                    publisher.insist(part)
                    sent.extend(part)
        except BaseException as reason:  # told by the main thread
            failed.append(reason)
            raise

    threads = [threading.Thread(target=flow, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        harness.wait_until(lambda: len(sent) > 300 or failed, what="traffic")
        first = own_stack.json("forget", name, "--customer", REF)
        seen = len(sent)
        harness.wait_until(lambda: len(sent) > seen + 300 or failed, what="traffic after it")
        second = own_stack.json("forget", name, "--customer", REF)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failed
    assert first["events"] > 0 and second["events"] > 0
    own_stack.json("forget", name, "--customer", REF)
    require_gone(own_stack, names(own_stack, name, [LAPTOP]))
    entries = own_stack.journal(name)
    assert sorted(e.event.id for e in entries if e.event.source == "test/flow") == sorted(p.event.id for p in sent)
    own_stack.settle(name)
    own_stack.verify(name)


def test_who_turns_up_while_it_looks(own_stack):
    """The first look is over when the customer is seen on one more device, which has a history of its own."""
    name = own_stack.add_shop("late")
    shop, publisher = Shop(name), own_stack.publisher()
    publisher.accept(visit(shop, PHONE, NOW, "A-1", REF) + visit(shop, LAPTOP, NOW + HOUR, "A-2"))
    waits = "SELECT wait_event FROM pg_catalog.pg_stat_activity WHERE application_name = 'utarg-forget' AND wait_event_type = 'Lock'"
    psql = [str(more.postgres_bin() / "psql"), "-Xq", more.conninfo(own_stack)]
    with subprocess.Popen(psql, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as holder:

        def say(text):
            holder.stdin.write(text)
            holder.stdin.flush()

        # It waits for its turn, then for a table that it reads in its first look.
        say("SELECT pg_advisory_lock(6020714215);\n")
        held = "SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted"
        harness.wait_until(lambda: more.sql(own_stack, held) == "1", what="the turn of another one")
        with own_stack.start("forget", name, "--customer", REF, "--json") as forgets:
            harness.wait_until(lambda: more.sql(own_stack, waits) == "advisory", what="waiting for its turn")
            say("BEGIN; LOCK TABLE journal.quarantine IN ACCESS EXCLUSIVE MODE; SELECT pg_advisory_unlock(6020714215);\n")
            harness.wait_until(lambda: more.sql(own_stack, waits) == "relation", what="the first look")
            publisher.accept(visit(shop, LAPTOP, NOW + 2 * HOUR, "A-3", REF))
            say("COMMIT;\n")
            told = json.loads(forgets.communicate(timeout=harness.TIMEOUT_S)[0])
        holder.stdin.close()
    assert (told["customers"], told["visitors"], told["events"], told["left"]) == (1, 2, 15, [])
    require_gone(own_stack, names(own_stack, name))
    own_stack.verify(name)


def test_metrics_meets_the_shop_meanwhile(own_stack):
    """Its first position is made while an erasure is under way: it must not be of the epoch before, in which it would go on
    to fold what it had read of the old names."""
    metrics = own_stack.kill("metrics", signal.SIGSTOP)
    try:
        name = own_stack.add_shop("new")
        own_stack.publisher().accept(visit(Shop(name), PHONE, NOW, "A-1", REF))
        psql = [str(more.postgres_bin() / "psql"), "-Xq", more.conninfo(own_stack)]
        waits = "SELECT wait_event FROM pg_catalog.pg_stat_activity WHERE application_name = 'utarg-forget' AND wait_event_type = 'Lock'"
        position = "SELECT p.epoch, h.epoch FROM journal.head AS h JOIN metrics.position AS p USING (shop_id)"
        with subprocess.Popen(psql, stdin=subprocess.PIPE, text=True) as creator:
            creator.stdin.write("BEGIN; INSERT INTO metrics.position SELECT shop_id, epoch, 0, date_trunc('minute', now()), 0 FROM journal.head;\n")
            creator.stdin.flush()
            held = ("SELECT count(*) FROM pg_catalog.pg_locks WHERE relation = 'metrics.position'::regclass"
                    " AND mode = 'RowExclusiveLock' AND granted")
            harness.wait_until(lambda: more.sql(own_stack, held) == "1", what="a position in the making")
            with own_stack.start("forget", name, "--customer", REF, "--json") as forgets:
                harness.wait_until(lambda: more.sql(own_stack, waits) == "transactionid", what="the erasure waiting for it")
                creator.stdin.write("COMMIT;\n")
                creator.stdin.close()
                told = json.loads(forgets.communicate(timeout=harness.TIMEOUT_S)[0])
        assert (told["events"], told["left"]) == (5, [])
        assert more.sql(own_stack, position) == "2|2"
    finally:
        os.kill(metrics, signal.SIGCONT)
    own_stack.settle(name)
    require_gone(own_stack, names(own_stack, name, [PHONE]))
    own_stack.verify(name)


def restore(stack, content):
    """The database as it was when it was dumped, put back by the owner while no service runs on it."""
    bin_folder = more.postgres_bin()
    environment = harness.clean_environment()
    for statement in ("DROP DATABASE utarg WITH (FORCE)", "CREATE DATABASE utarg"):
        more.sql(stack, statement, database="postgres")
    done = subprocess.run([str(bin_folder / "psql"), "-Xq", "-v", "ON_ERROR_STOP=1", more.conninfo(stack)], input=content,
                          capture_output=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr


def wait_for_figures(stack):
    """Until metrics stands at the journal's head by the database's word; that it knew a later seq of a lost history is none."""
    stands = ("SELECT bool_and(p.epoch = h.epoch AND p.seq = h.seq AND p.seq >= p.rebuild_seq)"
              " FROM journal.head AS h LEFT JOIN metrics.position AS p USING (shop_id)")
    harness.wait_until(lambda: more.sql(stack, stands) == "t", what="metrics at the journal's head")


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_restored_backup_forgets_again(own_stack, comes_back):
    """Who came back after the erasure is somebody new; the figures have made one of them and the one before."""
    name = own_stack.add_shop("restored")
    shop, publisher = Shop(name), own_stack.publisher()
    publisher.accept(visit(shop, "early-canary", NOW, "A-0", "early-canary-customer"))
    own_stack.ok("forget", name, "--customer", "early-canary-customer")  # known to the backup
    publisher.accept(history(shop)[:-7])
    needles = names(own_stack, name)
    backup = dump(own_stack)
    publisher.accept(visit(shop, "tablet-canary", NOW + HOUR, "A-11", REF))
    own_stack.ok("forget", name, "--customer", REF)
    record = own_stack.data / "erasures.jsonl"
    assert record.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert [len(line["visitors"]) for line in lines] == [1, 3] and [len(line["customers"]) for line in lines] == [1, 1]
    assert hits_in(record.read_bytes(), needles) == []

    # Then he comes back, as somebody new; and an older copy is put back.
    publisher.accept([shop.page_view(PHONE, harness.now_ms())])
    own_stack.settle(name)
    restore(own_stack, backup)
    own_stack.ok("epoch", "raise", "--all", "--why", "test")
    assert hits_in(dump(own_stack), needles)
    # What was lost is sent again before anybody has thought of the erasures: what he did before goes, the rest stays.
    publisher.insist(visit(shop, "tablet-canary", NOW + HOUR, "A-11", REF))
    now = harness.now_ms()
    later = [
        shop.page_view(PHONE, now),
        shop.add_to_cart(PHONE, now + 1000, "K-A-12", customer=REF),
        shop.purchase(PHONE, now + 2000, "A-12", customer=REF, cart_id="K-A-12"),
    ] if comes_back else []
    publisher.insist(later)
    wait_for_figures(own_stack)

    # The figures are made before it looks for what is left: what they say of somebody new is none of that.
    psql = [str(more.postgres_bin() / "psql"), "-Xq", more.conninfo(own_stack)]
    waits = "SELECT wait_event FROM pg_catalog.pg_stat_activity WHERE application_name = 'utarg-forget' AND wait_event_type = 'Lock'"
    with subprocess.Popen(psql, stdin=subprocess.PIPE, text=True) as holder:
        holder.stdin.write("BEGIN; LOCK TABLE metrics.session IN SHARE UPDATE EXCLUSIVE MODE;\n")
        holder.stdin.flush()
        held = ("SELECT count(*) FROM pg_catalog.pg_locks WHERE relation = 'metrics.session'::regclass"
                " AND mode = 'ShareUpdateExclusiveLock' AND granted")
        harness.wait_until(lambda: more.sql(own_stack, held) == "1", what="a table that cannot be cleared")
        with own_stack.start("forget", "--again", "--json") as forgets:
            harness.wait_until(lambda: more.sql(own_stack, waits) == "relation", what="clearing the space")
            wait_for_figures(own_stack)
            holder.stdin.write("COMMIT;\n")
            holder.stdin.close()
            told = json.loads(forgets.communicate(timeout=harness.TIMEOUT_S)[0])
    assert len(told["erased"]) == 1 and told["erased"][0]["shop"] == name
    assert told["left"] == []
    kept = [Pseudonyms(own_stack, name).visitor(PHONE), Pseudonyms(own_stack, name).customer(REF)]
    rows = more.sql(own_stack, f"SELECT encode(subject, 'escape') LIKE '%url%', event_id FROM journal.event WHERE visitor = '{kept[0]}'")
    assert sorted(rows.splitlines()) == sorted(f"f|{uuid.UUID(bytes=one.event.id)}" for one in later)
    require_gone(own_stack, [needle for needle in needles if not comes_back or needle not in kept])
    own_stack.verify(name)
    assert own_stack.json("forget", "--again") == {"erased": [], "left": []}


@pytest.fixture()
def refusing(own_stack):
    more.sql(own_stack, "ALTER TABLE journal.event ADD CONSTRAINT poison CHECK (position('POISON'::bytea IN payload) = 0) NOT VALID")
    return lambda: more.sql(own_stack, "ALTER TABLE journal.event DROP CONSTRAINT poison")


def test_quarantine_is_searched_and_keeps_its_pseudonyms(own_stack, refusing):
    name = own_stack.add_shop("aside")
    shop, of = Shop(name), Pseudonyms(own_stack, name)
    poison = [{"sku": "POISON", "quantity": 1, "net_minor": 100}]
    sent = [shop.purchase(LAPTOP, NOW, "A-1", lines=poison, customer=REF), shop.purchase("other", NOW, "A-2", lines=poison)]
    results = own_stack.publisher().publish(sent)
    assert {harness.code_name(result.code) for result in results} == {"BAD_FIELD"}
    told = own_stack.json("forget", name, "--customer", REF)
    assert (told["quarantined"], told["events"], told["visitors"], told["left"]) == (1, 0, 1, [])
    require_gone(own_stack, names(own_stack, name, [LAPTOP]))
    refusing()
    own_stack.ok("quarantine", "retry", "--all")
    assert [e.subject.visitor_id == of.visitor("other") for e in own_stack.journal(name) if e.event.HasField("purchase")].count(True) == 1
    require_gone(own_stack, names(own_stack, name, [LAPTOP]))
    own_stack.verify(name)
