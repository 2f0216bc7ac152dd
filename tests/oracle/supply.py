# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Supply and reviews, by order date where nothing else is said."""
import dataclasses

from oracle.facts import SIX, WHOLE_DAYS, Fact, percentile, summed
from oracle.told import group, latest

ROWS = [
    percentile("fulfilment_hours_p50", "fulfilment_ms", 50),
    percentile("fulfilment_hours_p90", "fulfilment_ms", 90),
    summed("on_time_rate", "on_time", "promised", windows=WHOLE_DAYS),
    summed("return_rate", "returned", "fulfilled"),
    summed("parcel_refused_rate", "refused", "fulfilled"),
    summed("review_score", "review_scores", "reviews", dimensions=(*SIX, "offer")),
]


def facts(shop, as_of_ms):
    for order in shop.orders:
        if order.fulfilled_at is not None:
            amounts = {"fulfilment_ms": max(0, order.fulfilled_at - order.placed_at), "fulfilled": 1,
                       "returned": int(bool(order.of("return_received"))),
                       "refused": int(bool(order.of("parcel_refused")))}
            for measure, amount in amounts.items():
                yield Fact(measure, order.placed_at, order.place, amount)
        if order.promised_day and not order.is_cancelled:
            yield from promised(shop, order, as_of_ms)
    for reviews in group(shop.of("review_posted"), lambda event: event.body.review_id).values():
        last = latest(reviews)
        place = dataclasses.replace(shop.place_of(last), offer=last.body.sku or None)
        yield Fact("reviews", last.t, place)
        yield Fact("review_scores", last.t, place, last.body.score)


def promised(shop, order, as_of_ms):
    """At the promised day, once it is delivered or the day has passed."""
    start, end = shop.calendar.midnight(order.promised_day), shop.calendar.day_end(order.promised_day)
    delivered = order.delivered_at
    if delivered is not None or end <= as_of_ms:
        yield Fact("promised", start, order.place)
        yield Fact("on_time", start, order.place, int(delivered is not None and delivered < end))
