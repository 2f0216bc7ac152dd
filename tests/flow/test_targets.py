# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Targets: decided, followed by the figures, shown with them; forecasts against arithmetic of this file's own."""
import datetime
import fractions
import itertools
import uuid

import pytest

from harness import utarg as harness
from harness.events import DAY, HOUR, MINUTE, Shop, ms

SERVER, IMPORT = 2, 3
UTC = datetime.timezone.utc


@pytest.fixture
def place(stack, shop):
    return stack, Shop(shop)


def set_target(stack, shop, kpi, value, first, last, **more):
    target = {"kpi": kpi, "value": value, "first_day": first, "last_day": last, **more}
    command = {"command_id": uuid.uuid4().bytes, "shop": shop, "target": target}
    return stack.asker("campaign").ask(target_set=command).target


def standings(stack, shop, **how):
    stack.settle(shop)
    return list(stack.asker().ask(target_list={"shop": shop, "ended": True, **how}).target_list.targets)


def refusal(client, **body):
    reply = client.request(**body)
    return harness.code_name(reply.status.code), reply.status.message


# ---- setting -------------------------------------------------------------------------------------------------


def test_a_target_on_the_command_line(place, publisher):
    stack, shop = place
    t = ms("2026-03-10T10:00:00+01:00")
    publisher.accept([shop.purchase("a", t, "O-1", 10_000), shop.purchase("b", t + DAY, "O-2", 4_000)])
    said = stack.ok("target", "set", shop.slug, "net_revenue", "700", "--period", "2026-03")
    assert "net_revenue is to be 700.00 from 2026-03-01 to 2026-03-31" in said
    stack.settle(shop.slug)
    # Over: the value is what it is, 140 of 700, and so is the forecast.
    shown = stack.ok("target", "show", shop.slug, "net_revenue", "--ended")
    assert "Target:    700.00 PLN" in shown and "Value:     140.00 PLN" in shown
    assert "Progress:  0.200000" in shown and "Pace:      0.200000" in shown
    assert "Forecast:  140.00 PLN (140.00 to 140.00)" in shown
    assert "700.00" in stack.ok("target", "list", shop.slug, "--ended")
    assert "no such targets" in stack.ok("target", "list", shop.slug)  # that are not over
    none = stack.cli("target", "show", shop.slug, "net_revenue")
    assert none.returncode == 2 and "net_revenue" in none.stderr
    table = stack.ok("kpi", shop.slug, "net_revenue", "--from", "2026-03-10", "--to", "2026-03-10")
    assert "TARGET" in table and "700.00" in table and "0.200000" in table
    (figure,) = stack.json("kpi", shop.slug, "net_revenue", "--from", "2026-03-10", "--to", "2026-03-10")
    assert figure["value"] == "100.00" and figure["target"]["value"] == "140.00"
    assert "TARGET" not in stack.ok("kpi", shop.slug, "net_revenue", "--from", "2026-04-10", "--to", "2026-04-10")
    # A later decision counts, a shorter period is nearer, another dimension is another matter.
    stack.ok("target", "set", shop.slug, "net_revenue", "280", "--period", "2026-03")
    stack.ok("target", "set", shop.slug, "net_revenue", "50", "--period", "2026-W11")  # from the ninth
    stack.ok("target", "set", shop.slug, "net_revenue", "9", "--period", "2026-03", "--dimension", "campaign", "--key", "x")
    figures = stack.figures(shop.slug, "net_revenue", from_day="2026-03-01", to_day="2026-03-10")
    beside = {start: figure.target.target.value for (_, _, start), figure in figures.items()}
    assert beside["2026-03-01"] == "280.00" and beside["2026-03-10"] == "50.00"
    assert [(s.target.value, s.target.key, s.progress) for s in standings(stack, shop.slug)] == [
        ("280.00", "-", "0.500000"), ("50.00", "-", "2.800000"), ("9.00", "x", "0.000000")]
    month = stack.figures(shop.slug, "net_revenue", from_day="2026-03-01", to_day="2026-03-31", window=5)
    assert month["net_revenue", "-", "2026-03"].target.target.value == "280.00"
    # Each is one event of the journal, and the figures say the same when they are made again.
    decided = [e.event.target_set.value for e in stack.journal(shop.slug) if e.event.WhichOneof("body") == "target_set"]
    assert decided == ["700.00", "280.00", "50.00", "9.00"]
    stack.verify(shop.slug)


