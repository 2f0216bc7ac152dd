# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A third voice for the figures that matter most, in plain SQL over rows of what was told: sessions by gaps and
islands, carts by recursion, windows by PostgreSQL's own time zones. Only decoding and the arithmetic of one order's
money are Python's. `figures(ask, shop, as_of_ms)` gives the totals by day, week and month as oracle.figures does;
`ask` runs a script in one session of any PostgreSQL and returns what it prints."""
import pathlib

from oracle import told
from oracle.orders import CANCELLED, Order, best_refunds
from oracle.windows import DAYS, MONTHS, WEEKS

SCRIPTS = sorted((pathlib.Path(__file__).parent / "sql").glob("*.sql"))
KPIS = ("sessions", "visitors", "page_views", "visit_seconds", "conversion_rate", "funnel_view_item",
        "funnel_add_to_cart", "funnel_begin_checkout", "funnel_order", "orders", "units", "gmv", "net_revenue",
        "cancel_rate", "unattributed_orders", "new_customers", "carts", "cart_abandonment_rate")
WINDOWS = (DAYS, WEEKS, MONTHS)


def figures(ask, shop, as_of_ms):
    first, *others = [path.read_text() for path in SCRIPTS]
    printed = ask("\n".join([first, *rows(shop, as_of_ms), *others]))
    found = {}
    for line in printed.splitlines():
        kpi, window, start_ms, numerator, denominator = line.split("|")
        found[kpi, int(window), int(start_ms), "total", "-"] = int(numerator), int(denominator)
    return found


def rows(shop, as_of_ms):
    """COPY statements with their rows."""
    events, settings = shop.told, shop.settings
    yield copy("shop", [(settings.zone, settings.gap_ms, as_of_ms)])
    yield copy("event", [event_row(event) for event in events])
    yield copy("cancelled", [(event.body.order_id,) for event in events if event.kind == "order_cancelled"])
    yield copy("copy", copy_rows(shop, events))


def copy(table, table_rows):
    lines = ["\t".join(map(text, row)) for row in table_rows]
    return "\n".join([f"COPY {table} FROM STDIN;", *lines, "\\."])


def text(value):
    if value is None or value == "":
        return "\\N"
    if isinstance(value, bytes):
        return value.hex()
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def event_row(event):
    body = event.body
    cart = other = sku = quantity = None
    if event.kind == "cart_merged":
        cart, other = body.from_cart_id, body.into_cart_id
    elif event.kind in told.CART_KINDS:
        cart, sku, quantity = body.cart_id, getattr(body, "sku", ""), getattr(body, "quantity", None)
    return event.t, event.id, event.kind, event.is_client, event.visitor, cart, other, sku, quantity


def copy_rows(shop, events):
    """Each telling of an order, valued as if it were the only one."""
    refunds = told.group(best_refunds(shop.of("refund")), lambda event: event.body.order_id)
    for event in events:
        if event.kind in ("purchase", "order_updated"):
            alone = Order(event.body.order_id, [event], (), refunds.get(event.body.order_id, ()))
            convert = shop.converter(alone.content, shop.order[alone.id].placed_at)
            minors = (alone.gmv, alone.paid.items, alone.refunded.items)
            money = [convert(minor) if convert else None for minor in minors]
            all_back = alone.paid.items > 0 and alone.refunded.items == alone.paid.items
            yield (alone.id, event.body.order_version, event.t, event.id, event.origin == told.CLIENT, alone.placed_at,
                   event.visitor, event.customer, event.body.cart_id, event.body.status == CANCELLED, alone.units,
                   *money, all_back)


def speaks_of(place):
    """Whether SQL speaks of a place: its windows are those of whole days, its dimension the total."""
    return place[0] in KPIS and place[1] in WINDOWS and place[3] == "total"

