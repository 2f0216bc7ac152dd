# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""P3 and P4: an id is an identity for as long as the event exists. Everything is sent again after a restart, shuffled,
over other connections, and changes nothing; the same ids with another content are told apart, each of them."""
from faults import checker, history, journal, world
from harness import utarg as harness

EVENTS = world.amount(20_000, 1_000_000)
CHANGED = world.amount(300, 1_000)
FOLDED_A_SECOND = 2_000  # at least, on a busy machine


def figures(stack, shop):
    """All that the clock does not move without any event."""
    stack.settle(shop, timeout=harness.TIMEOUT_S + EVENTS / FOLDED_A_SECOND)
    clocked = {row["kpi"] for row in harness.kpi_rows() if row["clock"]}
    return {place: figure for place, figure in stack.everything(shop).items() if place[0] not in clocked}


def test_everything_again_changes_nothing(own_stack):
    seed = world.new_seed()
    shops = [own_stack.add_shop("one"), own_stack.add_shop("two")]
    how = {"seed": seed, "batch": 200, "window": 8, "visit_ms": 2_000}
    first = world.Load(own_stack, shops, events=EVENTS, **how)
    summary = first.run()
    assert summary["codes"]["OK"] == EVENTS, summary
    before = {shop: figures(own_stack, shop) for shop in shops}
    heads = {slug: one.head for slug, one in journal.read(own_stack.data).items()}

    own_stack.down()  # nothing it could remember
    own_stack.up()
    again = world.Load(own_stack, shops, resend=f"0-{EVENTS - 1}", shuffle_seed=seed, publishers=6,
                       **how | {"batch": 170})
    resent = again.run()
    assert resent["codes"] == {"DUPLICATE": EVENTS}, resent
    books = journal.read(own_stack.data, *shops)
    assert {slug: one.head for slug, one in books.items()} == heads
    told = history.read(first.path, again.path)
    world.assert_none(checker.check(told, books, first.known()))  # C5: each DUPLICATE tells the original's seq
    assert {shop: figures(own_stack, shop) for shop in shops} == before
    for shop in shops:
        own_stack.verify(shop)
    world.report("P3", events=EVENTS, new_per_s=summary["acked_per_s"], duplicates_per_s=resent["acked_per_s"])


def test_other_content_is_a_conflict(own_stack):
    shop = own_stack.add_shop("told")
    first = world.Load(own_stack, [shop], events=CHANGED)
    first.run()
    before = journal.read(own_stack.data, shop)
    changed = world.Load(own_stack, [shop], resend=f"0-{CHANGED - 1}", change=1000)
    assert changed.run()["codes"] == {"CONFLICT": CHANGED}
    assert journal.read(own_stack.data, shop) == before
    world.assert_none(checker.wrong_seq(history.read(first.path, changed.path), before))
    # Within one request, too: the first counts.
    publisher = own_stack.publisher()
    view = world.Shop(shop).page_view("v", harness.now_ms())
    other = type(view).FromString(view.SerializeToString())
    other.event.source = "another"
    codes = [harness.code_name(result.code) for result in publisher.publish([view, other, view])]
    assert codes == ["OK", "CONFLICT", "DUPLICATE"]
