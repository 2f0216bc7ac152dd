# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The journal as it lies in PostgreSQL, read by psql as utarg_operator, and its digests said a second time, from the
table "Digests" of docs/ARCHITECTURE.md with Python's own BLAKE2b."""
import hashlib
import os
import pathlib
import subprocess
import typing


class Row(typing.NamedTuple):
    seq: int
    id: str
    kind: int
    event_time_ms: int
    received_at_ms: int
    principal: str
    origin: int
    visitor: bytes
    customer: bytes
    subject: bytes
    payload: bytes


class Batch(typing.NamedTuple):
    first_seq: int
    last_seq: int
    digest: bytes
    subject_digest: bytes
    chain: bytes


class Head(typing.NamedTuple):
    seq: int
    epoch: int
    chain: bytes


class Journal(typing.NamedTuple):
    slug: str
    head: Head
    rows: list
    batches: list


# ---- reading -----------------------------------------------------------------------------------------------

HEADS = """SELECT s.slug, h.shop_id, h.seq, h.epoch, h.chain FROM journal.head h JOIN office.shop s USING (shop_id)
 ORDER BY s.slug"""
ROWS = """SELECT seq, replace(event_id::text, '-', ''), kind, (extract(epoch FROM event_time) * 1000)::bigint,
 (extract(epoch FROM received_at) * 1000)::bigint, principal, origin, coalesce(visitor, ''), coalesce(customer, ''),
 coalesce(subject, ''), payload FROM journal.event WHERE shop_id = {shop} ORDER BY seq"""
BATCHES = """SELECT first_seq, last_seq, digest, subject_digest, chain FROM journal.batch WHERE shop_id = {shop}
 ORDER BY last_seq"""


def conninfo(data, user="utarg_operator"):
    return (f"host='{data}/run' port=5432 dbname=utarg user={user} passfile='{data}/secrets/{user}.pgpass'"
            " connect_timeout=10")


def psql_path():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"), key=lambda path: int(path.parts[-3]))
    return str(found[-1]) if found else "psql"


def psql(data, script, user="utarg_operator"):
    """What a script printed, unaligned and without headers; an error of it is an AssertionError."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    done = subprocess.run(
        [psql_path(), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", conninfo(data, user)],
        input=script, capture_output=True, text=True, env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _bytes(text):
    return bytes.fromhex(text[3:])  # \\x: COPY doubles the backslash


def _row(line):
    seq, event_id, kind, event_time, received, principal, origin, *blobs = line.split("\t")
    return Row(int(seq), event_id, int(kind), int(event_time), int(received), principal, int(origin),
               *map(_bytes, blobs))


def _batch(line):
    first, last, *digests = line.split("\t")
    return Batch(int(first), int(last), *map(_bytes, digests))


def read(data, *slugs):
    """{slug: Journal} of one moment; of all shops when none is named."""
    snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n"
    heads = [line.split("\t") for line in psql(data, f"COPY ({HEADS}) TO STDOUT;").splitlines()]
    wanted = {slug: int(shop) for slug, shop, *_ in heads if slug in slugs or not slugs}
    script = snapshot + f"COPY ({HEADS}) TO STDOUT;\n"
    for slug, shop in wanted.items():
        for what in (ROWS, BATCHES):
            script += f"\\echo\nCOPY ({what.format(shop=shop)}) TO STDOUT;\n"
    return _journals(wanted, _sections(psql(data, script)))


def _sections(text):
    """Lines between the empty ones that \\echo prints; rows are never empty."""
    out = [[]]
    for line in text.split("\n")[:-1]:
        if line:
            out[-1].append(line)
        else:
            out.append([])
    return out


def _journals(wanted, sections):
    heads = {}
    for line in sections[0]:
        slug, _, seq, epoch, chain = line.split("\t")
        heads[slug] = Head(int(seq), int(epoch), _bytes(chain))
    return {
        slug: Journal(slug, heads[slug], [_row(line) for line in sections[1 + 2 * at]],
                      [_batch(line) for line in sections[2 + 2 * at]])
        for at, slug in enumerate(wanted)
    }


# ---- digests -----------------------------------------------------------------------------------------------


def _blob(content):
    return len(content).to_bytes(4, "big") + content


def _number(value, size):
    return (value & (1 << 8 * size) - 1).to_bytes(size, "big")


def _digest(label, *parts):
    digest = hashlib.blake2b(label, digest_size=32)
    for part in parts:
        digest.update(part)
    return digest.digest()


def row_bytes(row):
    return b"".join((_number(row.seq, 8), bytes.fromhex(row.id), _number(row.kind, 2), _number(row.event_time_ms, 8),
                     _number(row.received_at_ms, 8), _blob(row.principal.encode()), _number(row.origin, 2),
                     _blob(row.payload)))


def batch_digest(rows):
    return _digest(b"utarg.batch.v1", *map(row_bytes, rows))


def subject_digest(rows):
    return _digest(b"utarg.batch.v1", *(
        _number(row.seq, 8) + _blob(row.visitor) + _blob(row.customer) + _blob(row.subject) for row in rows))


def genesis(slug):
    return _digest(b"utarg.genesis.v1", slug.encode())


def link(previous, first_seq, last_seq, digest):
    return _digest(b"utarg.chain.v1", previous, _number(first_seq, 8), _number(last_seq, 8), digest)


def sha256(payload):
    return hashlib.sha256(payload).hexdigest()
