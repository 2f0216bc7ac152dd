# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""P5: gapless, in commit order, chained: a superuser who changes, takes away or swaps rows is found, with the shop and the
batch. (C4 to C6 on a journal under faults are part of every other test here.)"""
import pytest

from faults import checker, journal, world

VERIFICATION_FAILED = 6
ROW = "shop_id = {id} AND seq = {seq}"
TAMPER = {
    "flip": ["UPDATE journal.event SET payload = set_byte(payload, 40, get_byte(payload, 40) # 1) WHERE " + ROW],
    "delete": ["DELETE FROM journal.event WHERE " + ROW],
    "reorder": [
        "UPDATE journal.event SET seq = -1 WHERE " + ROW,
        "UPDATE journal.event SET seq = {seq} WHERE shop_id = {id} AND seq = {seq} + 1",
        "UPDATE journal.event SET seq = {seq} + 1 WHERE shop_id = {id} AND seq = -1",
    ],
    "subject": ["UPDATE journal.event SET visitor = 'another' WHERE " + ROW],
    "batch": ["UPDATE journal.batch SET digest = sha256(digest) WHERE shop_id = {id} AND last_seq >= {seq}"
              " AND first_seq <= {seq}"],
    "cut": ["DELETE FROM journal.event WHERE shop_id = {id} AND seq >= {seq}",
            "DELETE FROM journal.batch WHERE shop_id = {id} AND last_seq >= {seq}"],
}


@pytest.mark.parametrize("how", TAMPER)
def test_found(stack, how):
    shop = stack.add_shop(f"tampered-{how}")
    world.Load(stack, [shop], events=400, publishers=1, window=1, batch=20).run()
    stack.settle(shop)
    stack.verify(shop)
    before = journal.read(stack.data, shop)
    assert not list(checker.broken_chain(before)) and not list(checker.gap(None, before))

    number = journal.psql(stack.data, f"SELECT shop_id FROM office.shop WHERE slug = '{shop}'").strip()
    seq = before[shop].batches[10].first_seq + 3
    for statement in TAMPER[how]:
        journal.psql(stack.data, statement.format(id=number, seq=seq) + ";", user="utarg_owner")

    done = stack.cli("verify", shop)
    assert done.returncode == VERIFICATION_FAILED, done.stdout + done.stderr
    said = done.stdout + done.stderr
    batch = before[shop].batches[10]
    assert shop in said or f"shop {number}" in said, said
    if how == "cut":
        assert f"event {batch.first_seq} belongs to no batch" in said, said
    else:
        assert f"batch {batch.first_seq}..{batch.last_seq}" in said, said
    after = journal.read(stack.data, shop)
    assert [*checker.broken_chain(after), *checker.gap(None, after)]
