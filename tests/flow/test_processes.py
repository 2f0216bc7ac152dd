# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Several ingest processes append to the same shops at once: the same events go through four of them, in another
order each. Every id is stored once, every answer tells the same place, there is no gap, the chain verifies, and
PostgreSQL has met no deadlock.
"""
import random
import subprocess
import threading

from harness import utarg as harness
from harness.events import Shop, ms

PROCESSES, REQUESTS, EVENTS = 4, 40, 25
SERVER = 2


class More:
    """Further ingest processes on the instance's database, each with ports of its own."""

    def __init__(self, stack, count):
        self.stack, self.count, self.processes, self.locks, self.publishers = stack, count, [], [], []

    def __enter__(self):
        conninfo = (
            f"host='{self.stack.data}/run' port=5432 dbname=utarg user=utarg_ingest"
            f" passfile='{self.stack.data}/secrets/utarg_ingest.pgpass'"
        )
        self.publishers.append(self.stack.publisher())
        for _ in range(self.count):
            offset, lock = harness.take_offset()
            self.locks.append(lock)
            self.processes.append(
                subprocess.Popen(
                    [str(harness.BIN / "utarg-ingest"), f"--port-offset={offset}", f"--database={conninfo}",
                     f"--server-key-file={self.stack.data}/secrets/server.key_secret"],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            endpoint = f"tcp://127.0.0.1:{harness.PORTS['ingest'] + offset}"
            self.publishers.append(self.stack._clients.enter_context(harness.Publisher(endpoint, self.stack.key())))
        return self.publishers

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)
        for lock in self.locks:
            lock.close()


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

    with More(stack, PROCESSES - 1) as publishers:
        threads = [threading.Thread(target=publish, args=pair) for pair in enumerate(publishers)]
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
