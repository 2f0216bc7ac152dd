# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""P7: figures are exactly-once. metrics and campaign die at every one of their failpoints while events come in; two of
each run at once; and at random moments the figures are those of the oracle at the position they state (C9)."""
import contextlib
import random
import uuid

import pytest

from faults import control, journal, nemesis, watch, world
from harness import utarg as harness

MOMENTS = world.amount(8, 50)
# Passed only when a shop's figures are made anew.
REBUILD = "METRICS_RESET_BEFORE_COMMIT"


# metrics appends nothing.
ELSEWHERE = {"metrics": {"DB_COPY", "JOURNAL_HEADS_LOCKED", "JOURNAL_ROWS_WRITTEN"}, "campaign": set()}


def points(process):
    """In smoke some of them, drawn by the seed; in full all."""
    names = sorted(set(control.points_of(process, "crash")) - ELSEWHERE[process])
    return names if world.FULL else random.Random(world.new_seed()).sample(names, 5)


def own(process):
    return {one.name for one in control.tables()[0] if one.process == process}


@contextlib.contextmanager
def armed():
    with contextlib.closing(control.Control()) as points_, harness.Stack(environment=points_.environment) as stack:
        yield stack, points_


def assert_moments(stack, slug, looks):
    world.assert_none(watch.differences(slug, stack.journal(slug), looks))


def die_at(stack, points_, process, name, come_by):
    """Until the process has died at the point; come_by() makes it come by."""
    control.wait_long_lived(stack, process)
    pid, number = stack.pid(process), points_.arm(f"{name} crash times=1 process={process}")

    def died():
        come_by()
        return bool(points_.fired(number))

    harness.wait_until(died, what=f"{process} to die at {name}", every=0.05)
    stack.wait_restarted(process, pid)


def disconnect(stack, service):
    journal.psql(stack.data, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'utarg_{service}';",
                 user="utarg_owner")


def provoke(stack, name):
    """What makes metrics come by a point that is not on the way of usual events."""
    if name == "DB_CONNECT":
        disconnect(stack, "metrics")
    if name != REBUILD:
        return
    # As a restore does: who follows drops what it has and reads the journal again.
    journal.psql(stack.data, "UPDATE journal.head SET epoch = epoch + 1;", user="utarg_owner")


def test_metrics_dies_at_its_failpoints():
    names, seed = points("metrics"), world.new_seed()
    random_ = random.Random(seed)
    with armed() as (stack, points_):
        shop, looks = stack.add_shop("folded"), []
        with watch.Updates(stack, [f"kpi/{shop}/orders/"]), watch.Updates(stack, [f"kpi/{shop}/page_views/"]), \
                world.Load(stack, [shop], seed=seed, rate=30, batch=3) as load:
            load.wait_acked(100)
            for name in names:
                print(name)
                die_at(stack, points_, "metrics", name, lambda n=name: provoke(stack, n))
                looks.extend(watch.moments(stack, shop, 1, random_))
        points_.arm()
        stack.settle(shop)
        looks.extend(watch.moments(stack, shop, max(2, MOMENTS - len(looks)), random_))
        assert_moments(stack, shop, looks)
        world.check(stack, [load])
    world.report("P7 metrics", failpoints=len(names), moments=len(looks), events=load.summary["events"])


BODIES = ["campaign_create", "reduction_announce", "campaign_step", "directive_confirm"]
STOPPED = 60  # offers of a campaign that are out of stock: so many directives to confirm


def stop_offers(stack, shop):
    """Ids of the directives that campaign issues by itself: one an offer."""
    maker, skus = world.Shop(shop), [f"P-{n}" for n in range(STOPPED)]
    campaign = {"campaign": "stops", "skus": skus, "acts_alone": True}
    asker = stack.asker("campaign")
    asker.ask(campaign_create={"command_id": uuid.uuid4().bytes, "shop": shop, "campaign": campaign})
    stack.publisher().insist([maker.of("stock_changed", harness.now_ms() - 1000, sku=sku, quantity=0) for sku in skus])

    def issued():
        found = asker.ask(directive_list={"shop": shop}).directive_list.directives
        return len(found) >= STOPPED and [view.directive.directive_id for view in found]

    return harness.wait_until(issued, what="a directive an offer")


def decide(stack, shop, commands, name, directives):
    """A campaign, its end, a reduction or a confirmation, and facts for campaign to fold; the command is kept, and sent
    again until it is answered."""
    if name == "DB_CONNECT":
        disconnect(stack, "campaign")
    number = len(commands)
    maker, now = world.Shop(shop), harness.now_ms()
    stack.publisher().insist([maker.offer_updated(now - 3_600_000, f"S-{number}", 1_000 + number)])
    body = BODIES[number % len(BODIES)]
    command = {"command_id": uuid.uuid4().bytes, "shop": shop} | {
        "campaign_create": {"campaign": {"campaign": f"c-{number}", "title": f"Number {number}", "channel": 4}},
        "reduction_announce": {"sku": f"S-{number}", "reduction_id": f"r-{number}", "price_gross_minor": 900},
        "campaign_step": {"campaign": f"c-{number - 2}", "step": 6},
        "directive_confirm": {"directive_id": directives[number // len(BODIES)], "done": True},
    }[body]
    commands.append({body: command})
    stack.asker("campaign").send(**commands[-1])


def answered(asker, command):
    """(id, seq) of what became of it."""
    (body,) = command
    reply = asker.ask(**command)
    return command[body]["command_id"], getattr(reply, reply.WhichOneof("body")).seq


def test_campaign_dies_at_its_failpoints():
    names = points("campaign")
    with armed() as (stack, points_):
        shop, commands = stack.add_shop("decides"), []
        directives = stop_offers(stack, shop)
        before = stack.head(shop)
        with watch.Listener(stack, "campaign", [f"campaign/{shop}/", f"offer/{shop}/"]):
            for name in names:
                print(name)
                die_at(stack, points_, "campaign", name, lambda n=name: decide(stack, shop, commands, n, directives))
        points_.arm()
        asker = stack.asker("campaign")
        answers = [answered(asker, command) for command in commands]
        # Each decision once, however often it was sent, at the place it was answered with.
        kinds = ("campaign_changed", "reduction_announced", "directive_confirmed")
        told = [(entry.seq, entry.event) for entry in stack.journal(shop)]
        decided = {event.id: seq for seq, event in told if seq > before and event.WhichOneof("body") in kinds}
        assert decided == dict(answers)
        # What it found by itself, too: an offer is stopped once.
        issued = [event.directive_issued.sku for _, event in told if event.WhichOneof("body") == "directive_issued"]
        assert sorted(issued) == sorted(f"P-{n}" for n in range(STOPPED))
        listed = asker.ask(campaign_list={"shop": shop}).campaign_list.campaigns
        assert sorted(view.campaign.campaign for view in listed) == sorted(
            ["stops", *(f"c-{n}" for n in range(0, len(commands), len(BODIES)))])
        reduced = asker.ask(reduction_list={"shop": shop}).reduction_list.reductions
        assert {view.announced.reduction_id: view.certificate.prior_price_gross_minor for view in reduced} == {
            f"r-{n}": 1_000 + n for n in range(1, len(commands), len(BODIES))}
        offers = asker.ask(offer_list={"shop": shop}).offer_list.offers
        assert {offer.sku for offer in offers} == {f"S-{n}" for n in range(len(commands))}
        stack.settle(shop)
        stack.verify(shop)
    world.report("P7 campaign", failpoints=len(names), decisions=len(commands))


def test_two_at_once(own_stack):
    """Two metrics and two campaigns; the first of each is killed, frozen and back again. The one without the position
    is fenced, and the figures are right at any moment."""
    seed, shop = world.new_seed(), own_stack.add_shop("twice")
    random_, looks = random.Random(seed), []
    (other,) = own_stack.more("metrics")
    own_stack.more("campaign")
    with world.Load(own_stack, [shop], seed=seed, rate=60, batch=3) as load:
        for step in nemesis.schedule(seed, ["kill_metrics", "freeze_metrics", "kill_campaign"], world.amount(5, 25), acks=40,
                                     length_ms=world.amount(1500, 7000)):
            nemesis.Nemesis(own_stack, load).apply(step)
            looks.extend(watch.moments(own_stack, shop, world.amount(1, 2), random_))
    own_stack.wait_ready()
    own_stack.settle(shop)
    looks.extend(watch.moments(own_stack, shop, 4, random_))
    assert_moments(own_stack, shop, looks)
    world.check(own_stack, [load])
    fenced = own_stack.log("metrics").count("event=shop_fenced") + other.log().count("event=shop_fenced")
    assert fenced, "nobody was fenced"
    world.report("P7 two at once", moments=len(looks), fenced=fenced, events=load.summary["events"])


@pytest.mark.parametrize("process", ["metrics", "campaign"])
def test_the_table_has_points(process):
    assert len(own(process)) >= 8
