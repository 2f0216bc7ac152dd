# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every check of the checker on a history made by hand: silent on the good one, and saying so on one that is broken in
exactly its way. The journal's digests are made here by hand as well, so that journal.py is not its own judge."""
import hashlib

import pytest

from faults import checker, history, journal

A, B, C, D = (f"{number:032x}" for number in (0xA, 0xB, 0xC, 0xD))


def blake(*parts):
    return hashlib.blake2b(b"".join(parts), digest_size=32).digest()


def number(value, size=8):
    return value.to_bytes(size, "big")


def row(seq, event_id, kind=20, payload=b"view", visitor=b"v"):
    return journal.Row(seq, event_id, kind, 1000, 2000, "local", 1, visitor, b"", b"subject", payload)


def digests(rows):
    body = b"".join(
        number(r.seq) + bytes.fromhex(r.id) + number(r.kind, 2) + number(r.event_time_ms) + number(r.received_at_ms)
        + number(5, 4) + b"local" + number(1, 2) + number(len(r.payload), 4) + r.payload for r in rows)
    subjects = b"".join(
        number(r.seq) + number(len(r.visitor), 4) + r.visitor + number(0, 4) + number(7, 4) + b"subject" for r in rows)
    return blake(b"utarg.batch.v1", body), blake(b"utarg.batch.v1", subjects)


def book(slug, *groups):
    """A journal whose batches are these groups of rows."""
    chain, batches = blake(b"utarg.genesis.v1", slug.encode()), []
    for rows in groups:
        digest, subjects = digests(rows)
        chain = blake(b"utarg.chain.v1", chain, number(rows[0].seq), number(rows[-1].seq), digest)
        batches.append(journal.Batch(rows[0].seq, rows[-1].seq, digest, subjects, chain))
    rows = [one for group in groups for one in group]
    return {slug: journal.Journal(slug, journal.Head(rows[-1].seq, 1, chain), rows, batches)}


def told(*lines):
    made = history.History()
    for line in lines:
        history.parse_line(line + "\n", made)
    return made


GOOD = (
    f"send 100 0 1 {A} demo 0", f"reply 200 0 1 {A} OK 2 1",
    f"send 150 1 2 {B} demo 1", "reply 180 1 2 * BUSY 0 0",
    f"send 300 1 3 {B} demo 1", f"send 300 1 3 {C} demo 2", f"reply 900 1 3 {B} DUPLICATE 3 1", f"reply 900 1 3 {C} OK 4 1",
)


def good():
    return book("demo", [row(1, D, kind=110)], [row(2, A)], [row(3, B), row(4, C)])


def faults_of(check, *arguments):
    return list(check(*arguments))


def changed(books, **fields):
    return {"demo": books["demo"]._replace(**fields)}


def head(books, **fields):
    return changed(books, head=books["demo"].head._replace(**fields))


def test_the_good_history_has_no_fault():
    known = {event_id: ("demo", hashlib.sha256(b"view").hexdigest()) for event_id in (A, B, C)}
    assert checker.check(told(*GOOD), good(), known) == []
    assert checker.text([]) == ""


def rows_without(books, event_id):
    return changed(books, rows=[one for one in books["demo"].rows if one.id != event_id])


BAD = [
    ("C1", checker.lost, GOOD, rows_without(good(), B)),
    ("C2", checker.phantom, GOOD[:4], good()),  # C was never sent
    ("C3", checker.doubled, GOOD, book("demo", [row(1, D, kind=110)], [row(2, A)], [row(3, B), row(4, C), row(5, A)])),
    ("C4", checker.gap, GOOD, book("demo", [row(1, D, kind=110)], [row(2, A)], [row(4, B), row(5, C)])),
    ("C4", checker.gap, GOOD, head(good(), seq=5)),
    ("C4", checker.gap, GOOD, changed(good(), batches=good()["demo"].batches[:2])),
    ("C5", checker.wrong_seq, (*GOOD, f"reply 950 0 1 {A} DUPLICATE 3 1"), good()),
    ("C5", checker.wrong_seq, (*GOOD, f"reply 950 0 1 {A} DUPLICATE 2 2"), good()),
    ("C5", checker.wrong_seq, (*GOOD, f"reply 950 0 1 {A} DUPLICATE 2 0"), good()),
    ("C6", checker.disorder, (f"send 100 0 1 {C} demo 2", f"reply 200 0 1 {C} OK 4 1", f"send 201 0 2 {A} demo 0"), good()),
]


@pytest.mark.parametrize("name,check,lines,books", BAD, ids=[f"{one[0]}-{at}" for at, one in enumerate(BAD)])
def test_a_broken_history_is_caught(name, check, lines, books):
    assert faults_of(check, told(*GOOD), good()) == []
    faults = faults_of(check, told(*lines), books)
    assert faults and {fault.check for fault in faults} == {name}
    assert name in checker.text(faults)


