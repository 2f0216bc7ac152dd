# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""An instance of its own, load on it, a nemesis, and the checker:

    cd tests && python3 -m faults.run --seed 7 --count 30 [--faults kill_ingest,cut,...]

The same seed gives the same schedule. Exits 1 when something was lost, doubled, out of order or stayed down."""
import argparse
import contextlib
import random
import sys

from faults import control, nemesis, world
from harness import utarg as harness


@contextlib.contextmanager
def instance(faults):
    """(stack, proxy, points) with what these faults need."""
    with contextlib.ExitStack() as end:
        proxy = points = None
        environment = {}
        if set(faults) & set(nemesis.NEED_PROXY):
            proxy = end.enter_context(contextlib.closing(control.DatabaseProxy("ingest")))
            environment |= proxy.environment
        if set(faults) & set(nemesis.NEED_POINTS):
            points = end.enter_context(contextlib.closing(control.Control()))
            environment |= points.environment
        stack = harness.Stack(start=False, environment=environment)
        if proxy:
            proxy.aim(stack.data)
        end.enter_context(stack)
        stack.up()
        yield stack, proxy, points


def attack(seed, faults, count, shops=2, rate=1500, length_ms=1000, check=None, **load_options):
    """Runs and checks; [(fault, begun, healed, acked again)] in seconds of the monotonic clock, and the summary."""
    steps = nemesis.schedule(seed, faults, count, length_ms=length_ms)
    with instance(faults) as (stack, proxy, points):
        slugs = [stack.add_shop(f"shop-{number}") for number in range(shops)]
        with world.Load(stack, slugs, seed=seed, rate=rate, **{"batch": 10, "window": 8} | load_options) as load:
            done = nemesis.Nemesis(stack, load, proxy, points).run(steps)
        world.check(stack, [load])
        if check:
            check(stack, slugs)
    return done, load.summary


def report(what, done, summary):
    """By fault: how often, and how long after its end acknowledgements came again."""
    for name in sorted({one[0] for one in done}):
        waits = [acked - healed for fault, _, healed, acked in done if fault == name]
        world.report(f"{what} {name}", times=len(waits), longest_s=max(waits))
    world.report(f"{what} load", events=summary["events"], acked=summary["acked"],
                 longest_gap_ms=summary["longest_gap_ms"], transmissions=summary["transmissions"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--count", type=int, default=20, help="faults")
    parser.add_argument("--faults", default="", help=f"of {', '.join(nemesis.FAULTS)}; all that this build can do")
    parser.add_argument("--length-ms", type=int, default=1000, help="longest of what lasts")
    parser.add_argument("--rate", type=int, default=1500, help="events a second")
    options = parser.parse_args()
    faults = options.faults.split(",") if options.faults else nemesis.possible()
    print(f"--seed {options.seed} --count {options.count} --faults {','.join(faults)}", flush=True)
    try:
        done, summary = attack(options.seed, faults, options.count, rate=options.rate, length_ms=options.length_ms)
    except AssertionError as fault:
        print(fault)
        return 1
    report("run", done, summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
