# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The checker, C1 to C13 of PROMISES: each check a function of what was recorded, which returns its faults. Nothing here
talks to a service; journal.py and watch.py bring what is checked. As a command it reads an instance and histories:

    cd tests && python3 -m faults.checker --data DIR --history FILE... [--list FILE...]
"""
import argparse
import collections
import sys
import typing

from faults import history as histories
from faults import journal as journals

SHOP_SETTINGS, DECISIONS = 110, range(120, 136)
SHOWN = 5  # faults of one check that are printed


class Fault(typing.NamedTuple):
    check: str
    shop: str
    what: str

    def __str__(self):
        return f"{self.check} {self.shop}: {self.what}"


def is_own(row):
    """Written by campaign, not by a publisher."""
    return row.kind == SHOP_SETTINGS or row.kind in DECISIONS


def places(journal):
    """{slug: {event id: seq}}"""
    return {slug: {row.id: row.seq for row in one.rows} for slug, one in journal.items()}


# ---- C1 to C6: what publishers heard, and what the journal holds -------------------------------------------


def lost(history, journal):
    """C1: an event that was acknowledged is not there."""
    where, shops = places(journal), history.shop_of()
    for event_id in dict.fromkeys(reply.id for reply in history.acks):
        shop = shops.get(event_id)
        if event_id not in where.get(shop, ()):
            yield Fault("C1", shop, f"{event_id} was acknowledged and is not in the journal")


def phantom(history, journal, known=None):
    """C2: an event is there that nobody sent or, with known = {id: (shop, SHA-256 of its bytes)}, with other bytes."""
    shops = history.shop_of()
    for slug, one in journal.items():
        for row in one.rows:
            if is_own(row):
                continue
            if shops.get(row.id) != slug:
                yield Fault("C2", slug, f"{row.id} at {row.seq} was never sent")
            elif known is not None and known.get(row.id) != (slug, journals.sha256(row.payload)):
                yield Fault("C2", slug, f"{row.id} at {row.seq} has other bytes than were sent")


def doubled(_, journal):
    """C3: an event is there twice."""
    seen = {}
    for slug, one in journal.items():
        for row in one.rows:
            if row.id in seen:
                yield Fault("C3", slug, f"{row.id} is at {row.seq} and at {seen[row.id]}")
            seen[row.id] = f"{slug} {row.seq}"


def gap(_, journal):
    """C4: seqs are 1, 2, 3... up to the head, and batches cover them."""
    for slug, one in journal.items():
        for expected, row in enumerate(one.rows, 1):
            if row.seq != expected:
                yield Fault("C4", slug, f"{row.seq} stands where {expected} ought to")
                break
        if one.head.seq != len(one.rows):
            yield Fault("C4", slug, f"the head says {one.head.seq} and there are {len(one.rows)} events")
        last = 0
        for batch in one.batches:
            if batch.first_seq != last + 1 or batch.last_seq < batch.first_seq:
                yield Fault("C4", slug, f"batch {batch.first_seq}..{batch.last_seq} follows {last}")
            last = batch.last_seq
        if last != one.head.seq:
            yield Fault("C4", slug, f"the last batch ends at {last}, the head is {one.head.seq}")


def wrong_seq(history, journal):
    """C5: an acknowledgement tells the place where the event is, and an epoch that the journal has had."""
    where, shops = places(journal), history.shop_of()
    for reply in history.replies:
        if reply.code not in histories.ACKS + ("CONFLICT",):
            continue
        slug = shops.get(reply.id)
        seq = where.get(slug, {}).get(reply.id)
        if seq is not None and seq != reply.seq:
            yield Fault("C5", slug, f"{reply.id} is at {seq}, its {reply.code} said {reply.seq}")
        elif seq is not None and reply.code in histories.ACKS and not 0 < reply.epoch <= journal[slug].head.epoch:
            yield Fault("C5", slug, f"{reply.id} was told epoch {reply.epoch}")


def disorder(history, journal):
    """C6: what was acknowledged before another event was sent at all has a lower seq."""
    where = places(journal)
    shops = history.shop_of()
    moments = [(us, 1, event_id) for event_id, us in history.first_sent().items()]
    moments += [(reply.us, 0, reply.id) for reply in history.acks]
    highest = collections.defaultdict(lambda: (0, None))  # of what is acknowledged, by shop
    for _, is_send, event_id in sorted(moments):
        slug = shops.get(event_id)
        seq = where.get(slug, {}).get(event_id)
        if seq is None:
            continue
        if not is_send:
            highest[slug] = max(highest[slug], (seq, event_id))
        elif highest[slug][0] > seq:
            before = highest[slug]
            yield Fault("C6", slug, f"{event_id} at {seq} was sent after {before[1]} at {before[0]} was acknowledged")


# ---- C7, C8: what was rung, published and read -------------------------------------------------------------


def rung(bells, journal):
    """C7: doorbells (shop, epoch, seq, chain) and updates (shop, epoch, seq, None) speak of what is committed."""
    chains = {slug: {batch.last_seq: batch.chain for batch in one.batches} for slug, one in journal.items()}
    for slug, epoch, seq, chain in dict.fromkeys(bells):
        head = journal[slug].head
        if (epoch, seq) > (head.epoch, head.seq):
            yield Fault("C7", slug, f"{seq} of epoch {epoch} was announced, the journal ends at {head.seq}")
        elif chain is not None and epoch == head.epoch and seq > 0 and chains[slug].get(seq) != chain:
            yield Fault("C7", slug, f"a doorbell told another chain at {seq} than the journal has")


def skipped(read, journal):
    """C8: what a consumer read, {slug: [(seq, id)]} in the order it came, is the journal from its first event."""
    for slug, entries in read.items():
        stored = [(row.seq, row.id) for row in journal[slug].rows]
        for at, entry in enumerate(entries):
            if at >= len(stored) or entry != stored[at]:
                there = stored[at] if at < len(stored) else "nothing"
                yield Fault("C8", slug, f"entry {at + 1} was read as {entry}, the journal has {there}")
                break


# ---- C9, C10: figures --------------------------------------------------------------------------------------


def wrong_figures(slug, figures, expected, nothing):
    """C9: figures {place: (numerator, denominator)} against what the oracle says of the journal up to their position;
    `nothing(kpi)` is what neither side writes down."""
    for place in sorted(figures.keys() | expected.keys()):
        ours, theirs = expected.get(place, nothing(place[0])), figures.get(place, nothing(place[0]))
        if ours != theirs:
            yield Fault("C9", slug, f"{place} is {theirs}, the oracle says {ours}")


def stale(slug, last, table):
    """C10: the last value {topic: value} a subscriber has of each topic is the table's."""
    for topic, value in sorted(last.items()):
        if topic in table and table[topic] != value:
            yield Fault("C10", slug, f"{topic} was {value} last, the table says {table[topic]}")
    for topic in sorted(table.keys() - last.keys()):
        yield Fault("C10", slug, f"nothing came of {topic}, the table says {table[topic]}")


