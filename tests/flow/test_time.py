# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time in running processes (PROMISES.md P18): zones, what a publisher's wrong clock does, what lies ahead, a machine whose
clock jumps, and a shop that moves to another zone. Windows as such are in tests/unit/base/test_zone.c and
tests/unit/metrics/test_time.c, DST from socket to answer in test_vectors.py (vector 9), late events in vector 7.
"""
import datetime
import uuid
import zoneinfo

import pytest

from faults import journal
from harness import more, utarg as harness
from harness.events import DAY, HOUR, MINUTE, Shop, ms

CLIENT, SERVER, IMPORT = 1, 2, 3


@pytest.fixture
def shop(new_shop):
    return Shop(new_shop())


# ---- zones ------------------------------------------------------------------------------------------------------

ZONES = [
    # zone, first and last moment of a local day, the day; the first of the month and the Monday it lies in
    ("UTC", "2026-02-28T00:00:00Z", "2026-02-28T23:59:59.999Z", "2026-02-28", "2026-02", "2026-02-23"),
    ("Europe/Warsaw", "2024-02-28T23:00:00Z", "2024-02-29T22:59:59.999Z", "2024-02-29", "2024-02", "2024-02-26"),
    ("Asia/Kolkata", "2025-12-31T18:30:00Z", "2026-01-01T18:29:59.999Z", "2026-01-01", "2026-01", "2025-12-29"),
    ("America/St_Johns", "2026-03-08T03:30:00Z", "2026-03-09T02:29:59.999Z", "2026-03-08", "2026-03", "2026-03-02"),
    ("Australia/Lord_Howe", "2026-04-04T13:00:00Z", "2026-04-05T13:29:59.999Z", "2026-04-05", "2026-04", "2026-03-30"),
    ("Africa/Casablanca", "2026-02-14T23:00:00Z", "2026-02-15T23:59:59.999Z", "2026-02-15", "2026-02", "2026-02-09"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31T09:59:59.999Z", "2011-12-31", "2011-12", "2011-12-26"),
]


@pytest.mark.parametrize("zone,first,last,day,month,week", ZONES, ids=[row[0] for row in ZONES])
def test_a_local_day_of_a_zone(stack, publisher, new_shop, zone, first, last, day, month, week):
    """An order at its first and at its last millisecond, one on either side: these belong to its neighbours."""
    shop = Shop(new_shop("EUR", zone), "EUR")
    moments = [ms(first) - 1, ms(first), ms(last), ms(last) + 1]
    publisher.accept([shop.purchase(f"v{i}", t, f"O-{i}", 1000 * 10**i) for i, t in enumerate(moments)], SERVER)
    days = stack.figures(shop.slug, "orders")
    assert days["orders", "-", day].value == "2" and sum(int(figure.value) for figure in days.values()) == 4
    assert (days["orders", "-", day].start_ms, days["orders", "-", day].end_ms) == (ms(first), ms(last) + 1)
    assert stack.day(shop.slug, day, "gmv") == {"gmv": "1100.00"}
    weeks = stack.figures(shop.slug, "orders", window=4)
    assert int(weeks["orders", "-", week].value) >= 2
    assert int(stack.figures(shop.slug, "orders", window=5)["orders", "-", month].value) >= 2
    hours = stack.figures(shop.slug, "orders", window=2)
    assert sum(int(figure.value) for figure in hours.values()) == 4
    stack.verify(shop.slug)


def test_a_day_that_was_left_out(stack, publisher, new_shop):
    """On Samoa the 29th was followed by the 31st."""
    shop = Shop(new_shop("USD", "Pacific/Apia"), "USD")
    t = ms("2011-12-30T10:00:00Z")
    publisher.accept([shop.purchase(f"v{i}", t + i * HOUR, f"O-{i}") for i in range(-3, 3)], SERVER)
    found = stack.values(shop.slug, "orders", from_day="2011-12-29", to_day="2011-12-31")
    assert found == {("orders", "-", "2011-12-29"): "3", ("orders", "-", "2011-12-31"): "3"}
    stack.verify(shop.slug)


# ---- clocks of publishers ---------------------------------------------------------------------------------------

CLOCKS = [
    # origin, how far the publisher's clock is ahead, how far the event lies ahead of that clock; verdict, and how much of
    # the publisher's clock is taken back. Some seconds from five minutes: a busy machine reads its clock late.
    ("client, right", CLIENT, 0, 0, "OK", False),
    ("client, four minutes ahead", CLIENT, 4 * MINUTE, 0, "OK", False),
    ("client, six minutes ahead", CLIENT, 6 * MINUTE, 0, "OK", True),
    ("client, six minutes behind", CLIENT, -6 * MINUTE, 0, "OK", True),
    ("client, a year behind", CLIENT, -365 * DAY, 0, "OK", True),
    ("client, a day ahead and still ahead of that", CLIENT, DAY, 7 * MINUTE, "FUTURE_TIME", True),
    ("client, a day ahead, an old event", CLIENT, DAY, -3 * DAY, "OK", True),
    ("server, four minutes ahead", SERVER, 4 * MINUTE, 0, "OK", False),
    ("server, an hour ahead", SERVER, HOUR, 0, "FUTURE_TIME", False),
    ("server, a day behind", SERVER, -DAY, 0, "OK", False),
    ("import, last year", IMPORT, 0, -365 * DAY, "OK", False),
    ("import, tomorrow", IMPORT, 0, DAY, "FUTURE_TIME", False),
]


@pytest.mark.parametrize("name,origin,off,ahead,verdict,corrected", CLOCKS, ids=[row[0] for row in CLOCKS])
def test_a_publishers_clock(stack, publisher, shop, name, origin, off, ahead, verdict, corrected):
    now = harness.now_ms()
    event = shop.page_view("v", now + off + ahead)
    (result,) = publisher.publish([event], origin, sent_at_ms=now + off)
    assert harness.code_name(result.code) == verdict, result.message
    if verdict != "OK":
        assert result.field == "occurred_at_ms"
        return
    (entry,) = stack.journal(shop.slug)[1:]
    if corrected:  # by received - sent, to the millisecond
        assert entry.event_time_ms == now + off + ahead + (entry.received_at_ms - (now + off))
    else:
        assert entry.event_time_ms == now + off + ahead
    # A second copy changes nothing, although it takes longer on its way.
    (again,) = publisher.publish([event], origin, sent_at_ms=now + off)
    assert (harness.code_name(again.code), again.seq) == ("DUPLICATE", result.seq)
    (figure,) = (f for f in stack.figures(shop.slug, "page_views").values() if f.value == "1")
    assert figure.start_ms <= entry.event_time_ms < figure.end_ms
    stack.verify(shop.slug)


# ---- a machine whose clock jumps --------------------------------------------------------------------------------


class Clock:
    """Shifts the wall clock of one service (tests/faults/README.md)."""

    def __init__(self, folder):
        self.path = folder / "faults"
        self.path.write_text("")
        self.environment = {"UTARG_FAULTS_FILE": str(self.path)}

    def shift(self, service, by_ms):
        aside = self.path.with_suffix(".new")
        aside.write_text(f"CLOCK shift={by_ms} process={service}\n")
        aside.chmod(0o644)
        aside.replace(self.path)


@pytest.fixture
def clock(tmp_path):
    if not (harness.BIN / "fault-list").exists():
        pytest.skip("these programs have a right clock only")
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o011)  # the services may be another user's
    return Clock(tmp_path)


@pytest.fixture
def clock_stack(clock):
    with harness.Stack(environment=clock.environment) as running:
        running.add_shop("jumps")
        yield running


def as_of_ms(stack, slug):
    asked = {"shop": slug, "kpis": ["orders"], "from_day": "2020-01-01", "to_day": "2020-01-01"}
    return stack.asker("metrics").ask(kpi=asked).kpi.figures[0].as_of_ms


def test_metrics_with_a_clock_that_jumps(clock_stack, clock):
    """A goes forward with the clock and never back; events are folded all the while; verify agrees at every step."""
    stack, shop, publisher = clock_stack, Shop("jumps"), clock_stack.publisher()
    now = harness.now_ms()
    day = stack_day(now - 10 * MINUTE)
    heard = stack.subscriber("kpi/jumps/cart_abandonment_rate/total/-/day/")
    publisher.accept([shop.add_to_cart("v", now - 10 * MINUTE, "C-1")])
    assert stack.day("jumps", day, "carts", "cart_abandonment_rate") == {"carts": "1", "cart_abandonment_rate": ""}
    heard.until(lambda name, u: name.endswith(f"/{day}/"), what="the day")

    clock.shift("metrics", DAY + HOUR)  # forward: the cart has lain there for a day
    harness.wait_until(lambda: as_of_ms(stack, "jumps") >= now + DAY, what="metrics a day ahead")
    _, update = heard.until(lambda name, u: name.endswith(f"/{day}/") and u.figure.value == "1.000000", what="abandoned")
    assert harness.proto().metrics.Reason.Name(update.reason) == "REASON_CLOCK"
    publisher.accept([shop.purchase("w", now, "O-1", 1_000)])
    assert stack.day("jumps", stack_day(now), "orders") == {"orders": "1"}
    stack.verify("jumps")

    ahead = as_of_ms(stack, "jumps")
    clock.shift("metrics", -2 * DAY)  # back, and far behind: what was known stays known
    publisher.accept([shop.purchase("x", now + 1, "O-2", 1_000), shop.add_to_cart("y", now - 5 * MINUTE, "C-2")])
    assert stack.day("jumps", stack_day(now + 1), "orders") == {"orders": "2"}
    assert as_of_ms(stack, "jumps") >= ahead
    assert stack.day("jumps", day, "cart_abandonment_rate")["cart_abandonment_rate"] == "1.000000"
    stack.verify("jumps")

    pid = stack.kill("metrics")  # and it starts with that clock
    stack.wait_restarted("metrics", pid)
    publisher.accept([shop.purchase("z", now + 2, "O-3", 1_000)])
    assert stack.day("jumps", stack_day(now + 2), "orders") == {"orders": "3"}
    assert as_of_ms(stack, "jumps") >= ahead
    stack.verify("jumps")

    clock.shift("metrics", 0)  # right again: nothing is counted back, whatever comes counts
    bought = shop.purchase("v", now - 8 * MINUTE, "O-4", 1_000, cart_id="C-1")
    publisher.accept([shop.begin_checkout("v", now - 9 * MINUTE, "C-1"), bought])
    # C-1 is ordered; C-2 lies there for a day by the A that was reached, on the same day or on the next.
    assert stack.day("jumps", day, "cart_abandonment_rate")["cart_abandonment_rate"] in ("0.000000", "0.500000")
    stack.verify("jumps")


def stack_day(t):
    """The local day of a moment in Europe/Warsaw."""
    return str(datetime.datetime.fromtimestamp(t / 1000, zoneinfo.ZoneInfo("Europe/Warsaw")).date())


def test_ingest_with_a_clock_that_jumps(clock_stack, clock):
    """Its clock judges while it is wrong; the journal stays one, without a gap, and every id keeps its time."""
    stack, shop, publisher = clock_stack, Shop("jumps"), clock_stack.publisher()

    def received(off):
        """Publishes until the service's clock is that wrong; the last entry."""
        def there():
            publisher.accept([shop.page_view("probe", harness.now_ms() - HOUR)], SERVER)
            entry = stack.journal("jumps")[-1]
            return abs(entry.received_at_ms - harness.now_ms() - off) < 10 * MINUTE and entry

        return harness.wait_until(there, what=f"a clock {off} ms off")

    clock.shift("ingest", -HOUR)
    received(-HOUR)
    now = harness.now_ms()
    said, told = shop.purchase("v", now, "O-1"), shop.page_view("w", now)
    (ahead,) = publisher.publish([said], SERVER)
    assert harness.code_name(ahead.code) == "FUTURE_TIME"  # as far as it knows; to be sent again
    (taken,) = publisher.publish([told], CLIENT, sent_at_ms=now)
    entry = stack.journal("jumps")[-1]
    assert harness.code_name(taken.code) == "OK" and entry.event_time_ms == entry.received_at_ms  # corrected by its own

    clock.shift("ingest", HOUR)
    received(HOUR)
    (late,) = publisher.publish([said], SERVER)
    (again,) = publisher.publish([told], CLIENT)
    assert harness.code_name(late.code) == "OK"
    assert (harness.code_name(again.code), again.seq) == ("DUPLICATE", taken.seq)

    clock.shift("ingest", 0)
    received(0)
    entries = stack.journal("jumps")
    assert [e.seq for e in entries] == list(range(1, len(entries) + 1))
    times = {e.seq: e.event_time_ms for e in entries}
    assert times[late.seq] == now and times[taken.seq] == entry.event_time_ms
    steps = [b.received_at_ms - a.received_at_ms for a, b in zip(entries, entries[1:])]
    assert min(steps) < -50 * MINUTE and max(steps) > 50 * MINUTE  # the clock did jump, both ways
    assert stack.day("jumps", stack_day(now), "orders") == {"orders": "1"}
    stack.verify("jumps")


