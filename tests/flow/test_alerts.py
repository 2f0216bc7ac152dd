# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alerts: thresholds that are set, built-in rules against the last four weeks; raised once, told, acknowledged,
ended. A restart of metrics makes it look again at once, where a running one waits for the next minute."""
import pytest

from harness import more
from harness import utarg as harness
from harness.events import DAY, HOUR, MINUTE, Shop

SERVER, IMPORT = 2, 3


def look_again(stack, shop):
    """metrics has looked at all rules with all that the journal has."""
    stack.settle(shop)
    pid = stack.pid("metrics")
    stack.kill("metrics")
    stack.wait_restarted("metrics", pid)
    stack.wait_ready("metrics")
    stack.settle(shop)
    shops = len(stack.json("shop", "list"))
    harness.wait_until(lambda: stack.counter("metrics", "utarg_metrics_alert_looks_total") >= shops, what="a look at all")


def alerts(stack, shop, ended=False):
    return list(stack.asker().ask(alert_list={"shop": shop, "ended": ended}).alerts.alerts)


def is_raised(stack, shop, rule):
    return harness.wait_until(lambda: [a for a in alerts(stack, shop) if a.rule == rule], what=f"the alert {rule}")[0]


def refusal(client, **body):
    return harness.code_name(client.request(**body).status.code)


def test_a_threshold_from_its_rule_to_its_end(own_stack):
    stack = own_stack
    shop, publisher = Shop(stack.add_shop("kettle", zone="UTC")), stack.publisher()
    yesterday = (harness.now_ms() - 10 * MINUTE) // DAY * DAY - 12 * HOUR  # a day is judged 5 minutes after its end
    publisher.accept([shop.purchase(f"v{i}", yesterday + i * MINUTE, f"O-{i}") for i in range(3)])
    stack.settle(shop.slug)
    subscriber = stack.subscriber(f"alert/{shop.slug}/")
    rules = stack.ok("alert", "add", shop.slug, "orders", "below", "4")
    assert "orders-below-4-day" in rules and "below 4 in a day" in rules
    assert "conversion_rate" in rules and "at most once in 100 days" in rules
    topic, update = subscriber.until(lambda *_: True, what="the alert")
    assert topic == f"alert/{shop.slug}/orders-below-4-day/"
    alert = update.alert
    assert (alert.shop, alert.rule, alert.kpi, alert.key) == (shop.slug, "orders-below-4-day", "orders", "-")
    assert "is 3, below 4" in alert.text and alert.ended_at_ms == 0 and alert.version == 1
    table = stack.ok("alert", "list", shop.slug)
    assert "open" in table and "is 3, below 4" in table
    # What is not so raises nothing; a figure of the running day is only judged when it is too much.
    stack.ok("alert", "add", shop.slug, "orders", "below", "3", "--name", "fine")
    stack.ok("alert", "add", shop.slug, "orders", "above", "0", "--name", "any-today")
    look_again(stack, shop.slug)
    (again,) = alerts(stack, shop.slug)
    assert (again.alert_id, again.raised_at_ms) == (alert.alert_id, alert.raised_at_ms), "raised once"
    publisher.accept([shop.purchase("late", harness.now_ms(), "O-today")])
    look_again(stack, shop.slug)
    today = is_raised(stack, shop.slug, "any-today")
    assert "is 1, above 0" in today.text
    # Acknowledged once, by the first.
    stack.ok("alert", "ack", shop.slug, str(alert.alert_id))
    _, seen = subscriber.until(lambda _, u: u.alert.acknowledged_by, what="the acknowledgement")
    assert (seen.alert.acknowledged_by, seen.alert.version) == ("operator", 2)
    when = seen.alert.acknowledged_at_ms
    assert stack.json("alert", "ack", shop.slug, str(alert.alert_id))[0]["version"] in (2, "2")
    assert [a.acknowledged_at_ms for a in alerts(stack, shop.slug) if a.rule == alert.rule] == [when]
    assert stack.cli("alert", "ack", shop.slug, "999999").returncode == 2
    assert "seen by operator" in stack.ok("alert", "list", shop.slug)
    # Who comes later hears what is open.
    late = stack.subscriber(f"alert/{shop.slug}/orders-below-4-day/")
    _, heard = late.until(lambda *_: True, what="the open alert")
    assert heard.alert.version == 2
    # The orders come after all: the alert stays until the condition has been gone for an hour.
    publisher.accept([shop.purchase("x", yesterday + HOUR, "O-x")])
    look_again(stack, shop.slug)
    assert is_raised(stack, shop.slug, alert.rule).alert_id == alert.alert_id, "no flapping"
    more.sql(stack, f"UPDATE metrics.alert SET seen_at = seen_at - interval '61 minutes' WHERE rule IN ('{alert.rule}', 'any-today')")
    look_again(stack, shop.slug)
    harness.wait_until(lambda: [a.rule for a in alerts(stack, shop.slug)] == ["any-today"], what="its end")
    assert is_raised(stack, shop.slug, "any-today").seen_at_ms >= today.raised_at_ms, "its condition holds still"
    over = [a for a in alerts(stack, shop.slug, ended=True) if a.alert_id == alert.alert_id]
    assert over[0].ended_at_ms > 0 and over[0].version == 3
    assert "over" in stack.ok("alert", "list", shop.slug, "--ended")
    # A rule that is taken away takes its alert with it.
    assert "any-today" not in stack.ok("alert", "remove", shop.slug, "any-today")
    assert alerts(stack, shop.slug) == []
    assert stack.cli("alert", "remove", shop.slug, "any-today").returncode == 2
    assert stack.cli("alert", "remove", shop.slug, "silence").returncode == 5
    stack.verify(shop.slug)


@pytest.fixture
def place(stack, shop):
    stack.settle(shop)
    return stack, Shop(shop)


def test_what_is_refused(place):
    stack, shop = place
    client = stack.asker()

    def refused(**rule):
        good = {"kpi": "orders", "direction": 1, "value": "4", "window": 3}
        return refusal(client, alert_add={"shop": shop.slug, "rule": good | rule})

    assert refused(kpi="happiness") == refused(dimension="weather") == refused(value="4.5") == "BAD_FIELD"
    assert refused(direction=0) == refused(key="x") == refused(rule="Any Name") == "BAD_FIELD"
    assert refused(kpi="spend", window=1) == "BAD_FIELD"
    assert refused(rule="orders") == "CONFLICT"
    assert refused(rule="gmv") == "BAD_FIELD", "who may read gmv would hear of orders"
    assert refusal(client, alert_ack={"shop": shop.slug}) == "BAD_FIELD"
    wrong = stack.cli("alert", "add", shop.slug, "orders", "under", "4")
    assert wrong.returncode == 2 and "below or above" in wrong.stderr


def test_an_alert_ends_with_what_raised_it(place, publisher):
    stack, shop = place
    yesterday = (harness.now_ms() - 10 * MINUTE) // DAY * DAY - 12 * HOUR
    publisher.accept([shop.purchase(f"v{i}", yesterday + i * MINUTE, f"O-{i}") for i in range(3)])
    stack.settle(shop.slug)

    def say(value):
        stack.ok("alert", "add", shop.slug, "orders", "below", value, "--name", "few")

    say("4")
    first = is_raised(stack, shop.slug, "few")
    say("4")
    assert [a.alert_id for a in alerts(stack, shop.slug)] == [first.alert_id], "the same rule once more"
    say("3")
    assert alerts(stack, shop.slug) == [], "what it says now is not so"
    (over,) = alerts(stack, shop.slug, ended=True)
    assert (over.alert_id, over.version) == (first.alert_id, 2) and over.ended_at_ms > 0
    say("5")
    again = is_raised(stack, shop.slug, "few")
    assert again.alert_id != first.alert_id and "below 5" in again.text
    more.sql(stack, "DELETE FROM metrics.alert_rule WHERE rule = 'few'")
    stack.ok("alert", "add", shop.slug, "orders", "below", "1", "--name", "none")  # the shop is looked at
    harness.wait_until(lambda: alerts(stack, shop.slug) == [], what="the end of an alert without a rule")


def test_what_a_rule_is_about_is_named(place):
    stack, shop = place
    rules = stack.ok("alert", "add", shop.slug, "orders", "below", "5", "--dimension", "campaign", "--key", "spring")
    assert "orders by campaign spring" in rules and "orders by total" not in rules
    alert = is_raised(stack, shop.slug, "orders-below-5-day-spring")
    assert alert.text.startswith("orders by campaign spring of the day from ") and alert.text.endswith(" is 0, below 5")
    assert "orders by campaign spring" in stack.ok("alert", "list", shop.slug)


def test_all_open_alerts_are_told(place):
    stack, shop = place
    many, last = 1200, {}
    subscriber = stack.subscriber(f"alert/{shop.slug}/")
    more.sql(stack, f"""
        INSERT INTO metrics.alert_rule SELECT shop_id, 'r-' || i, 'orders', 1, '-', 1, '0', 3
        FROM office.shop, generate_series(1, {many}) i WHERE slug = '{shop.slug}';
        INSERT INTO metrics.alert (shop_id, rule, kpi, dimension, key, text, raised_at, seen_at)
        SELECT shop_id, 'r-' || i, 'orders', 1, '-', 'by hand', now(), now()
        FROM office.shop, generate_series(1, {many}) i WHERE slug = '{shop.slug}'""")
    late = stack.subscriber(f"alert/{shop.slug}/r-1/")  # who comes makes them be told
    late.until(lambda *_: True, what="one of them")

    def is_last(topic, update):
        last[topic] = update.alert.rule
        return len(last) == many

    subscriber.until(is_last, what="all of them")


def test_who_may(place):
    stack, shop = place
    reader = stack.new_key("reader", "tool", "--shop", shop.slug, "--may", "kpi.read:orders")
    client = stack.client("metrics", reader)
    rule = {"shop": shop.slug, "rule": {"kpi": "orders", "direction": 1, "value": "4"}}
    assert refusal(client, alert_add=rule) == refusal(client, alert_ack={"shop": shop.slug, "alert_id": 1}) == "FORBIDDEN"
    assert refusal(client, alert_remove={"shop": shop.slug, "rule": "x"}) == "FORBIDDEN"
    seen = client.ask(alert_rule_list={"shop": shop.slug}).alert_rules.rules
    assert [r.rule for r in seen] == ["orders"], "only what the key may read"
    keeper = stack.client("metrics", stack.new_key("keeper", "tool", "--shop", shop.slug, "--may", "decide:alert"))
    keeper.ask(alert_add=rule)
    before = stack.counter("metrics", "utarg_denied_subscriptions_total")
    stack.subscriber(f"alert/{shop.slug}/orders/", key=reader)
    stack.subscriber(f"alert/{shop.slug}/", key=reader)
    stack.subscriber(f"alert/{shop.slug}/silence/", key=reader)
    harness.wait_until(lambda: stack.counter("metrics", "utarg_denied_subscriptions_total") == before + 2,
                       what="two refused subscriptions")


def test_built_in_rules_against_four_weeks(own_stack):
    stack = own_stack
    shop, quiet = Shop(stack.add_shop("busy", zone="UTC")), Shop(stack.add_shop("quiet", zone="UTC"))
    steady, leaky = Shop(stack.add_shop("steady", zone="UTC")), Shop(stack.add_shop("leaky", zone="UTC"))
    publisher = stack.publisher()
    now = harness.now_ms()
    publications = []
    for week in range(5):
        for i in range(60):  # one a minute, an hour long, from ninety minutes ago: in the window however long this takes
            t = now - 7 * DAY * week - 110 * MINUTE + i * MINUTE
            name = f"v{week}-{i}"
            if week > 0 and i < 40:
                publications.append(shop.purchase(name, t, f"O-{name}"))
            if week > 0:  # and the last hour, for silence
                publications.append(shop.page_view(f"s{name}", now - 7 * DAY * week - i * MINUTE))
            publications.append(steady.purchase(name, t, f"O-{name}"))
            publications.append(steady.page_view(f"s{name}", now - 7 * DAY * week - i * MINUTE))
        for i in range(100):  # half of the visits buy, and now nobody does; rates are judged an hour later
            t = now - 7 * DAY * week - 165 * MINUTE + i * MINUTE * 4 // 5
            visit = leaky.purchase if week > 0 and i % 2 else leaky.page_view
            publications.append(visit(f"l{week}-{i}", t, *([f"O-l{week}-{i}"] if visit == leaky.purchase else [])))
    publications.append(quiet.page_view("alone", now - 7 * DAY))
    publisher.accept(publications)
    for one in (shop, quiet, steady, leaky):
        stack.settle(one.slug)
    subscriber = stack.subscriber(f"alert/{shop.slug}/")
    look_again(stack, shop.slug)
    orders, silence = is_raised(stack, shop.slug, "orders"), is_raised(stack, shop.slug, "silence")
    assert orders.text.startswith("orders were 0 in the 180 minutes to ") and "40, 40, 40 and 40" in orders.text
    assert silence.text.startswith("not one visit or order came in the 60 minutes to ")
    subscriber.until(lambda _, u: u.alert.rule == "orders", what="the alert of orders")
    look_again(stack, shop.slug)
    still = {a.rule: a.alert_id for a in alerts(stack, shop.slug)}
    assert still == {"orders": orders.alert_id, "silence": silence.alert_id}
    assert len([a for a in alerts(stack, shop.slug, ended=True) if a.rule == "orders"]) == 1, "raised once"
    rate = is_raised(stack, leaky.slug, "conversion_rate")
    assert rate.text.startswith("conversion_rate was 0.000000 (0 of 100) in the 180 minutes to ")
    assert rate.text.endswith("in the same of the last four weeks it was 0.500000 (200 of 400)")
    for one in (quiet, steady):
        assert alerts(stack, one.slug, ended=True) == [], "nothing is wrong there"
