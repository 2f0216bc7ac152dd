# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""P21: the checker works. Each mutant of the table is switched on in services that run, and caught by a check the table
names; the same happenings without it show nothing. Smoke takes three mutants, full all of them."""
import pytest

from faults import checker, control, mutants, run, world

SMOKE = ["ACK_ORDER", "DEDUPE_IN_BATCH", "CHECKPOINT_APART"]


def names():
    return sorted(mutants.SCENARIOS) if world.FULL else SMOKE


def faults_of(name, mutant):
    scenario, needs_proxy = mutants.SCENARIOS[name]
    with run.instance(["crash_ingest_at", *(["cut"] if needs_proxy else [])]) as (stack, proxy, points):
        return list(scenario(mutants.Patient(stack, points, proxy, mutant, world.new_seed())))


@pytest.mark.parametrize("name", names())
def test_caught(name):
    (mutant,) = [one for one in control.tables()[1] if one.name == name]
    faults = faults_of(name, name)
    print(checker.text(faults))
    assert {fault.check for fault in faults} & set(mutant.checks), f"{name} was not caught by {mutant.checks}"


def once_each():
    """A name for each scenario."""
    return sorted({scenario: name for name, (scenario, _) in mutants.SCENARIOS.items()}.values())


@pytest.mark.parametrize("name", once_each() if world.FULL else SMOKE[:1])
def test_nothing_without_it(name):
    world.assert_none(faults_of(name, None))


def test_every_mutant_has_a_scenario():
    assert {one.name for one in control.tables()[1]} == set(mutants.SCENARIOS)
