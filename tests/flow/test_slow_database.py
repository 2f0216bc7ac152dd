# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A database that stands still: publishers hear BUSY while it does, whatever became of their events, and the same
events sent again find out. Nothing is lost or doubled.
"""
import os
import pathlib
import signal

from harness import utarg as harness
from harness.events import Shop, ms

DAY = ms("2026-03-02T12:00+01:00")
SERVER = 2
# Two seconds are promised; a busy machine may be slower. To find out what became of a commit takes 30.
WITHIN_S = 20


def backends(stack):
    """Pids of ingest's own sessions in the private PostgreSQL."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().decode(errors="replace")
            parent = int((entry.parent / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:  # gone meanwhile
            continue
        if words.startswith("postgres") and "utarg_ingest" in words and parent == stack.pid("postgres"):
            found.append(int(entry.parent.name))
    return found


def test_who_waits_for_a_frozen_database_hears_busy(own_stack):
    stack = own_stack
    shop = Shop(stack.add_shop("slow"))
    publisher = stack.publisher()
    publisher.accept([shop.page_view("v0", DAY)], SERVER)
    frozen = backends(stack)
    assert len(frozen) >= 2, "no sessions of ingest were found"
    batches = [[shop.page_view(f"v{n}-{i}", DAY + n * 1000 + i) for i in range(50)] for n in range(1, 5)]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        # They are on their way into the database, or queued behind those that are.
        replies = [publisher.try_publish(batch, SERVER, timeout=WITHIN_S) for batch in batches]
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    assert all(reply is not None for reply in replies), "somebody heard nothing"
    assert {harness.code_name(reply.status.code) for reply in replies} == {"BUSY"}
    assert all(reply.status.retry_after_ms > 0 for reply in replies)
    for batch in batches:
        publisher.insist(batch, SERVER)
    assert len(stack.journal("slow")) == 1 + 1 + 200  # the shop's settings, then ours
    stack.verify("slow")
