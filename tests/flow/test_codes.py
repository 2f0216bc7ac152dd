# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every typed code, produced over the wire; and after each a legitimate publisher is still served.

Not produced here: UNAUTHENTICATED (there are no keys yet), STORAGE_LOW and INTERNAL (a full disk and our own bugs;
tests/unit has their mapping).
"""
import os
import pathlib
import signal
import uuid

import pytest

from harness import raw
from harness import utarg as harness
from harness.events import Shop, line
from harness.pseudonyms import Pseudonyms

NOW = harness.now_ms()
MAX = 10**15


@pytest.fixture
def slug(shop):
    return shop


@pytest.fixture
def served(stack, slug, publisher):
    """Called after each attack: somebody else, on another connection, publishes and is read."""

    def check():
        (result,) = publisher.publish([Shop(slug).page_view("honest", harness.now_ms())])
        assert harness.code_name(result.code) == "OK", result.message

    return check


def event_bytes(shop, body_number=20, body=b"", *, id=None, t=None, extra=b""):
    """Event as bytes: id 1, occurred_at_ms 3, shop 4, body."""
    return (raw.field(1, id or uuid.uuid4().bytes) + raw.number(3, NOW if t is None else t) + raw.field(4, shop)
            + extra + raw.field(body_number, body))


# ---- one event -------------------------------------------------------------------------------------------
# (name, code, field named in the answer, publication: a message or bytes)

VIEW, PURCHASE = 20, 60


def of(body, **fields):
    return lambda shop: Shop(shop).of(body, fields.pop("t", NOW), **fields)


def order(**changes):
    content = {"order_id": "O", "currency": "PLN", "lines": [line("A", 1, 100)]} | changes
    return lambda shop: Shop(shop).of("purchase", NOW, "v", **content)


def bytes_of(make):
    return lambda shop: raw.publication(make(shop))


def text_event(content):
    """A page_view whose title is these bytes."""
    return bytes_of(lambda shop: event_bytes(shop, VIEW, raw.field(1, content)))


EVENTS = [
    ("no event", "MISSING_FIELD", "event", lambda shop: b""),
    ("no body", "MISSING_FIELD", "body", bytes_of(lambda s: raw.field(1, bytes(range(16))) + raw.number(3, NOW) + raw.field(4, s))),
    ("no id", "MISSING_FIELD", "id", bytes_of(lambda s: raw.number(3, NOW) + raw.field(4, s) + raw.field(VIEW, b""))),
    ("no time", "MISSING_FIELD", "occurred_at_ms", bytes_of(lambda s: event_bytes(s, t=0))),
    ("no shop", "MISSING_FIELD", "shop", bytes_of(lambda s: event_bytes(""))),
    ("no order id", "MISSING_FIELD", "purchase.order_id", order(order_id="")),
    ("no currency", "MISSING_FIELD", "purchase.currency", order(currency="")),
    ("no lines", "MISSING_FIELD", "purchase.lines", order(lines=[])),
    ("no amount", "MISSING_FIELD", "purchase.lines[0].net_minor", order(lines=[{"sku": "A", "quantity": 1}])),
    ("no quantity", "MISSING_FIELD", "purchase.lines[1].quantity", order(lines=[line("A", 1, 1), line("B", 0, 1)])),
    ("no rate", "MISSING_FIELD", "purchase.lines[0].tax_rate_bp", order(lines=[{"sku": "A", "quantity": 1, "gross_minor": 5}])),
    ("no cart", "MISSING_FIELD", "add_to_cart.cart_id", of("add_to_cart", sku="A", quantity=1)),
    ("refund of nothing", "MISSING_FIELD", "refund.total_minor", of("refund", refund_id="R", currency="PLN")),
    ("short id", "BAD_FIELD", "id", bytes_of(lambda s: event_bytes(s, id=b"\x01" * 15))),
    ("shop that is no slug", "BAD_FIELD", "shop", bytes_of(lambda s: event_bytes("No Slug"))),
    ("order id of 65 bytes", "BAD_FIELD", "purchase.order_id", order(order_id="x" * 65)),
    ("title of 1,001 bytes", "BAD_FIELD", "page_view.title", of("page_view", title="x" * 1001)),
    ("context of 257 bytes", "BAD_FIELD", "context.utm_source", of("page_view", context={"utm_source": "x" * 257})),
    ("visitor of 65 bytes", "BAD_FIELD", "subject.visitor_id", of("page_view", visitor="x" * 65)),
    ("country", "BAD_FIELD", "context.country", of("page_view", context={"country": "Pl"})),
    ("negative quantity", "BAD_FIELD", "purchase.lines[0].quantity", order(lines=[line("A", -1, 100)])),
    ("discount above the lines", "BAD_FIELD", "purchase.discount_minor", order(discount_minor=101)),
    ("a day that is none", "BAD_FIELD", "ad_spend.day",
     of("ad_spend", platform="p", day="2026-02-30", currency="PLN", report_time_ms=NOW, spend_minor=1)),
    ("a status nobody knows", "BAD_FIELD", "purchase.status", order(status=99)),
    ("a NUL", "BAD_UTF8", "page_view.title", text_event(b"a\0b")),
    ("half a character", "BAD_UTF8", "page_view.title", text_event(b"a\xc3")),
    ("a surrogate", "BAD_UTF8", "page_view.title", text_event(b"\xed\xa0\x80")),
    ("an overlong slash", "BAD_UTF8", "page_view.title", text_event(b"\xc0\xaf")),
    ("above U+10FFFF", "BAD_UTF8", "page_view.title", text_event(b"\xf4\x90\x80\x80")),
    ("NUL in the visitor", "BAD_UTF8", "subject.visitor_id",
     lambda s: raw.publication(event_bytes(s), raw.field(1, b"v\0"))),
    ("small letters", "BAD_CURRENCY", "purchase.currency", order(currency="pln")),
    ("no such currency", "BAD_CURRENCY", "purchase.currency", order(currency="ZZZ")),
    ("an amount too large", "AMOUNT_RANGE", "purchase.lines[0].net_minor", order(lines=[line("A", 1, MAX + 1)])),
    ("a sum too large", "AMOUNT_RANGE", "purchase.lines", order(lines=[line("A", 1, MAX), line("B", 1, MAX)])),
    ("an amount below zero", "AMOUNT_RANGE", "purchase.lines[0].net_minor", order(lines=[line("A", 1, -1)])),
    ("1989", "BAD_TIME", "occurred_at_ms", of("page_view", t=631_151_999_999)),
    ("seconds for milliseconds", "BAD_TIME", "occurred_at_ms", of("page_view", t=NOW // 1000)),
    ("placed in 1989", "BAD_TIME", "purchase.placed_at_ms", order(placed_at_ms=631_151_999_999)),
    ("ten minutes ahead", "FUTURE_TIME", "occurred_at_ms", lambda s: Shop(s).page_view("v", harness.now_ms() + 600_000)),
    ("the end of time", "FUTURE_TIME", "occurred_at_ms", of("page_view", t=2**63 - 1)),
    ("placed tomorrow", "FUTURE_TIME", "purchase.placed_at_ms", order(placed_at_ms=NOW + 86_400_000)),
    ("a body of the future", "UNKNOWN_TYPE", "body", bytes_of(lambda s: event_bytes(s, 1999, b"\x0a\x00"))),
    ("a shop nobody made", "UNKNOWN_SHOP", "shop", lambda s: Shop("nobody-made-it").page_view("v", NOW)),
    ("settings", "FORBIDDEN", "body", of("shop_settings_changed", currency="EUR", zone="Europe/Berlin")),
    ("a decision", "FORBIDDEN", "body", of("campaign_changed", campaign="winter")),
    ("an erasure", "FORBIDDEN", "body", of("subject_erasure", event_count=1)),
    ("garbage", "BAD_PROTO", "event", lambda s: raw.publication(b"\xff\xff\xff\xff")),
    ("cut off", "BAD_PROTO", "page_view", bytes_of(lambda s: event_bytes(s, VIEW, b"\x0a\x05ab"))),
    ("two bodies", "BAD_PROTO", "body", bytes_of(lambda s: event_bytes(s) + raw.field(VIEW, b""))),
    ("two events", "BAD_PROTO", "", lambda s: raw.field(1, event_bytes(s)) * 2),
    ("two subjects", "BAD_PROTO", "", lambda s: raw.publication(event_bytes(s), b"") + raw.field(2, b"")),
    ("a number for a text", "BAD_PROTO", "page_view.title", bytes_of(lambda s: event_bytes(s, VIEW, raw.number(1, 5)))),
    ("64 KiB and a byte", "TOO_LARGE", "event", bytes_of(lambda s: event_bytes(s, extra=raw.field(19, b"x" * 65_536)))),
    ("a subject of 9 KiB", "TOO_LARGE", "subject", lambda s: raw.publication(event_bytes(s), raw.field(99, b"x" * 9_216))),
    ("1,001 lines", "TOO_MANY", "purchase.lines", order(lines=[line("A", 1, 1)] * 1001)),
]


@pytest.mark.parametrize("name,code,field,make", EVENTS, ids=[row[0] for row in EVENTS])
def test_a_broken_event_is_refused_alone(stack, slug, served, name, code, field, make):
    """Between two good ones, which are accepted."""
    good = [Shop(slug).page_view("g", NOW).SerializeToString() for _ in range(2)]
    broken = make(slug)
    broken = broken if isinstance(broken, bytes) else broken.SerializeToString()
    client = stack.asker("ingest")
    client.send_raw(raw.request(raw.publish(good[0], broken, good[1], sent_at_ms=harness.now_ms()), request_id=99))
    reply = client.receive()
    assert (reply.request_id, reply.status.code) == (99, 0), reply.status.message
    first, refused, last = reply.publish.results
    assert (harness.code_name(first.code), harness.code_name(last.code)) == ("OK", "OK")
    assert last.seq == first.seq + 1
    assert harness.code_name(refused.code) == code, (refused.field, refused.message)
    assert (refused.field, refused.seq) == (field, 0), refused.message
    assert refused.message and refused.message[-1] not in ".\n" and "\0" not in refused.message
    served()


def test_duplicate_and_conflict(slug, publisher, served):
    event = Shop(slug).page_view("v", NOW)
    (first,) = publisher.publish([event])
    (again,) = publisher.publish([event])
    event.event.page_view.title = "other"
    (other,) = publisher.publish([event])
    assert [harness.code_name(r.code) for r in (first, again, other)] == ["OK", "DUPLICATE", "CONFLICT"]
    assert first.seq == again.seq == other.seq and other.field == "id"
    served()


# ---- a whole request -------------------------------------------------------------------------------------


def request_with(count):
    return lambda shop: [raw.request(raw.publish(*[raw.publication(event_bytes(shop))] * count))]


def stretched(shop):
    """9 MiB of a field of the future: above what a request may have, below what cuts the connection."""
    return [raw.request(raw.publish(raw.publication(event_bytes(shop))) + raw.field(99, b"x" * (9 << 20)))]


FRAMES = [
    # name, code, request_id of the answer, frames
    ("two frames", "BAD_FRAME", 0, lambda s: [raw.request(b""), b"more"]),
    ("an empty frame", "BAD_FRAME", 0, lambda s: [b""]),
    ("as a REQ socket does it", "BAD_FRAME", 0, lambda s: [b"", raw.request(raw.publish())]),
    ("garbage", "BAD_PROTO", 0, lambda s: [b"\xff" * 40]),
    ("half a request", "BAD_PROTO", 7, lambda s: [raw.request(raw.publish(raw.publication(event_bytes(s))))[:-9]]),
    ("a publication that is a number", "BAD_PROTO", 7, lambda s: [raw.request(raw.number(2, 1))]),
    ("1,001 publications", "TOO_MANY", 7, request_with(1001)),
    ("9 MiB", "TOO_LARGE", 7, stretched),
    ("no publications", "MISSING_FIELD", 7, request_with(0)),
    ("an origin nobody knows", "BAD_FIELD", 7, lambda s: [raw.request(raw.publish(raw.publication(event_bytes(s)), origin=9))]),
    ("a request of the future", "UNKNOWN_TYPE", 7, lambda s: [raw.request(b"", body_number=90)]),
    ("no request at all", "MISSING_FIELD", 7, lambda s: [raw.number(1, 7)]),
    ("a question for metrics", "UNKNOWN_TYPE", 7, lambda s: [raw.request(b"", body_number=30)]),
]


@pytest.mark.parametrize("name,code,request_id,frames", FRAMES, ids=[row[0] for row in FRAMES])
def test_a_broken_request_is_answered(stack, slug, served, name, code, request_id, frames):
    client = stack.publisher()
    client.send_raw(*frames(slug))
    reply = client.receive()
    assert reply is not None, "no answer"
    assert harness.code_name(reply.status.code) == code, reply.status.message
    assert reply.request_id == request_id and reply.WhichOneof("body") is None and reply.status.message
    (result,) = client.publish([Shop(slug).page_view("v", NOW)])  # on the same connection
    assert result.code == 0
    served()


def test_a_frame_of_17_mib_cuts_its_own_connection_only(stack, slug, served):
    client = stack.publisher()
    client.send_raw(raw.request(raw.field(99, b"x" * (17 << 20))))
    assert client.receive(0.5) is None
    served()
    # libzmq connects again by itself.
    client.insist([Shop(slug).page_view("v", NOW)])


# ---- questions and decisions -----------------------------------------------------------------------------


def command(**fields):
    return {"command_id": uuid.uuid4().bytes, **fields}


SETTINGS = {"name": "A", "currency": "PLN", "zone": "Europe/Warsaw"}
QUESTIONS = [
    # name, service, code, body
    ("journal of nobody's shop", "ingest", "UNKNOWN_SHOP", lambda s: {"journal_read": {"shop": "nobody-made-it"}}),
    ("journal of no slug", "ingest", "BAD_FIELD", lambda s: {"journal_read": {"shop": "A B"}}),
    ("figures of nobody's shop", "metrics", "UNKNOWN_SHOP", lambda s: {"kpi": {"shop": "nobody-made-it"}}),
    ("figures of no shop", "metrics", "MISSING_FIELD", lambda s: {"kpi": {}}),
    ("a figure nobody knows", "metrics", "BAD_FIELD", lambda s: {"kpi": {"shop": s, "kpis": ["luck"]}}),
    ("a dimension nobody knows", "metrics", "BAD_FIELD", lambda s: {"kpi": {"shop": s, "dimension": "luck"}}),
    ("a range backwards", "metrics", "BAD_FIELD",
     lambda s: {"kpi": {"shop": s, "from_day": "2026-03-02", "to_day": "2026-03-01"}}),
    ("figures of a century", "metrics", "TOO_MANY",
     lambda s: {"kpi": {"shop": s, "window": 2, "from_day": "1990-01-01", "to_day": "2026-01-01"}}),
    ("a snapshot of another topic", "metrics", "BAD_FIELD", lambda s: {"snapshot": {"topic_prefix": "head/"}}),
    ("a shop that is there", "campaign", "CONFLICT", lambda s: {"shop_add": command(slug=s, settings=SETTINGS)}),
    ("a shop without a currency", "campaign", "MISSING_FIELD",
     lambda s: {"shop_add": command(slug="fresh", settings={"zone": "Europe/Warsaw"})}),
    ("a shop in play money", "campaign", "BAD_CURRENCY",
     lambda s: {"shop_add": command(slug="fresh", settings=SETTINGS | {"currency": "ZZZ"})}),
    ("a shop on the moon", "campaign", "BAD_FIELD",
     lambda s: {"shop_add": command(slug="fresh", settings=SETTINGS | {"zone": "Moon/Base"})}),
    ("a command without an id", "campaign", "MISSING_FIELD", lambda s: {"shop_add": {"slug": "fresh", "settings": SETTINGS}}),
    ("a shop nobody made", "campaign", "UNKNOWN_SHOP", lambda s: {"shop_list": {"slug": "nobody-made-it"}}),
    ("offers of nobody's shop", "campaign", "UNKNOWN_SHOP", lambda s: {"offer_list": {"shop": "nobody-made-it"}}),
    ("a campaign that is not there", "campaign", "BAD_FIELD", lambda s: {"campaign_end": command(shop=s, campaign="none")}),
    ("a log level nobody knows", "campaign", "BAD_FIELD", lambda s: {"log_level": {"level": "loud"}}),
]


@pytest.mark.parametrize("name,service,code,body", QUESTIONS, ids=[row[0] for row in QUESTIONS])
def test_a_wrong_question_is_answered(stack, slug, served, name, service, code, body):
    stack.settle(slug)  # before, metrics may say BUSY
    reply = stack.asker(service).request(**body(slug))
    assert harness.code_name(reply.status.code) == code, reply.status.message
    assert reply.status.message and reply.WhichOneof("body") is None
    served()


@pytest.mark.parametrize("service", ["ingest", "metrics", "campaign"])
def test_every_service_answers_broken_frames(stack, served, service):
    client = stack.asker(service)
    for frames, code in (([b"a", b"b"], "BAD_FRAME"), ([b"\xff" * 9], "BAD_PROTO")):
        client.send_raw(*frames)
        assert harness.code_name(client.receive().status.code) == code
    assert client.ask(ready={}).ready.ready
    served()


def test_ending_a_campaign_twice_is_refused(stack, slug, served):
    client = stack.asker("campaign")
    client.ask(campaign_create=command(shop=slug, campaign={"campaign": "winter", "title": "Winter"}))
    client.ask(campaign_end=command(shop=slug, campaign="winter", reason="over"))
    reply = client.request(campaign_end=command(shop=slug, campaign="winter", reason="over"))
    assert harness.code_name(reply.status.code) == "REFUSED"
    assert "winter" in reply.status.message and "ended" in reply.status.message
    reply = client.request(campaign_create=command(shop=slug, campaign={"campaign": "winter", "title": "Again"}))
    assert harness.code_name(reply.status.code) == "CONFLICT"
    served()


def test_a_command_id_used_for_something_else_is_a_conflict(stack, slug, served):
    client, id = stack.asker("campaign"), uuid.uuid4().bytes
    client.ask(campaign_create={"command_id": id, "shop": slug, "campaign": {"campaign": "one", "title": "One"}})
    reply = client.request(campaign_create={"command_id": id, "shop": slug, "campaign": {"campaign": "two", "title": "Two"}})
    assert harness.code_name(reply.status.code) == "CONFLICT"
    served()


# ---- when the database stands still ----------------------------------------------------------------------


class Frozen:
    """PostgreSQL and all its processes stopped, as on a machine whose disk hangs."""

    def __init__(self, stack):
        self.postmaster = stack.pid("postgres")

    def processes(self):
        found = [self.postmaster]
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = stat.read_text(errors="replace").rsplit(")", 1)[1].split()[1]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(parent) == self.postmaster:
                found.append(int(stat.parent.name))
        return found

    def __enter__(self):
        for pid in self.processes():
            os.kill(pid, signal.SIGSTOP)
        return self

    def __exit__(self, *_):
        for pid in self.processes():
            os.kill(pid, signal.SIGCONT)


def test_busy_while_the_database_stands_still(own_stack):
    shop = Shop(own_stack.add_shop("busy"))
    publisher = own_stack.publisher()
    publisher.accept([shop.page_view("v", NOW)])
    events = [shop.purchase(f"v{i}", NOW, f"O-{i}") for i in range(20)]
    with Frozen(own_stack):
        asked = publisher.send(publish={"publications": events, "sent_at_ms": harness.now_ms()})

        def refused():
            late = own_stack.asker("ingest").request(timeout=1, again=True, publish={"publications": events})
            return late if late is not None and late.status.code else None

        reply = harness.wait_until(refused, what="BUSY")
        assert harness.code_name(reply.status.code) == "BUSY" and reply.status.retry_after_ms > 0
        assert "database" in reply.status.message
        harness.wait_until(lambda: not own_stack.asker("ingest").ask(ready={}).ready.ready, what="ingest not ready")
        for service in ("metrics", "campaign"):  # they answer, whatever they say
            assert own_stack.asker(service).ask(ping={}).ping.service == service
    # Whatever became of the first request: after the thaw the same events are there once.
    publisher.wait(asked, timeout=0.2)
    publisher.insist(events)
    own_stack.wait_ready()
    entries = own_stack.journal("busy")
    assert [e.event.id for e in entries[2:]] == [e.event.id for e in events]
    (orders,) = own_stack.values("busy", "orders").values()
    assert orders == "20"
    own_stack.verify("busy")


def test_busy_for_a_connection_with_too_much_under_way(own_stack):
    """32 MiB a connection: the fifth request of 8 MiB is refused at once, other connections are not."""
    shop = Shop(own_stack.add_shop("flood"))
    greedy, other = own_stack.publisher(), own_stack.publisher()
    views = [shop.page_view(f"v{i}", NOW) for i in range(5)]
    ballast = raw.field(99, b"x" * (8_000_000))
    with Frozen(own_stack):
        for number, view in enumerate(views):
            body = raw.publish(view.SerializeToString()) + ballast
            greedy.send_raw(raw.request(body, request_id=number + 1))
        reply = greedy.receive()  # the only answer while nothing can be committed
        assert harness.code_name(reply.status.code) == "BUSY" and reply.status.retry_after_ms > 0
        assert reply.request_id == 5 and "under way" in reply.status.message
        asked = other.send(publish={"publications": [shop.page_view("other", NOW)]})
        harness.wait_until(lambda: counter(own_stack.asker("ingest"), "utarg_ingest_queued_requests") >= 1
                           or counter(own_stack.asker("ingest"), "utarg_ingest_inflight_bytes") > 32_000_000,
                           what="the other's request under way")
    assert other.wait(asked).publish.results[0].code == 0
    assert sorted(greedy.receive().request_id for _ in range(4)) == [1, 2, 3, 4]
    greedy.insist(views)
    assert len(own_stack.journal("flood")) == 7


def test_draining_finishes_what_is_under_way_and_refuses_what_is_new(own_stack):
    shop = Shop(own_stack.add_shop("drains"))
    publisher, other = own_stack.publisher(), own_stack.publisher()
    publisher.accept([shop.page_view("v", NOW)])
    pid = own_stack.pid("ingest")
    with Frozen(own_stack):
        asked = publisher.send(publish={"publications": [shop.page_view("under way", NOW)]})
        harness.wait_until(lambda: counter(other, "utarg_ingest_inflight_bytes") > 0, what="the request under way")
        other.ask(drain={})
        reply = other.try_publish([shop.page_view("new", NOW)])
        assert harness.code_name(reply.status.code) == "DRAINING" and reply.status.retry_after_ms > 0
    reply = publisher.wait(asked)
    assert reply.status.code == 0 and [r.code for r in reply.publish.results] == [0], reply
    # The supervisor starts it again; the refused one is sent again, as proto/README.md says.
    own_stack.wait_restarted("ingest", pid)
    publisher.insist([shop.page_view("new", NOW)])
    of = Pseudonyms(own_stack, "drains").visitor
    assert [e.subject.visitor_id for e in own_stack.journal("drains")[1:]] == [of("v"), of("under way"), of("new")]


def counter(client, name):
    return {c.name: c.value for c in client.ask(stats={}).stats.counters}[name]


def test_the_table_names_every_code():
    """A code added to the contract is produced here, or named above as one that is not."""
    tables = {row[1] for row in EVENTS} | {row[1] for row in FRAMES} | {row[2] for row in QUESTIONS}
    elsewhere = {"OK", "DUPLICATE", "CONFLICT", "REFUSED", "BUSY", "DRAINING"}
    not_produced = {"UNAUTHENTICATED", "STORAGE_LOW", "INTERNAL"}
    assert tables | elsewhere | not_produced == set(harness.proto().types.Code.keys())