# ---- C11 to C13: the instance afterwards -------------------------------------------------------------------


def dead(status, answer):
    """C11: {service: ready}, and what a new event was answered."""
    for name, ready in sorted(status.items()):
        if not ready:
            yield Fault("C11", name, "is not ready")
    if answer not in histories.ACKS:
        yield Fault("C11", "ingest", f"answers a new event with {answer}")


def broken_chain(journal):
    """C12: every digest and link, again from the rows."""
    for slug, one in journal.items():
        chain, at = journals.genesis(slug), 0
        for batch in one.batches:
            size = batch.last_seq - batch.first_seq + 1
            rows, at = one.rows[at : at + size], at + size
            name = f"batch {batch.first_seq}..{batch.last_seq}"
            if journals.batch_digest(rows) != batch.digest:
                yield Fault("C12", slug, f"{name}: its events are not those that were accepted")
            if journals.subject_digest(rows) != batch.subject_digest:
                yield Fault("C12", slug, f"{name}: its subjects are not those that were accepted")
            chain = journals.link(chain, batch.first_seq, batch.last_seq, batch.digest)
            if chain != batch.chain:
                yield Fault("C12", slug, f"{name}: the chain breaks here")
                chain = batch.chain
        if chain != one.head.chain:
            yield Fault("C12", slug, "the head has another chain than the last batch")


RSS_ROOM_KIB, FDS_ROOM = 48 * 1024, 4
# What metrics reads, folds and tells at once after an outage: its allocator keeps that (services/metrics/follow.h adds
# up the largest part of it, some 120 MiB).
RSS_ROOM_OF_KIB = {"metrics": 128 * 1024}


def leaked(before, after):
    """C13: {process: (RSS in KiB, file descriptors)} and "sessions": a count, back to where they were."""
    for name, there in sorted(before.items()):
        now = after.get(name)
        if name == "sessions":
            if now > there:
                yield Fault("C13", name, f"{now} database sessions, {there} before")
            continue
        if now[0] > there[0] * 3 // 2 + RSS_ROOM_OF_KIB.get(name, RSS_ROOM_KIB):
            yield Fault("C13", name, f"resident memory is {now[0]} KiB, {there[0]} before")
        if now[1] > there[1] + FDS_ROOM:
            yield Fault("C13", name, f"{now[1]} file descriptors, {there[1]} before")


# ---- together ----------------------------------------------------------------------------------------------

OF_HISTORY = (lost, doubled, gap, wrong_seq, disorder)


def check(history, journal, known=None, skip=()):
    """C1 to C6 and C12."""
    faults = []
    for one in OF_HISTORY:
        if one not in skip:
            faults.extend(one(history, journal))
    faults.extend(phantom(history, journal, known))
    faults.extend(broken_chain(journal))
    return faults


def text(faults):
    """A sentence a fault, the first few of each check."""
    by_check, lines = collections.defaultdict(list), []
    for fault in faults:
        by_check[fault.check].append(fault)
    for check_name, some in sorted(by_check.items()):
        lines.extend(map(str, some[:SHOWN]))
        if len(some) > SHOWN:
            lines.append(f"{check_name}: {len(some) - SHOWN} more")
    return "\n".join(lines)


def read_list(lines):
    """{id: (shop, digest)} of what `fault-load --list` prints."""
    known = {}
    for line in lines:
        _, event_id, shop, _, digest = line.split()
        known[event_id] = (shop, digest)
    return known


def main():
    parser = argparse.ArgumentParser(description="Checks C1 to C6 and C12 of an instance.")
    parser.add_argument("--data", required=True, help="the instance's directory")
    parser.add_argument("--history", required=True, nargs="+", help="files of fault-load")
    parser.add_argument("--list", nargs="*", default=[], help="what `fault-load --list` printed")
    options = parser.parse_args()
    known = {}
    for path in options.list:
        with open(path, encoding="ascii") as lines:
            known |= read_list(lines)
    history = histories.read(*options.history)
    shops = sorted(set(history.shop_of().values()))
    faults = check(history, journals.read(options.data, *shops), known or None)
    print(text(faults) or f"{len(history.shop_of())} events, {len(history.acks)} acknowledgements: no fault")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
