# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sales, by order date where nothing else is said."""
import dataclasses

from oracle import money
from oracle.facts import WHOLE_DAYS, Fact, distinct, percentile, standing, summed
from oracle.windows import DAY

SPEND = ("total", "marketing_channel", "campaign")
UNPAID_DAYS = (1, 3, 7)
ROWS = [
    summed("conversion_rate", "converted", "sessions"),
    summed("conversion_rate_net", "converted_net", "sessions"),
    distinct("visitor_conversion_rate", "buyer", "visitor"),
    summed("orders", "orders"),
    summed("units", "units"),
    summed("units_per_order", "units", "orders"),
    summed("gmv", "gmv"),
    summed("net_revenue", "net"),
    summed("net_revenue_by_refund_date", "placed_net -given_back"),
    summed("refunds_by_refund_date", "given_back"),
    summed("turnover", "turnover"),
    summed("paid_revenue", "paid"),
    *(standing(f"unpaid_orders_{days}d", f"unpaid_{days}d") for days in UNPAID_DAYS),
    summed("basket_value", "basket", "baskets"),
    percentile("basket_value_p50", "basket", 50, exact=True),
    percentile("basket_value_p90", "basket", 90, exact=True),
    summed("basket_value_gross", "basket basket_tax", "baskets"),
    summed("discount_rate", "discounts", "gmv"),
    summed("coupon_share", "coupon_orders", "orders"),
    summed("payment_mix", "by_method", dimensions=("total", "payment_method")),
    summed("cancel_rate", "cancelled", "orders"),
    summed("refund_rate", "refunded_net", "placed_net"),
    summed("refund_rate_by_count", "refunded_orders", "orders"),
    summed("unattributed_orders", "unattributed"),
    summed("identified_order_share", "orders -unattributed", "orders"),
    summed("foreign_orders", "foreign"),
    summed("refund_excess", "excess"),
    summed("contribution_margin", "net -cost_of_goods -order_cost -commission -spend", windows=WHOLE_DAYS, dimensions=SPEND),
    summed("margin_cost_coverage", "net_of_known_cost", "net", windows=WHOLE_DAYS, dimensions=SPEND),
    summed("new_customers", "new_customers"),
]


def facts(shop, as_of_ms):
    for session in shop.sessions.all:
        yield Fact("converted", session.start, session.place, int(bool(session.orders)))
        yield Fact("converted_net", session.start, session.place, int(any(order.is_valid for order in session.orders)))
        if session.orders:
            yield Fact("buyer", session.start, session.place, session.visitor)
    for order in shop.orders:
        yield from counted(order)
        if order.convert:
            yield from valued(order)
            yield from costs(shop, order)
        yield from unpaid(order, as_of_ms)
    yield from cash(shop)
    for orders in shop.customers.values():
        yield Fact("new_customers", orders[0].placed_at, orders[0].place)


def counted(order):
    """What needs no money of the shop's currency."""
    amounts = {"orders": 1, "units": order.units, "cancelled": int(order.is_cancelled),
               "unattributed": int(order.session is None), "foreign": int(order.convert is None),
               "coupon_orders": int(order.content.coupon != ""),
               "refunded_orders": int(not order.is_cancelled and bool(order.refunds))}
    for measure, amount in amounts.items():
        yield Fact(measure, order.placed_at, order.place, amount)
    method = dataclasses.replace(order.place, payment_method=order.content.payment_method or "unknown")
    yield Fact("by_method", order.placed_at, method)


def valued(order):
    stands, convert = not order.is_cancelled, order.convert
    gmv, net = convert(order.gmv), convert(order.paid.items)
    kept = [convert(paid) - convert(back) if stands else 0 for paid, back in zip(order.paid, order.refunded)]
    amounts = {"gmv": gmv, "placed_net": net, "discounts": gmv - net, "net": order.net, "turnover": sum(kept),
               "refunded_net": convert(order.refunded.items) if stands else 0}
    if stands:
        amounts |= {"basket": net, "baskets": 1, "basket_tax": convert(order.lines_tax)}
    for measure, amount in amounts.items():
        yield Fact(measure, order.placed_at, order.place, amount)
    for measure, steps in (("given_back", order.given_back), ("excess", order.excess)):
        for t, before, after in steps:
            yield Fact(measure, t, order.place, convert(after) - convert(before))


def costs(shop, order):
    known = [line for line in order.lines if shop.offers.cost(order, line) is not None]
    taken = sum(line.taken for line in known)
    of_known = order.convert(sum(line.net for line in known)) - order.convert(taken)
    yield Fact("net_of_known_cost", order.placed_at, order.place, 0 if order.is_cancelled else of_known)
    for line in known:
        yield Fact("cost_of_goods", order.placed_at, order.place, shop.offers.kept_cost(order, line))
    yield Fact("order_cost", order.placed_at, order.place, order_costs(shop, order))


def order_costs(shop, order):
    amounts = [order.in_shop_money(event.body.currency, event.body.net_minor, shop.currency)
               for event in order.of("order_cost")]
    return sum(amount for amount in amounts if amount is not None)


def unpaid(order, as_of_ms):
    """Since it was so many times 24 h old, until it is paid or cancelled."""
    ends = [t for t in (order.cancelled_at, order.paid_at) if t is not None]
    for days in UNPAID_DAYS:
        since = order.placed_at + days * DAY
        if since <= as_of_ms and all(since < end for end in ends):
            yield Fact(f"unpaid_{days}d", since, order.place)
            if ends:
                yield Fact(f"unpaid_{days}d", min(ends), order.place, -1)


def cash(shop):
    """Payments, and refunds whose order nobody knows."""
    for event in shop.of("order_paid"):
        order, body = shop.order.get(event.body.order_id), event.body
        if order:
            amount = order.in_shop_money(body.currency, body.amount_minor, shop.currency)
        else:
            amount = body.amount_minor if body.currency == shop.currency else None
        if amount is not None:
            yield Fact("paid", event.t, shop.place_of_order(event), amount)
    for event in shop.unlinked_refunds:
        if event.body.currency == shop.currency:
            yield Fact("given_back", event.t, shop.place_of(event), money.refund_items(event.body))
