# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Processes die and come back; figures and journals do not show it. Each test has an instance of its own."""
import signal
import uuid

from harness import utarg as harness
from harness.events import Shop
from test_shuffled import History, group

SEED = 20261123


def check_journal(stack, shop, ids):
    """Gapless from 1 (the shop's settings), and each id exactly once."""
    entries = stack.journal(shop)
    assert [entry.seq for entry in entries] == list(range(1, len(ids) + 2))
    assert entries[0].event.WhichOneof("body") == "shop_settings_changed"
    found = [entry.event.id for entry in entries[1:]]
    assert len(set(found)) == len(found) and set(found) == set(ids)
    return entries


def told(slug, size=240):
    return list(group(History(slug, SEED).make(size)))


def ids_of(runs):
    return [publication.event.id for publications, _ in runs for publication in publications]


def test_a_killed_metrics_shows_what_one_that_was_never_killed_shows(stack, new_shop, own_stack):
    """Two instances, the same events; metrics dies twice in one of them and stays away for a while."""
    steady, broken = new_shop(), own_stack.add_shop("broken")
    expected = told(steady)
    for publications, origin in expected:
        stack.publisher().accept(publications, origin)

    publisher, runs = own_stack.publisher(), told(broken)
    thirds = len(runs) // 3
    for publications, origin in runs[:thirds]:
        publisher.accept(publications, origin)
    pid = own_stack.kill("metrics")  # perhaps in the middle of folding
    for publications, origin in runs[thirds : 2 * thirds]:
        publisher.accept(publications, origin)  # nobody needs metrics to publish
    own_stack.wait_restarted("metrics", pid)
    subscriber = own_stack.subscriber(f"kpi/{broken}/page_views/total/-/day/")
    own_stack.settle(broken)
    pid = own_stack.pid("metrics")
    own_stack.kill("metrics", signal.SIGSTOP)  # a stopped one misses doorbells too
    for publications, origin in runs[2 * thirds :]:
        publisher.accept(publications, origin)
    own_stack.kill("metrics", signal.SIGKILL)
    own_stack.wait_restarted("metrics", pid)

    assert own_stack.everything(broken) == stack.everything(steady)
    check_journal(own_stack, broken, ids_of(runs))
    own_stack.verify(broken)
    stack.verify(steady)
    # It is alive, too: a subscriber from before the second kill hears of what comes now.
    publisher.accept([Shop(broken).page_view("v", harness.now_ms())])
    subscriber.until(lambda _, update: update.figure.value == "1", what="the next page view")


def test_a_killed_ingest_loses_and_doubles_nothing(own_stack):
    shop = Shop(own_stack.add_shop("killed"))
    publisher = own_stack.publisher()
    start = harness.now_ms() - 86_400_000
    events = [shop.purchase(f"v{i}", start + i, f"O-{i}", 100 + i) for i in range(600)]
    pids = set()
    for at in range(0, len(events), 100):
        batch = events[at : at + 100]
        body = harness.proto().ingest.PublishRequest(sent_at_ms=harness.now_ms(), publications=batch)
        publisher.send(publish=body)  # under way when ingest dies: its fate is unknown
        pids.add(own_stack.kill("ingest"))
        publisher.insist(batch)
    assert len(pids) == 6
    check_journal(own_stack, shop.slug, [event.event.id for event in events])
    total = sum(100 + i for i in range(600))
    own_stack.settle(shop.slug)
    (orders,) = own_stack.values(shop.slug, "orders", window=5).values()
    (revenue,) = own_stack.values(shop.slug, "net_revenue", window=5).values()
    assert (orders, revenue) == ("600", f"{total // 100}.{total % 100:02}")
    own_stack.verify(shop.slug)


def test_a_killed_campaign_takes_each_decision_once(own_stack):
    slug = own_stack.add_shop("decides")
    shop, publisher = Shop(slug), own_stack.publisher()
    commands, seqs = [], []
    for number in range(6):
        command = {"command_id": uuid.uuid4().bytes, "shop": slug,
                   "campaign": {"campaign": f"c-{number}", "title": f"Number {number}", "channel": 4}}
        client = own_stack.asker("campaign")
        client.send(campaign_create=command)
        if number % 2 == 0:
            own_stack.kill("campaign")
        publisher.accept([shop.offer_updated(harness.now_ms(), f"S-{number}", 1_000 + number)])
        seqs.append(client.ask(campaign_create=command).campaign.seq)
        commands.append(command)
    # A decision's id is its event's: sent again it gets its first answer.
    for command, seq in zip(commands, seqs):
        assert own_stack.asker("campaign").ask(campaign_create=command).campaign.seq == seq
    entries = own_stack.journal(slug)
    assert [entry.seq for entry in entries] == list(range(1, 14))
    decided = [entry for entry in entries if entry.event.WhichOneof("body") == "campaign_changed"]
    assert [entry.event.id for entry in decided] == [command["command_id"] for command in commands]
    listed = own_stack.asker("campaign").ask(campaign_list={"shop": slug}).campaign_list.campaigns
    assert sorted(view.campaign.campaign for view in listed) == [f"c-{number}" for number in range(6)]
    own_stack.verify(slug)


def test_down_and_up_keep_everything(own_stack):
    slug = own_stack.add_shop("keeps")
    runs = told(slug, 150)
    for publications, origin in runs:
        own_stack.publisher().accept(publications, origin)
    before = own_stack.everything(slug)
    pids = {name: process["pid"] for name, process in own_stack.status().items()}
    own_stack.down()
    assert own_stack.cli("status").returncode == 3
    for name, pid in pids.items():
        harness.wait_until(lambda pid=pid: not alive(pid), what=f"{name} gone")
    own_stack.up()
    assert own_stack.everything(slug) == before
    check_journal(own_stack, slug, ids_of(runs))
    own_stack.verify(slug)
    (result,) = own_stack.publisher().publish([runs[0][0][0]], runs[0][1])
    assert (harness.code_name(result.code), result.seq) == ("DUPLICATE", 2)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_database_comes_back_with_what_was_acknowledged(own_stack):
    shop = Shop(own_stack.add_shop("crashed"))
    publisher, t = own_stack.publisher(), harness.now_ms()
    first = [shop.purchase(f"v{i}", t, f"O-{i}") for i in range(50)]
    publisher.accept(first)
    pid = own_stack.kill("postgres")
    second = [shop.purchase(f"w{i}", t, f"P-{i}") for i in range(50)]
    publisher.insist(second)
    own_stack.wait_restarted("postgres", pid)
    own_stack.wait_ready()
    check_journal(own_stack, shop.slug, [event.event.id for event in first + second])
    (orders,) = own_stack.values(shop.slug, "orders").values()
    assert orders == "100"
    own_stack.verify(shop.slug)
