# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Carts and the funnel: what is counted of carts.py and sessions.py."""
from oracle.facts import Fact, summed

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
            place = shop.place_of_visitor(cart.first_add)
            for measure, t, amount in counted(cart, as_of_ms):
                yield Fact(measure, t, place, amount)
    for session in shop.sessions.all:
        for step in session.reached:
            yield Fact(f"reached_{step}", session.start, session.place)


def counted(cart, as_of_ms):
    """Of a cart that ever held an item; all of it stands where its first add does."""
    state, first = cart.state(as_of_ms), cart.first_add.t
    yield "carts", first, 1
    yield f"carts_{state}", first, 1
    yield "carts_recovered", first, int(state == "ordered" and cart.has_lapse)
    if cart.first_checkout:
        yield f"checkouts_{state}", cart.first_checkout.t, 1
    if cart.first_attempt is not None:
        yield "attempts", cart.first_attempt, 1
        yield "failed_attempts", cart.first_attempt, int(cart.payment_failed(as_of_ms))
