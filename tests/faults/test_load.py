# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The load generator itself: an event is a function of seed and number, whoever makes it and whenever; what is changed or
poisoned is exactly what was asked for; and wrong options are refused."""
import collections
import subprocess

import pytest

from faults import world
from harness import utarg as harness


def listed(**options):
    """[(number, id, shop, expected code, digest)]"""
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in ({"shops": "a,b,c"} | options).items()]
    done = subprocess.run([str(harness.BIN / "fault-load"), "--list=true", *arguments], text=True, capture_output=True,
                          check=True, env=harness.clean_environment())
    return [tuple(line.split()) for line in done.stdout.splitlines()]


def test_the_same_again():
    events = listed(events=600, seed=5)
    assert events == listed(events=600, seed=5)
    assert events[200:] == listed(first=200, events=400, seed=5)
    assert [int(event[0]) for event in events] == list(range(600))
    assert len({event[1] for event in events}) == 600 == len({event[4] for event in events})
    assert collections.Counter(event[2] for event in events) == {"a": 200, "b": 200, "c": 200}


def test_other_seeds_share_nothing():
    """Neighbouring seeds, too: loads side by side have seeds that follow each other."""
    ids = [{event[1] for event in listed(events=400, seed=seed, ids="v4")} for seed in (5, 6, 7)]
    assert len(set.union(*ids)) == 1200


@pytest.mark.parametrize("ids,version", [("v7", "7"), ("v4", "4")])
def test_ids(ids, version):
    for _, event_id, *_ in listed(events=100, ids=ids):
        assert event_id[12] == version and event_id[16] in "89ab"


def test_changed_ones_keep_their_id():
    plain, changed = listed(events=1000), listed(events=1000, change=250)
    assert [event[:3] for event in plain] == [event[:3] for event in changed]
    differ = [one for one, other in zip(changed, plain) if one[4] != other[4]]
    assert len(differ) == 250 and {event[3] for event in differ} == {"CONFLICT"}


def test_one_poison_in_each_batch():
    codes = [event[3] for event in listed(events=20_000, poison=2)]
    for at in range(0, 20_000, 500):
        assert sum(code != "OK" for code in codes[at : at + 500]) == 1
    assert len(set(codes)) == 12  # OK and the eleven codes of the poisons


def test_the_contract_reads_them(own_stack):
    """Every kind of a visit is there, as the official library reads it."""
    shop = own_stack.add_shop("read")
    world.Load(own_stack, [shop], events=400).run()
    kinds = collections.Counter(entry.event.WhichOneof("body") for entry in own_stack.journal(shop))
    assert set(kinds) == {"shop_settings_changed", "page_view", "heartbeat", "add_to_cart", "begin_checkout", "purchase",
                          "refund"}


@pytest.mark.parametrize("options", [
    ["--shops=a", "--batch=0"], ["--shops=a", "--batch=1001"], ["--shops="], ["--shops=a", "--ids=v5"],
    ["--shops=a", "--resend=7"], ["--shops=a", "--resend=7-6"], ["--shops=a", "--nonsense=1"], [],
])
def test_wrong_options(options):
    done = subprocess.run([str(harness.BIN / "fault-load"), *options], text=True, capture_output=True, timeout=20,
                          env=harness.clean_environment(), check=False)
    assert done.returncode == 2 and "fault-load: " in done.stderr