def test_what_is_refused(place):
    stack, shop = place
    client = stack.asker("campaign")
    good = {"kpi": "orders", "value": "10", "first_day": "2026-11-02", "last_day": "2026-11-08"}

    def refused(**wrong):
        command = {"command_id": uuid.uuid4().bytes, "shop": shop.slug, "target": good | wrong}
        return refusal(client, target_set=command)

    assert refused(kpi="happiness") == ("BAD_FIELD", 'target.kpi: there is no key figure "happiness"')
    assert refused(dimension="weather", key="rain")[0] == "BAD_FIELD"
    assert refused(key="winter")[0] == "BAD_FIELD"
    assert refused(value="10.5")[0] == "BAD_FIELD" and refused(value="0")[0] == "BAD_FIELD"
    assert refused(last_day="2026-11-01")[0] == "BAD_FIELD"
    assert refused(kpi="visitors", last_day="2026-11-09")[0] == "BAD_FIELD"
    assert refused(kpi="conversion_rate", value="0.0355555")[0] == "BAD_FIELD"
    assert stack.head(shop.slug) == 1, "nothing was appended"
    assert set_target(stack, shop.slug, "visitors", "10", "2026-11-02", "2026-11-08").target.key == "-"
    assert set_target(stack, shop.slug, "conversion_rate", "0.035", "2026-11-02", "2026-11-09").target.value == "0.035000"
    wrong = stack.cli("target", "set", shop.slug, "orders", "10", "--period", "next month")
    assert wrong.returncode == 2 and "--period" in wrong.stderr
    # The command's id is the event's: again is once, something else is a conflict.
    command = {"command_id": uuid.uuid4().bytes, "shop": shop.slug, "target": good}
    first = client.ask(target_set=command).target
    assert client.ask(target_set=command).target.seq == first.seq
    assert refusal(client, target_set=command | {"target": good | {"value": "11"}})[0] == "CONFLICT"


def test_no_more_than_200_that_are_not_over(place):
    stack, shop = place
    day = datetime.datetime.fromtimestamp(harness.now_ms() / 1000 + 5 * 86400, UTC).date()
    for i in range(200):
        set_target(stack, shop.slug, "orders", "10", str(day), str(day), dimension="campaign", key=f"k{i}")
    client = stack.asker("campaign")

    def answer(key, last):
        target = {"kpi": "orders", "value": "11", "dimension": "campaign", "key": key, "first_day": str(last),
                  "last_day": str(last)}
        command = {"command_id": uuid.uuid4().bytes, "shop": shop.slug, "target": target}
        return refusal(client, target_set=command)

    code, sentence = answer("one-more", day)
    assert code == "TOO_MANY" and "200 targets" in sentence
    assert answer("k7", day)[0] == "OK", "one of them is set anew"
    assert answer("one-more", day - datetime.timedelta(days=10))[0] == "OK", "one that is over"
    assert answer("one-more", day - datetime.timedelta(days=10))[0] == "OK"


def test_who_may(place):
    stack, shop = place
    other = stack.new_key("planner", "tool", "--shop", shop.slug, "--may", "decide:campaign", "--may", "kpi.read:orders")
    client = stack.client("campaign", other)
    target = {"kpi": "orders", "value": "10", "first_day": "2026-11-02", "last_day": "2026-11-08"}
    command = {"command_id": uuid.uuid4().bytes, "shop": shop.slug, "target": target}
    assert refusal(client, target_set=command)[0] == "FORBIDDEN"
    planner = stack.client("campaign", stack.new_key("director", "tool", "--shop", shop.slug, "--may", "decide:target"))
    planner.ask(target_set=command)
    set_target(stack, shop.slug, "gmv", "10.00", "2026-11-02", "2026-11-08")
    stack.settle(shop.slug)
    seen = stack.client("metrics", other).ask(target_list={"shop": shop.slug, "ended": True}).target_list.targets
    assert [s.target.kpi for s in seen] == ["orders"], "only what the key may read"


# ---- told, kept ------------------------------------------------------------------------------------------------


