# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Several ingest processes append to the same shops at once: the same events go through four of them, in another
order each. Every id is stored once, every answer tells the same place, there is no gap, the chain verifies, and
PostgreSQL has met no deadlock.
"""
import random
import threading

from harness import utarg as harness
from harness.events import Shop, ms

PROCESSES, REQUESTS, EVENTS = 4, 40, 25
SERVER = 2


def settled(publisher, part):
    """The results, sent again while the journal is busy."""
    while True:
        reply = publisher.try_publish(part, SERVER)
        assert reply is not None, "no answer"
        if reply.status.code == 0 and all(harness.code_name(r.code) != "BUSY" for r in reply.publish.results):
            return reply.publish.results


def test_same_events_through_four_processes(stack):
    slugs = [stack.add_shop("many-one"), stack.add_shop("many-two")]
    shops, t = [Shop(slug) for slug in slugs], ms("2026-03-01T10:00:00+01:00")
    events = [shops[i % 2].page_view(f"v{i % 50}", t + i) for i in range(REQUESTS * EVENTS)]
    answers, failures = [{} for _ in range(PROCESSES)], []

    def publish(number, publisher):
        try:
            mine = events[:]
            random.Random(number).shuffle(mine)
            for at in range(0, len(mine), EVENTS):
                part = mine[at : at + EVENTS]
                for publication, result in zip(part, settled(publisher, part)):
                    answers[number][bytes(publication.event.id)] = (harness.code_name(result.code), result.seq)
        except BaseException as failure:  # of a thread: told below
            failures.append(failure)

    endpoints = [None, *(ingest.endpoint() for ingest in stack.more("ingest", PROCESSES - 1))]
    threads = [threading.Thread(target=publish, args=(at, stack.publisher(one))) for at, one in enumerate(endpoints)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    for publication in events:
        told = [answer[bytes(publication.event.id)] for answer in answers]
        assert len({seq for _, seq in told}) == 1, told
        assert sorted(code for code, _ in told) == ["DUPLICATE"] * (PROCESSES - 1) + ["OK"], told
    for slug in slugs:
        journal = stack.journal(slug)
        assert [entry.seq for entry in journal] == list(range(1, len(journal) + 1))
        stack.settle(slug)
        stack.ok("verify", slug)
    assert "deadlock detected" not in stack.log("postgres")