# ---- a shop that changes what it said of itself -----------------------------------------------------------------


def restate(stack, slug, **settings):
    """Appends a shop_settings_changed to the shop's journal, as campaign does: nothing else may. Its seq."""
    book = journal.read(stack.data, slug)[slug]
    now, id = harness.now_ms(), uuid.uuid4()
    body = {"version": 2, "name": slug, "currency": "PLN", "zone": "Europe/Warsaw", "valid_from_ms": now} | settings
    event = harness.proto().event.Event(id=id.bytes, source="test/flow", occurred_at_ms=now, shop=slug, shop_settings_changed=body)
    seq = book.head.seq + 1
    row = journal.Row(seq, id.hex, 110, now, now, "operator", SERVER, b"", b"", b"", event.SerializeToString())
    digest, subjects = journal.batch_digest([row]), journal.subject_digest([row])
    chain = journal.link(book.head.chain, seq, seq, digest)
    shop = f"(SELECT shop_id FROM office.shop WHERE slug = '{slug}')"
    moved = more.sql(stack, f"""BEGIN;
UPDATE journal.head SET seq = {seq}, chain = '\\x{chain.hex()}' WHERE shop_id = {shop} AND seq = {seq - 1} RETURNING seq;
INSERT INTO journal.event (shop_id, seq, event_id, kind, event_time, received_at, principal, origin, payload)
 VALUES ({shop}, {seq}, '{id}', 110, to_timestamp({now} / 1000.0), to_timestamp({now} / 1000.0), 'operator', {SERVER}, '\\x{row.payload.hex()}');
INSERT INTO journal.batch (shop_id, first_seq, last_seq, digest, subject_digest, chain)
 VALUES ({shop}, {seq}, {seq}, '\\x{digest.hex()}', '\\x{subjects.hex()}', '\\x{chain.hex()}');
COMMIT;""")
    assert moved == str(seq)
    return seq


