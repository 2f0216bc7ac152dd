# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""P11: an outage of the database of any kind loses nothing acknowledged and ends by itself: stopped, killed, frozen, one
backend frozen or killed, refusing connections, half-open, and a full disk. While it lasts everybody hears BUSY."""
import contextlib
import itertools
import os
import subprocess
import tempfile
import time

from faults import control, journal, nemesis, run, world
from harness import utarg as harness

LENGTHS_S = world.amount([2], [1, 2, 5, 10, 30, 60])
ANSWER_S = 2
BACK_S = 5  # acknowledgements again, after its return
KINDS = ["stop_postgres", "crash_postgres", "freeze_postgres", "freeze_backend", "kill_backend"]
THROUGH_PROXY = ["refuse", "half_open"]


def outages(seed, kinds, through_proxy=False):
    steps = [nemesis.Step(150, at * 17 % 90, kind, round(length * 1000), seed + at)
             for at, (length, kind) in enumerate(itertools.product(LENGTHS_S, kinds))]
    with run.instance(kinds) as (stack, proxy, _):
        shops = [stack.add_shop("one"), stack.add_shop("two")]
        before = world.resources(stack)
        with world.Load(stack, shops, seed=seed, rate=800, batch=10, window=8) as load:
            done = nemesis.Nemesis(stack, load, proxy).run(steps)
        world.check(stack, [load])
        world.assert_none(world.checker.leaked(before, world.resources(stack)))
    for kind in kinds:
        waits = [acked - healed for fault, _, healed, acked in done if fault == kind]
        assert max(waits) < world.bound(BACK_S), (kind, waits)
    run.report("P11", done, load.summary)
    # Nobody was left without an answer: BUSY came meanwhile.
    assert load.summary["longest_wait_ms"] < world.bound(ANSWER_S) * 1000, load.summary


def test_outages():
    outages(world.new_seed(), KINDS)


def test_outages_of_the_connection():
    outages(world.new_seed(), THROUGH_PROXY)


# ---- a full disk -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def small_disk(mib):
    """A directory with so much room, or None where nothing may be mounted."""
    with tempfile.TemporaryDirectory(prefix="utarg-disk-", dir="/tmp") as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=711", "tmpfs", folder],
                                 capture_output=True, check=False).returncode == 0
        try:
            yield folder if mounted else None
        finally:
            if mounted:
                subprocess.run(["umount", "-l", folder], check=True)


def fill(folder):
    """A file that takes all the room there is."""
    path = f"{folder}/ballast"
    with open(path, "wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
            file.flush()
    return path


REFUSES = """CREATE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
 RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON journal.event FOR EACH STATEMENT EXECUTE FUNCTION public.full_disk();
GRANT USAGE ON SCHEMA public TO utarg_ingest;"""
ROOM_AGAIN = "DROP TRIGGER full_disk ON journal.event; DROP FUNCTION public.full_disk();"


def wait_refused(load):
    """Until an answer has said that there is no room."""
    def there():
        with open(load.path, encoding="ascii") as lines:
            return any(" STORAGE_LOW " in line or " BUSY " in line for line in lines)

    harness.wait_until(there, what="a publisher to hear that there is no room")


def test_full_disk():
    """For real in a small file system; where none may be mounted PostgreSQL says the same sentence by a trigger."""
    seed = world.new_seed()
    with tempfile.TemporaryDirectory() as elsewhere, small_disk(400) as disk, harness.Stack(data=disk) as stack:
        shop = stack.add_shop("full")
        with world.Load(stack, [shop], seed=seed, rate=800, batch=10, window=8, folder=elsewhere) as load:
            load.wait_acked(500)
            if disk:
                ballast = fill(disk)
            else:
                journal.psql(stack.data, REFUSES, user="utarg_owner")
            wait_refused(load)
            control.pause(LENGTHS_S[0])
            if disk:
                os.unlink(ballast)
            else:
                journal.psql(stack.data, ROOM_AGAIN, user="utarg_owner")
            back = time.monotonic()
            load.wait_acked(100)
            again = time.monotonic() - back
        world.check(stack, [load])
    world.report("P11 full disk", real=bool(disk), acks_again_s=again, events=load.summary["events"])
    assert again < world.bound(BACK_S)