def test_c1_looks_into_the_right_shop():
    books = good() | book("other", [row(1, D, kind=110)])
    assert faults_of(checker.lost, told(f"send 1 0 1 {A} other 0", f"reply 2 0 1 {A} OK 2 1"), books)


def test_c2_sees_other_bytes():
    known = {event_id: ("demo", hashlib.sha256(b"other").hexdigest()) for event_id in (A, B, C)}
    assert len(faults_of(checker.phantom, told(*GOOD), good(), known)) == 3


def test_c6_allows_what_overlapped():
    lines = (f"send 100 0 1 {C} demo 2", f"reply 200 0 1 {C} OK 4 1", f"send 199 0 2 {A} demo 0")
    assert faults_of(checker.disorder, told(*lines), good()) == []


def test_c7():
    books = good()
    chain = books["demo"].batches[1].chain
    assert faults_of(checker.rung, [("demo", 1, 2, chain), ("demo", 1, 4, None), ("demo", 1, 0, b"")], books) == []
    assert faults_of(checker.rung, [("demo", 1, 5, None)], books)  # never committed
    assert faults_of(checker.rung, [("demo", 1, 2, b"x" * 32)], books)  # rolled back, and others took its place
    assert faults_of(checker.rung, [("demo", 1, 3, chain)], books)  # in the middle of a batch


def test_c8():
    read = [(1, D), (2, A), (3, B), (4, C)]
    assert faults_of(checker.skipped, {"demo": read}, good()) == []
    assert faults_of(checker.skipped, {"demo": read[:2]}, good()) == []  # not at the end yet
    assert faults_of(checker.skipped, {"demo": [(1, D), (3, B)]}, good())
    assert faults_of(checker.skipped, {"demo": [*read[:3], (4, A)]}, good())
    assert faults_of(checker.skipped, {"demo": [*read, (5, A)]}, good())


def test_c9():
    place, nothing = ("orders", 3, "total", "-", 0), lambda kpi: (0, 1)
    assert faults_of(checker.wrong_figures, "demo", {place: (2, 1)}, {place: (2, 1)}, nothing) == []
    assert faults_of(checker.wrong_figures, "demo", {place: (0, 1)}, {}, nothing) == []
    assert faults_of(checker.wrong_figures, "demo", {place: (2, 1)}, {place: (3, 1)}, nothing)
    assert faults_of(checker.wrong_figures, "demo", {}, {place: (3, 1)}, nothing)


def test_c10():
    assert faults_of(checker.stale, "demo", {"t": "1"}, {"t": "1"}) == []
    assert faults_of(checker.stale, "demo", {"t": "1", "closed": "7"}, {"t": "1"}) == []
    assert faults_of(checker.stale, "demo", {"t": "1"}, {"t": "2"})
    assert faults_of(checker.stale, "demo", {}, {"t": "2"})


def test_c11():
    assert faults_of(checker.dead, {"ingest": True}, "OK") == []
    assert faults_of(checker.dead, {"ingest": True, "metrics": False}, "OK")
    assert faults_of(checker.dead, {"ingest": True}, "BUSY")


@pytest.mark.parametrize("spoil", [
    lambda rows: [rows[0], rows[1]._replace(payload=b"vieW"), *rows[2:]],
    lambda rows: [rows[0], rows[1]._replace(visitor=b"w"), *rows[2:]],
    lambda rows: rows[:2] + rows[3:],
    lambda rows: [rows[0], rows[1], rows[3], rows[2]],
    lambda rows: [rows[0]._replace(received_at_ms=2001), *rows[1:]],
])
def test_c12_sees_every_row(spoil):
    books = good()
    assert faults_of(checker.broken_chain, books) == []
    assert faults_of(checker.broken_chain, changed(books, rows=spoil(books["demo"].rows)))


def test_c12_sees_the_links():
    books = good()
    batches = books["demo"].batches
    assert faults_of(checker.broken_chain, changed(books, batches=batches[:1] + batches[2:]))
    assert faults_of(checker.broken_chain, head(books, chain=b"x" * 32))
    books = {"other": books["demo"]}  # the chain is bound to the slug
    assert faults_of(checker.broken_chain, books)


def test_c13():
    before = {"ingest": (50_000, 40), "sessions": 9}
    assert faults_of(checker.leaked, before, {"ingest": (60_000, 42), "sessions": 8}) == []
    assert faults_of(checker.leaked, before, {"ingest": (500_000, 40), "sessions": 9})
    assert faults_of(checker.leaked, before, {"ingest": (50_000, 90), "sessions": 9})
    assert faults_of(checker.leaked, before, {"ingest": (50_000, 40), "sessions": 10})


def test_a_line_cut_short_says_nothing():
    made = history.History()
    history.parse_line(f"send 100 0 1 {A[:5]}", made)
    assert not made.sends
    with pytest.raises(ValueError):
        history.parse_line("sent 1\n", made)
