# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""P1: acknowledged means stored, exactly once. ingest and PostgreSQL are killed at random moments under load."""
import pytest

from faults import run, world

KILLS = ["kill_ingest"] * 3 + ["kill_postgres"]  # one of four of PostgreSQL


@pytest.mark.parametrize("part", range(world.amount(1, 10)))
def test_killed_under_load(part):
    done, summary = run.attack(world.new_seed() + part, KILLS, world.amount(20, 60))
    run.report("P1", done, summary)