def test_told_with_the_figure(own_stack):
    stack = own_stack
    shop, publisher = Shop(stack.add_shop("aim")), stack.publisher()
    day = "2026-03-10"
    t = ms(f"{day}T10:00:00+01:00")
    publisher.accept([shop.purchase("a", t, "O-1", 10_000)])
    stack.settle(shop.slug)
    subscriber = stack.subscriber(f"kpi/{shop.slug}/orders/total/-/day/{day}/")
    _, update = subscriber.until(lambda *_: True, what="the figure without a target")
    assert not update.figure.HasField("target")
    set_target(stack, shop.slug, "orders", "4", day, day)
    _, update = subscriber.until(lambda _, u: u.figure.HasField("target"), what="the new target")
    assert (update.figure.value, update.figure.target.progress) == ("1", "0.250000")
    publisher.accept([shop.purchase("b", t + MINUTE, "O-2", 10_000)])
    _, update = subscriber.until(lambda _, u: u.figure.value == "2", what="the next order")
    assert update.figure.target.progress == "0.500000" and update.figure.target.target.value == "4"
    stack.kill("metrics")
    stack.wait_ready("metrics")
    (standing,) = standings(stack, shop.slug)
    assert (standing.value, standing.progress) == ("2", "0.500000")
    snapshot = stack.asker().ask(snapshot={"topic_prefix": f"kpi/{shop.slug}/orders/total/-/day/{day}/"}).snapshot
    assert [u.figure.target.progress for u in snapshot.updates] == ["0.500000"]
    stack.verify(shop.slug)


# ---- forecasts ---------------------------------------------------------------------------------------------------


def half_even(value):
    return round(fractions.Fraction(value))  # Python rounds fractions half to even


def hours(start, end):
    """(weekday, hour, minutes) of UTC between two instants."""
    while start < end:
        stop = min(end, start - start % HOUR + HOUR)
        moment = datetime.datetime.fromtimestamp(start / 1000, UTC)
        yield moment.weekday(), moment.hour, (stop - start) // MINUTE
        start = stop