def wait_folded(stack, slug, seq):
    """Metrics is at that event; while figures are made again it says so and is asked again."""
    asked = {"shop": slug, "kpis": ["orders"], "from_day": "2020-01-01", "to_day": "2020-01-01"}
    harness.wait_until(lambda: stack.asker("metrics").ask(kpi=asked).kpi.figures[0].as_of_seq >= seq, what=f"event {seq} folded")


def reason(update):
    return harness.proto().metrics.Reason.Name(update.reason).removeprefix("REASON_")


def test_a_shop_moves_to_another_zone(stack, publisher, shop):
    """All windows are made again, whoever listened hears the corrected days with the reason, and verify agrees."""
    heard = stack.subscriber(f"kpi/{shop.slug}/orders/total/-/day/", f"kpi/{shop.slug}/orders/total/-/month/")
    moments = ["2026-03-10T12:00:00Z", "2026-03-10T23:30:00Z", "2026-03-11T12:00:00Z", "2026-03-20T02:00:00Z",
               "2026-03-31T23:00:00Z"]
    publisher.accept([shop.purchase(f"v{i}", t, f"O-{i}") for i, t in enumerate(moments)], SERVER)
    warsaw = {"2026-03-10": 1, "2026-03-11": 2, "2026-03-20": 1, "2026-04-01": 1}
    new_york = {"2026-03-10": 2, "2026-03-11": 1, "2026-03-19": 1, "2026-03-20": 0, "2026-03-31": 1, "2026-04-01": 0}
    last = {}

    def until(wanted, why):
        """Hears updates until the last of each day and month is the one wanted; all that was heard goes to `last`."""
        def there(name, update):
            if name.startswith(f"kpi/{shop.slug}/"):
                last[name.split("/")[-2]] = update
            return all(place in last and last[place].figure.value == str(value) for place, value in wanted.items())

        heard.until(there, what=why)

    until(warsaw | {"2026-03": 4, "2026-04": 1}, "the days in Warsaw")
    assert last["2026-03-10"].figure.start == "2026-03-10T00:00:00+01:00"
    versions = {place: update.version for place, update in last.items()}

    restate(stack, shop.slug, zone="America/New_York")
    until(new_york | {"2026-03": 5, "2026-04": 0}, "the days in New York")
    for place in new_york.keys() | {"2026-03", "2026-04"}:
        assert reason(last[place]) == "SETTING", place
        assert last[place].version > versions.get(place, 0)
    assert last["2026-03-10"].previous_value == "1"
    assert (last["2026-03-10"].figure.start_ms, last["2026-03-10"].figure.end_ms) == (
        ms("2026-03-10T00:00:00-04:00"), ms("2026-03-11T00:00:00-04:00"))

    found = stack.figures(shop.slug, "orders", from_day="2026-03-09", to_day="2026-04-02")
    days = {place[2]: figure for place, figure in found.items()}
    assert {day: int(f.value) for day, f in days.items() if f.value != "0"} == {d: n for d, n in new_york.items() if n}
    assert all(figure.start.endswith(("-04:00", "-05:00")) for figure in days.values())
    hours = stack.values(shop.slug, "orders", window=2, from_day="2026-03-10", to_day="2026-03-10")
    assert {place[2]: value for place, value in hours.items() if value != "0"} == {
        "2026-03-10T08:00:00-04:00": "1", "2026-03-10T19:00:00-04:00": "1"}
    stack.verify(shop.slug)

    # And home again, the same day: as if it had never left.
    seq = restate(stack, shop.slug, zone="Europe/Warsaw")
    wait_folded(stack, shop.slug, seq)
    until(warsaw | {"2026-03-19": 0, "2026-03-31": 0, "2026-03": 4, "2026-04": 1}, "the days in Warsaw again")
    assert {reason(last[day]) for day in warsaw} == {"SETTING"}
    stack.verify(shop.slug)


def test_a_shop_with_another_session_gap(stack, publisher, shop):
    t = ms("2026-03-10T10:00:00Z")
    heard = stack.subscriber(f"kpi/{shop.slug}/sessions/total/-/day/")
    publisher.accept([shop.page_view("v", t), shop.page_view("v", t + 20 * MINUTE)])
    name = f"kpi/{shop.slug}/sessions/total/-/day/2026-03-10/"
    heard.until(lambda topic, u: topic == name and u.figure.value == "1", what="one session")
    restate(stack, shop.slug, session_gap_minutes=10)
    _, update = heard.until(lambda topic, u: topic == name and u.figure.value == "2", what="two sessions")
    assert (reason(update), update.previous_value) == ("SETTING", "1")
    # What comes afterwards has its own reason again.
    publisher.accept([shop.page_view("w", t)])
    _, update = heard.until(lambda topic, u: topic == name and u.figure.value == "3", what="three sessions")
    assert reason(update) == "LATE"
    stack.verify(shop.slug)
