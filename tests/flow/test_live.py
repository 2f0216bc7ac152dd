# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is live changes as minutes pass, without any event: subscribers are told when a minute begins."""
from harness import utarg as harness
from harness.events import MINUTE, Shop

MOBILE, TABLET = 2, 3


def test_live_visitors_come_and_go_with_the_clock(stack, new_shop, publisher):
    shop = Shop(new_shop())
    subscriber = stack.subscriber(f"kpi/{shop.slug}/live_visitors/")
    subscriber.until(lambda name, update: update.figure.value == "0", what="nobody")
    # All before the figures of the next minute are told.
    harness.wait_until(lambda: harness.now_ms() % MINUTE < 45_000, timeout=30, what="a minute that has just begun")
    now = harness.now_ms()
    minute = now - now % MINUTE
    last = minute - 4 * MINUTE - 1_000  # live up to this minute
    publisher.accept([
        shop.page_view("going", last, context={"device": MOBILE}),
        shop.page_view("gone", last, context={"device": MOBILE}),
        shop.page_view("coming", now, context={"device": TABLET}),  # live from the next minute on
    ])
    told = {}  # (start, key): the last update

    def take(name, update):
        figure = update.figure
        assert figure.start_ms <= harness.now_ms(), "a minute was told before it began"
        told[figure.start_ms, figure.key.replace("-", "total")] = update
        return {key: seen.figure.value for (start, key), seen in told.items() if start == figure.start_ms}

    def until(start, **wanted):
        subscriber.until(
            lambda name, update: wanted.items() <= take(name, update).items() and update.figure.start_ms == start,
            timeout=70, what=f"{wanted} at {start}",
        )
        return {told[start, key].reason for key in wanted}

    reasons = harness.proto().metrics
    assert until(minute, total="2", mobile="2") == {reasons.REASON_NEW}
    assert until(minute + MINUTE, total="1", mobile="0", tablet="1") == {reasons.REASON_CLOCK}
