# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""`utarg verify`: the same verdict however little memory it may use, and whatever is changed behind the service's
back is found and named."""
import json
import re

import pytest

from test_cli import psql
from test_shuffled import History, group

EVENTS = 1200
SMALL = ("--memory-mib", 1)


@pytest.fixture(scope="module")
def filled(stack):
    """A shop with a tangled history; its slug and number."""
    slug = stack.add_shop("judged")
    events = History(slug, 11).make(EVENTS)
    for publication, origin in group(events):
        stack.publisher().accept(publication, origin)
    stack.settle(slug)
    return slug, psql(stack, f"SELECT shop_id FROM office.shop WHERE slug = '{slug}'")


def verdict(stack, slug, *args):
    done = stack.cli("verify", slug, "--json", *args)
    assert done.returncode in (0, 6), done.stderr
    found = json.loads(done.stdout)
    assert found["verified"] == (done.returncode == 0)
    return found


def test_little_memory_gives_the_same_verdict(stack, filled):
    much, little = verdict(stack, filled[0]), verdict(stack, filled[0], *SMALL)
    assert much["verified"] and little["verified"]
    assert little["replay_checkpoints"] > 10 * much["replay_checkpoints"]
    for field in ("events", "cells", "entities", "history", "chain"):
        assert much[field] == little[field]
    assert much["cells"] > 1000 and much["entities"] > 100 and much["history"] > 100


def test_scratch_files_that_cannot_be_made(stack, filled):
    done = stack.cli("verify", filled[0], "--scratch-dir", "/nowhere")
    assert done.returncode == 3 and "/nowhere" in done.stderr and "--scratch-dir" in done.stderr


def test_scratch_files_in_a_folder_of_the_environment(stack, filled, tmp_path, monkeypatch):
    """As the option: where /var/tmp cannot be written, such as in a container, all of it goes elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setitem(stack.environment, "UTARG_SCRATCH_DIR", str(elsewhere))
    done = stack.cli("verify", filled[0])
    assert done.returncode == 3 and str(elsewhere) in done.stderr
    elsewhere.mkdir()
    assert stack.cli("verify", filled[0]).returncode == 0


def test_without_a_terminal_little_is_said(stack, filled):
    done = stack.cli("verify", filled[0])
    assert done.returncode == 0 and done.stderr == ""  # a line every ten seconds, and this takes less


# One row each that somebody changes, and what is said about it.
ONE_CELL = "WHERE ctid = (SELECT ctid FROM metrics.cell WHERE shop_id = {shop} AND measure = %d AND dimension = 1 AND grain = 4 ORDER BY bucket LIMIT 1)"
ONE_ENTITY = "WHERE ctid = (SELECT ctid FROM metrics.entity WHERE shop_id = {shop} AND kind = %d ORDER BY key LIMIT 1)"
ONE_ROW = "WHERE ctid = (SELECT ctid FROM metrics.day_history WHERE shop_id = {shop} ORDER BY day, seq OFFSET %d LIMIT 1)"
PLANTED = [
    ("UPDATE metrics.cell SET value = value + 1 " + ONE_CELL % 11, "cell ORDERS total - day"),
    ("UPDATE metrics.cell SET revision = revision - 1 " + ONE_CELL % 12, "cell UNITS total - day"),
    ("UPDATE metrics.cell SET key = 'x' " + ONE_CELL % 4, "cell PAGE_VIEWS total x day"),
    (None, "cell PAGE_VIEWS total - day"),  # which is missing now
    ("UPDATE metrics.entity SET state = set_byte(state, 3, get_byte(state, 3) # 1) " + ONE_ENTITY % 2, ": another state is stored"),
    ("UPDATE metrics.entity SET due = '2099-01-01Z' " + ONE_ENTITY % 3, ": another due date is stored"),
    ("UPDATE metrics.entity SET key = 'x' || key " + ONE_ENTITY % 4, ": stored, and the journal knows nothing of it"),
    (None, "^order .*: not stored"),
    ("UPDATE metrics.day_history SET changes = changes || '\\x00' " + ONE_ROW % 0, "^history .*: other changes are stored"),
    ("UPDATE metrics.day_history SET received_at = received_at + interval '1 ms' " + ONE_ROW % 1, "^history .*: another time of receipt"),
    ("DELETE FROM metrics.day_history " + ONE_ROW % 2, "^history .*: not stored"),
]


def test_what_was_planted_is_found(stack, filled):
    """Last: nothing is taken back."""
    slug, shop = filled
    for sql, _ in PLANTED:
        if sql:
            psql(stack, sql.format(shop=shop))
    for memory in ((), SMALL):
        found = verdict(stack, slug, *memory)
        assert found["difference_count"] == len(PLANTED) and found["chain"] == "ok", found
        for _, said in PLANTED:
            assert sum(bool(re.search(said, line)) for line in found["differences"]) == 1, (said, found["differences"])
    psql(stack, f"UPDATE journal.event SET principal = principal || 'x' WHERE shop_id = {shop} AND seq = 40")
    found = verdict(stack, slug, *SMALL)
    assert found["difference_count"] == len(PLANTED) + 1 and found["chain"] != "ok"
