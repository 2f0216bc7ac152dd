# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""P13: restarts under load lose nothing. Each service in turn is told to end (SIGTERM: it drains, answers what it took in,
and exits with 0) and comes back; PostgreSQL and the whole instance, too."""
from faults import control, run, world
from faults import history as histories

ROUNDS = world.amount(3, 20)
GAP_S = 3
SERVICES = ["ingest", "metrics", "campaign"]


def test_rolling_restart(own_stack):
    seed, shops = world.new_seed(), [own_stack.add_shop("one"), own_stack.add_shop("two")]
    before = world.resources(own_stack)
    with world.Load(own_stack, shops, seed=seed, rate=500, batch=5, window=8) as load:
        for _ in range(ROUNDS):
            for name in SERVICES:
                load.wait_acked(50)
                control.wait_long_lived(own_stack, name)
                pid = own_stack.kill(name, 15)
                own_stack.wait_restarted(name, pid)
                (state,) = [one for one in own_stack.state()["processes"] if one["name"] == name]
                assert "exit 0" in state["last_end"] or "code 0" in state["last_end"], state
    world.check(own_stack, [load])
    world.assert_none(world.checker.leaked(before, world.resources(own_stack)))
    summary = load.summary
    world.report("P13", restarts=ROUNDS * len(SERVICES), longest_gap_ms=summary["longest_gap_ms"],
                 longest_wait_ms=summary["longest_wait_ms"], transmissions=summary["transmissions"],
                 requests=summary["requests"])
    assert summary["longest_gap_ms"] < world.bound(GAP_S) * 1000


def test_down_and_up_under_load(own_stack):
    shop = own_stack.add_shop("all")
    with world.Load(own_stack, [shop], seed=world.new_seed(), rate=500, batch=5, window=8) as load:
        for _ in range(world.amount(1, 5)):
            load.wait_acked(200)
            own_stack.down()
            own_stack.up()
            load.wait_acked(1)
    world.check(own_stack, [load])


def test_drained_requests_are_answered(own_stack):
    """What ingest took in before SIGTERM it answers: nothing has to be sent again but what was told so. (BUSY is said
    where a commit lasts long, as on a slow disk.)"""
    shop = own_stack.add_shop("drained")
    with world.Load(own_stack, [shop], seed=world.new_seed(), batch=20, window=8, answer_ms=3_000) as load:
        load.wait_acked(2_000)
        own_stack.wait_gone("ingest", own_stack.kill("ingest", 15))
    codes = {reply.code for reply in histories.read(load.path).replies}
    assert codes <= {"OK", "DUPLICATE", "DRAINING", "BUSY"}, codes
    world.check(own_stack, [load])
    world.report("P13 drain", longest_wait_ms=load.summary["longest_wait_ms"])


def test_postgres_restarts():
    """A fast shutdown of PostgreSQL, as an upgrade of it does."""
    done, summary = run.attack(world.new_seed(), ["stop_postgres"], world.amount(2, 10), length_ms=300)
    run.report("P13", done, summary)
