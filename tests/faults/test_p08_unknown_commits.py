# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""P8: an unknown commit is resolved, never guessed. The connection to PostgreSQL is cut when COMMIT has been forwarded,
before it is, and when its answer is on the way; a backend is frozen while it commits, or terminated."""
import time

from faults import control, nemesis, run, world

CUTS = world.amount(20, 200)
KINDS = ["cut_after_commit", "cut_before_commit", "cut_at_answer"]
BACKENDS = ["terminate_backend", "freeze_backend", "freeze_commit"]


def settled(stack, slugs):
    """Commits were unknown, and none is now."""
    log = stack.log("ingest")
    assert log.count("event=commit_unknown") > 0, "nothing was ever unknown"
    world.report("P8", unknown=log.count("event=commit_unknown"), settled=log.count("event=commit_settled"))


def test_cut_around_commit():
    done, summary = run.attack(world.new_seed(), KINDS, CUTS, rate=2000, check=settled)
    run.report("P8", done, summary)


def test_backends():
    done, summary = run.attack(world.new_seed(), BACKENDS, world.amount(6, 60), rate=1000)
    run.report("P8", done, summary)


def test_no_answer_while_unknown():
    """While the commit of the only writers' batches hangs, nobody hears OK; and afterwards what landed is acknowledged."""
    with run.instance(["half_open"]) as (stack, proxy, _):
        shop = stack.add_shop("silent")
        with world.Load(stack, [shop], seed=world.new_seed(), publishers=1, window=1, batch=10, answer_ms=60_000) as load:
            load.wait_acked(100)
            before = proxy.counts()["cuts"]
            proxy("freeze-after-commit")
            control.harness.wait_until(lambda: proxy.counts()["cuts"] > before, what="a commit to hang")
            proxy("freeze")  # nobody can find out
            acked = load.tail.read().acked
            control.pause(3)  # longer than anybody waits for an answer: BUSY came
            answers = [line.split()[5] for line in open(load.path, encoding="ascii") if line.startswith("reply")]
            assert load.tail.read().acked == acked and answers[-1] == "BUSY", answers[-3:]
            begun = time.monotonic()
            proxy("thaw")
            load.wait_acked(1)
            world.report("P8 thawed", acked_again_s=time.monotonic() - begun)
        world.check(stack, [load])


def test_every_fault_is_known():
    assert set(KINDS + BACKENDS) <= set(nemesis.FAULTS)
