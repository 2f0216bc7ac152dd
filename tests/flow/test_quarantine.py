# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What PostgreSQL refuses goes aside and its neighbours go on. Validation lets nothing through that PostgreSQL would
refuse, so that the test makes it refuse: a CHECK on the journal, added by its owner and taken away later.
"""
import json
import uuid

import pytest

from harness import more, raw
from harness import utarg as harness
from harness.events import HOUR, Shop, line
from harness.pseudonyms import Pseudonyms

BATCHES, SIZE = 6, 500
CLIENT, SERVER = 1, 2


@pytest.fixture()
def refusing(stack):
    """journal.event refuses whatever has POISON in its payload; called, it does no more."""
    more.sql(stack, "ALTER TABLE journal.event ADD CONSTRAINT poison CHECK (position('POISON'::bytea IN payload) = 0) NOT VALID")
    stopped = []

    def stop():
        if not stopped:
            more.sql(stack, "ALTER TABLE journal.event DROP CONSTRAINT poison")
        stopped.append(True)

    yield stop
    stop()


def listed(stack, shop):
    return stack.json("quarantine", "list", "--shop", shop, "--limit", 10000)


def rows_of(stack, table, ids):
    """event id -> (event time, received, principal, origin, visitor, customer, subject, payload), as text."""
    wanted = ",".join(f"'{uuid.UUID(bytes=bytes(one))}'" for one in ids)
    out = more.sql(stack, "SELECT event_id, extract(epoch FROM event_time) * 1000, extract(epoch FROM received_at) * 1000, principal,"
                          f" origin, encode(visitor, 'hex'), encode(customer, 'hex'), encode(subject, 'hex'), encode(payload, 'hex')"
                          f" FROM {table} WHERE event_id IN ({wanted})")
    return {row.split("|")[0]: row.split("|")[1:] for row in out.splitlines()}


def test_one_poisoned_event_in_every_batch(stack, shop, refusing):
    made, publisher, t = Shop(shop), stack.publisher(), harness.now_ms()
    before = more.stats(stack, "ingest")
    batches = []
    for b in range(BATCHES):
        batch = [made.purchase(f"v{b}-{i}", t, f"O-{b}-{i}", 100, customer=f"c{i}") for i in range(SIZE)]
        place = (b * 97 + 13) % SIZE
        batch[place] = made.purchase("poor", t, f"P-{b}", lines=[line("POISON", 1, 100)], customer="patient")
        batches.append((batch, place))
    sent = [publisher.send(publish=harness.proto().ingest.PublishRequest(sent_at_ms=t, origin=SERVER, publications=batch))
            for batch, _ in batches]  # all are under way at once
    replies = {}
    while len(replies) < len(sent):
        reply = publisher.receive()
        assert reply is not None and reply.status.code == 0, reply
        replies[reply.request_id] = reply.publish.results
    poisoned = []
    for request_id, (batch, place) in zip(sent, batches):
        for i, result in enumerate(replies[request_id]):
            assert harness.code_name(result.code) == ("BAD_FIELD" if i == place else "OK"), (i, result)
        assert "kept for inspection" in replies[request_id][place].message
        poisoned.append(batch[place])
    ids = {str(uuid.UUID(bytes=one.event.id)) for one in poisoned}
    kept = listed(stack, shop)
    assert {row["event_id"] for row in kept} == ids
    after = more.stats(stack, "ingest")
    assert after["utarg_ingest_quarantined_total"] - before["utarg_ingest_quarantined_total"] == BATCHES
    harness.wait_until(lambda: more.stats(stack, "ingest")["utarg_ingest_quarantine_rows"] == BATCHES, what="the gauge")

    # People see it: in tables, in doctor, in status; one in full.
    assert stack.ok("quarantine", "list", "--shop", shop).count("purchase") == BATCHES
    (check,) = [check for check in stack.json("doctor") if check["check"] == "quarantine"]
    assert check["verdict"] == "warn" and str(BATCHES) in check["finding"]
    assert stack.json("status")["quarantine"] == BATCHES and f"{BATCHES} events are in quarantine" in stack.ok("status")
    shown = stack.json("quarantine", "show", kept[0]["id"])
    assert shown["event"]["purchase"]["lines"][0]["sku"] == "POISON" and shown["subject"]["customerRef"] == Pseudonyms(stack, shop).customer("patient")
    assert (shown["code"], shown["kind"], shown["origin"]) == ("BAD_FIELD", "purchase", "ORIGIN_SERVER")
    assert "poison" in shown["sentence"] and "poison" in stack.ok("quarantine", "show", kept[0]["id"])
    good = BATCHES * (SIZE - 1)
    assert stack.values(shop, "orders", window=5).popitem()[1] == str(good)

    # Still refused: it stays, once.
    done = stack.cli("quarantine", "retry", kept[0]["id"])
    assert done.returncode == 2 and "BAD_FIELD" in done.stdout, done
    assert len(listed(stack, shop)) == BATCHES
    # Mended: one by its number, then the rest.
    refusing()
    stored = rows_of(stack, "journal.quarantine", [one.event.id for one in poisoned])
    (told,) = stack.json("quarantine", "retry", kept[0]["id"])
    assert (told["id"], told["code"]) == (kept[0]["id"], "OK")
    assert f"{BATCHES - 1} of {BATCHES - 1} accepted." in stack.ok("quarantine", "retry", "--all", "--shop", shop)
    assert listed(stack, shop) == [] and "Nothing is in quarantine" in stack.ok("quarantine", "list", "--shop", shop)
    journalled = rows_of(stack, "journal.event", [one.event.id for one in poisoned])
    assert set(journalled) == ids
    for one, (event_time, received, *rest) in journalled.items():
        assert [event_time, *rest] == [stored[one][0], *stored[one][2:]]  # all but the time of receipt
        assert float(received) > float(stored[one][1])
    assert stack.values(shop, "orders", window=5).popitem()[1] == str(good + BATCHES)
    entries = stack.journal(shop)
    assert [entry.seq for entry in entries] == list(range(1, 2 + BATCHES * SIZE))
    stack.verify(shop)
    log = (stack.data / "log/operator.log").read_text()
    assert log.count("event=quarantine_retried") == BATCHES and "by=" in log


def test_the_bytes_are_sent_as_they_came_and_the_time_is_the_corrected_one(stack, shop, refusing):
    made, client = Shop(shop), stack.publisher()
    now = harness.now_ms()
    slow = made.page_view("POISON", now - 3 * HOUR)  # a browser whose clock is three hours behind
    slow.event.page_view.title = "POISON"
    # A newer schema's field, where no packer would put it: first.
    event = raw.number(19, 7) + slow.event.SerializeToString()
    request = raw.request(raw.publish(raw.publication(event, slow.subject.SerializeToString()), sent_at_ms=now - 3 * HOUR, origin=CLIENT),
                          request_id=77)
    client.send_raw(request)
    reply = client.wait(77)
    assert harness.code_name(reply.publish.results[0].code) == "BAD_FIELD"
    (kept,) = listed(stack, shop)
    assert abs(kept["event_time_ms"] - now) < HOUR and kept["event"]["occurredAtMs"] == str(now - 3 * HOUR)
    refusing()
    stack.ok("quarantine", "retry", kept["id"])
    ((event_time, *_, payload),) = rows_of(stack, "journal.event", [slow.event.id]).values()
    assert bytes.fromhex(payload) == event
    assert 0 <= float(event_time) - kept["event_time_ms"] < 1000 * harness.TIMEOUT_S  # as long as the request was under way
    stack.verify(shop)


def test_retry_meets_what_was_sent_meanwhile_and_drop_is_for_good(stack, shop, refusing):
    made, publisher, t = Shop(shop), stack.publisher(), harness.now_ms()
    again, changed, odd = (made.purchase("v", t, order, lines=[line("POISON", 1, 100)]) for order in ("A", "B", "C"))
    assert {harness.code_name(r.code) for r in publisher.publish([again, changed, odd])} == {"BAD_FIELD"}
    # Sent again while it is refused, it is kept once.
    publisher.publish([again])
    by_id = {row["event_id"]: row["id"] for row in listed(stack, shop)}
    assert len(by_id) == 3
    refusing()
    publisher.accept([again])
    other = made.purchase("v", t, "B2", lines=[line("MENDED", 1, 100)], id=changed.event.id)
    publisher.accept([other])
    number = {name: by_id[str(uuid.UUID(bytes=one.event.id))] for name, one in
              (("again", again), ("changed", changed), ("odd", odd))}
    done = stack.cli("quarantine", "retry", number["again"], number["changed"], "--json")
    assert done.returncode == 5 and "1 of 2 stay" in done.stderr, done
    assert [row["code"] for row in json.loads(done.stdout)] == ["DUPLICATE", "CONFLICT"]
    assert {row["id"] for row in listed(stack, shop)} == {number["changed"], number["odd"]}
    assert stack.values(shop, "orders", window=5).popitem()[1] == "2"

    assert stack.cli("quarantine", "drop", number["odd"]).returncode == 2  # nobody was asked
    assert len(listed(stack, shop)) == 2
    looks_only = more.conninfo(stack, "utarg_operator")
    assert stack.cli("quarantine", "drop", number["odd"], "--yes", "--database", looks_only).returncode == 4
    assert "2 dropped" in stack.ok("quarantine", "drop", number["odd"], number["changed"], "--yes", "--why", "a test")
    assert listed(stack, shop) == []
    dropped = [text for text in (stack.data / "log/operator.log").read_text().splitlines() if "quarantine_dropped" in text]
    assert len(dropped) == 2 and all(f"shop={shop}" in text and 'why="a test"' in text for text in dropped)
    for wrong in (["retry"], ["retry", "1", "--all"], ["retry", "999999"], ["show", "nought"], ["drop", "999999", "--yes"]):
        assert stack.cli("quarantine", *wrong).returncode == 2, wrong


def test_what_cannot_be_kept_aside_is_not_called_kept(stack, shop, refusing):
    made, publisher, t = Shop(shop), stack.publisher(), harness.now_ms()
    poor = made.purchase("v", t, "A", lines=[line("POISON", 1, 100)])
    neighbour = made.purchase("v", t, "B")
    more.sql(stack, "REVOKE INSERT ON journal.quarantine FROM utarg_ingest")
    try:
        codes = [harness.code_name(result.code) for result in publisher.publish([neighbour, poor])]
    finally:
        more.sql(stack, "GRANT INSERT ON journal.quarantine TO utarg_ingest")
    assert codes == ["OK", "BUSY"] and listed(stack, shop) == []
    assert [harness.code_name(result.code) for result in publisher.publish([neighbour, poor])] == ["DUPLICATE", "BAD_FIELD"]
    (kept,) = listed(stack, shop)
    stack.ok("quarantine", "drop", kept["id"], "--yes")