class Past:
    """core/forecast.h, told once more."""

    def __init__(self, as_of, first):
        self.today = as_of - as_of % DAY
        self.weeks = sum(self.today - 7 * DAY * (w + 1) >= first for w in range(8))

    def total(self, events, week, spans):
        by_slot = {}
        for t, amount in events:
            if self.today - 7 * DAY * (week + 1) <= t < self.today - 7 * DAY * week:
                moment = datetime.datetime.fromtimestamp(t / 1000, UTC)
                slot = moment.weekday(), moment.hour
                by_slot[slot] = by_slot.get(slot, 0) + amount
        return sum(fractions.Fraction(by_slot.get((d, h), 0) * minutes, 60) for d, h, minutes in spans)

    def totals(self, events, spans):
        spans = list(spans)
        return [self.total(events, week, spans) for week in range(self.weeks)]

    def half(self, errors):
        errors = sorted(errors)
        rank = fractions.Fraction(8 * (len(errors) + 1), 10)
        below = int(rank)
        step = errors[below] - errors[below - 1] if rank > below else 0
        return -(-(errors[below - 1] + (rank - below) * step) // 1)  # rounded up


def test_a_forecast_of_orders_and_of_a_ratio(stack, new_shop, publisher):
    shop = Shop(new_shop(zone="UTC"))
    today = harness.now_ms() // DAY * DAY
    orders, visits, numbers = [], [], itertools.count()
    publications = []
    for day, hour in itertools.product(range(1, 57), (9, 15)):  # and one order long ago
        t = today - day * DAY + hour * HOUR
        for i in range(1 + (day * 7 + hour) % 5):
            buys = i < (day + hour) % 3
            visitor = f"v{next(numbers)}"
            at = t + i * MINUTE
            publications.append(shop.page_view(visitor, at))
            visits.append((at, 1))
            if buys:
                publications.append(shop.purchase(visitor, at + 1000, f"O-{next(numbers)}"))
                orders.append((at, 1))
    long_ago = today - 70 * DAY
    publications += [shop.page_view("first", long_ago), shop.purchase("first", long_ago + 1000, "O-first")]
    publisher.accept(publications)
    first = datetime.datetime.fromtimestamp((today - 3 * DAY) / 1000, UTC).date()
    last = first + datetime.timedelta(days=13)
    start, end = today - 3 * DAY, today + 11 * DAY
    set_target(stack, shop.slug, "orders", "50", str(first), str(last))
    set_target(stack, shop.slug, "conversion_rate", "0.5", str(first), str(last))
    day = datetime.datetime.fromtimestamp((today - DAY) / 1000, UTC).date()

    def agrees():
        figures = stack.figures(shop.slug, "orders", "conversion_rate", from_day=str(day), to_day=str(day))
        by_kpi = {kpi: figure for (kpi, _, _), figure in figures.items()}
        as_of = by_kpi["orders"].as_of_ms
        past = Past(as_of, long_ago)
        assert past.weeks == 8
        now = sum(n for t, n in orders if t >= start)
        totals = past.totals(orders, hours(as_of, end))
        mean = sum(totals) / 8
        errors = [abs(t - (sum(totals) - t) / 7) for t in totals]
        value, half = now + half_even(mean), past.half(errors)
        standing = by_kpi["orders"].target
        assert (standing.value, standing.note) == (str(now), "")
        assert [int(x) for x in (standing.forecast, standing.forecast_low, standing.forecast_high)] == [
            value, max(value - half, now), value + half]
        due = sum(past.totals(orders, hours(start, as_of)))
        pace = fractions.Fraction(now) / (50 * due / (due + sum(totals)))
        assert standing.progress == f"{now / 50:.6f}" and abs(float(standing.pace) - float(pace)) < 2e-6
        # The ratio: both sides are forecast, then divided.
        seen = sum(n for t, n in visits if t >= start)
        below = past.totals(visits, hours(as_of, end))
        ratio = (now + mean) / (seen + sum(below) / 8)
        standing = by_kpi["conversion_rate"].target
        assert float(standing.forecast) == pytest.approx(float(ratio), abs=1e-6)
        errors = [abs(half_even((now + t) / (seen + b) * 10**6)
                      - half_even((7 * now + sum(totals) - t) / (7 * seen + sum(below) - b) * 10**6))
                  for t, b in zip(totals, below)]
        half = past.half(errors)
        center = half_even(ratio * 10**6)
        assert [round(float(x) * 10**6) for x in (standing.forecast_low, standing.forecast_high)] == [
            max(center - half, 0), min(center + half, 10**6)]
        assert standing.pace == standing.progress

    agrees()
    agrees()  # from what is kept in memory
    # Late facts of a week that was read already.
    t = today - 8 * DAY + 9 * HOUR + 30 * MINUTE
    publisher.accept([shop.page_view("late", t), shop.purchase("late", t + 1000, "O-late"), shop.page_view("later", t)])
    visits.extend([(t, 1), (t, 1)])
    orders.append((t + 1000, 1))
    agrees()
    stack.verify(shop.slug)


def test_the_pasts_of_many_targets_come_one_call_after_another(stack, new_shop):
    shop = Shop(new_shop(zone="UTC"))
    today = datetime.datetime.fromtimestamp(harness.now_ms() / 1000, UTC).date()
    later = today + datetime.timedelta(days=9)
    for i in range(40):
        set_target(stack, shop.slug, "orders", "8", str(today), str(later), dimension="campaign", key=f"k{i}")
    notes = [s.note for s in standings(stack, shop.slug)]
    assert len(notes) == 40 and notes.count("the forecast follows") == 8, "32 were read"
    notes = [s.note for s in standings(stack, shop.slug)]
    assert all(note.startswith("a forecast needs") for note in notes)


def test_no_forecast_without_a_past(stack, new_shop, publisher):
    shop = Shop(new_shop(zone="UTC"))
    now = harness.now_ms()
    publisher.accept([shop.purchase("a", now - 20 * DAY, "O-1"), shop.purchase("b", now, "O-2")])
    today = datetime.datetime.fromtimestamp(now / 1000, UTC).date()
    later = today + datetime.timedelta(days=9)
    set_target(stack, shop.slug, "orders", "8", str(today), str(later))
    set_target(stack, shop.slug, "spend", "8", str(today), str(later))
    set_target(stack, shop.slug, "visitors", "8", str(later), str(later))
    by_kpi = {s.target.kpi: s for s in standings(stack, shop.slug)}
    orders = by_kpi["orders"]
    assert (orders.value, orders.progress, orders.pace, orders.forecast) == ("1", "0.125000", "", "")
    assert orders.note == "a forecast needs 4 whole weeks of the past; of the last 8, 2 have data"
    assert "by the day only" in by_kpi["spend"].note and "do not add up" in by_kpi["visitors"].note
    assert "- (a forecast needs 4 whole weeks" in stack.ok("target", "show", shop.slug, "orders")
