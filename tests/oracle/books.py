# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Books: what the shop's own digests say of its days. Total only."""
from oracle.facts import DAYS, TOTAL, WHOLE_DAYS, Fact, summed
from oracle.orders import CANCELLED
from oracle.places import TOTAL as EVERYWHERE
from oracle.told import group, latest
from oracle.windows import parse_day

ROWS = [
    summed("books_coverage", "rows_that_agree", "rows", windows=WHOLE_DAYS, dimensions=TOTAL),
    summed("books_missing", "missing", windows=WHOLE_DAYS, dimensions=TOTAL),
    summed("books_extra", "extra", windows=WHOLE_DAYS, dimensions=TOTAL),
    summed("books_day_agrees", "days_that_agree", "digests", windows=(DAYS,), dimensions=TOTAL),
]


def facts(shop, as_of_ms):
    digests = group(shop.of("order_digest"), lambda event: parse_day(event.body.day))
    for day, told in digests.items():
        digest = latest(told).body
        placed = [order for order in shop.orders if shop.calendar.date(order.placed_at) == day]
        for measure, amount in compare(shop, digest, placed).items():
            yield Fact(measure, shop.calendar.midnight(day), EVERYWHERE, amount)


def agrees(shop, row):
    order = shop.order.get(row.order_id)
    return (order is not None and order.is_cancelled == (row.status == CANCELLED) and order.gross == row.gross_minor
            and order.content.currency == row.currency)


def compare(shop, digest, placed):
    """{measure: amount} of a digest and the orders of its day."""
    amounts = {"digests": 1}
    if not digest.rows:
        currency = digest.currency or shop.currency
        ours = [order.gross for order in placed if order.content.currency == currency]
        amounts["days_that_agree"] = int(len(ours) == digest.order_count and sum(ours) == digest.gross_minor)
        return amounts
    rows = {row.order_id: row for row in reversed(digest.rows)}  # of two rows of an order the first
    right = sum(agrees(shop, row) for row in rows.values())
    extra = sum(order.id not in rows for order in placed)
    missing = sum(order_id not in shop.order for order_id in rows)
    days = int(right == len(rows) and not extra)
    return amounts | {"rows": len(rows), "rows_that_agree": right, "missing": missing, "extra": extra,
                      "days_that_agree": days}
