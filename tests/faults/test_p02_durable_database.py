# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""P2: Utarg does not run on a database that does not keep its word. fsync and full_page_writes off are refused, with a
sentence; synchronous_commit off, by database or by role, is overridden in every session: then what was acknowledged
outlives a kill -9 of PostgreSQL whose WAL writer sleeps."""
import pytest

from faults import control, journal, world
from harness import utarg as harness

REFUSED = 5  # exit code


def as_owner(stack, *statements):
    for statement in statements:
        journal.psql(stack.data, statement + ";", user="utarg_owner")


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_refused(own_stack, setting):
    as_owner(own_stack, f"ALTER SYSTEM SET {setting} = off", "SELECT pg_reload_conf()")
    harness.wait_until(lambda: journal.psql(own_stack.data, f"SHOW {setting}") == "off\n", what=f"{setting} off")
    for service in ("ingest", "campaign"):
        (process,) = own_stack.more(service)
        assert process.process.wait(harness.TIMEOUT_S) == REFUSED, process.log()
        assert setting in process.log()
    as_owner(own_stack, f"ALTER SYSTEM RESET {setting}", "SELECT pg_reload_conf()")


@pytest.mark.parametrize("scope", ["DATABASE utarg", "ROLE utarg_ingest"])
def test_overridden(own_stack, scope):
    """With synchronous_commit off what was committed last would be in memory only: the mutant ACK_BEFORE_DISK loses it."""
    shop = own_stack.add_shop("kept")
    as_owner(own_stack, f"ALTER {scope} SET synchronous_commit = off")
    pid = own_stack.kill("ingest")  # its sessions are new ones
    own_stack.wait_restarted("ingest", pid)
    with world.Load(own_stack, [shop], rate=500, batch=5) as load:
        for _ in range(2):
            control.lose_memory(own_stack, load)
    world.check(own_stack, [load])
