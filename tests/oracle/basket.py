# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Carts and the funnel: what is counted of carts.py and sessions.py."""
from oracle.facts import Fact, summed
from oracle.orders import Order

STEPS = ("view_item", "add_to_cart", "begin_checkout", "order")
ROWS = [
    summed("carts", "carts"),
    summed("cart_abandonment_rate", "carts_abandoned", "carts_abandoned carts_ordered"),
    summed("cart_recovery_rate", "carts_recovered", "carts_recovered carts_abandoned"),
    summed("checkout_abandonment_rate", "checkouts_abandoned", "checkouts_abandoned checkouts_ordered"),
    summed("payment_failure_rate", "failed_attempts", "attempts"),
    *(summed(f"funnel_{step}", f"reached_{step}", "sessions") for step in STEPS),
]


def facts(shop, as_of_ms):
    for cart in shop.carts:
        if cart.first_add:
            yield from held(shop, cart, as_of_ms)
        if attempt := cart.first_attempt:
            is_order = isinstance(attempt, Order)
            t, place = (attempt.placed_at, attempt.place) if is_order else (attempt.t, shop.place_of_visitor(attempt))
            yield Fact("attempts", t, place)
            yield Fact("failed_attempts", t, place, int(cart.payment_failed(as_of_ms)))
    for session in shop.sessions.all:
        for step in session.reached:
            yield Fact(f"reached_{step}", session.start, session.place)


def held(shop, cart, as_of_ms):
    """Of a cart that ever held an item."""
    state, first = cart.state(as_of_ms), cart.first_add
    place = shop.place_of_visitor(first)
    yield Fact("carts", first.t, place)
    yield Fact(f"carts_{state}", first.t, place)
    if state == "ordered" and cart.has_lapse:
        yield Fact("carts_recovered", first.t, place)
    if checkout := cart.first_checkout:
        yield Fact(f"checkouts_{state}", checkout.t, shop.place_of_visitor(checkout))
