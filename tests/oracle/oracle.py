# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The figures of a journal, said a second time: straight from the definitions, in plain Python, all at once and
without regard to speed. `figures(entries, as_of_ms)` takes JournalEntry messages of one shop and gives
{(kpi, window, dimension, key, start_ms): (numerator, denominator)}; what is not in it is nothing (see `nothing`).

It shares no code and no idea of state with services/metrics: no cells, no corrections, no order of arrival. Where
the definitions leave room it follows "Definitions chosen" of docs/ARCHITECTURE.md. Not here: marketing_channel,
minutes, rates from rate_published. Money is in money.py.
"""
import collections
import dataclasses
import datetime
import functools
import re
import zoneinfo

from oracle import money

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
CLIENT = 1
DENIED = 2
CANCELLED = 2
CHANNELS = {0: "web", 1: "web", 2: "app", 3: "pos", 4: "phone", 5: "marketplace", 6: "mail", 7: "leaflet"}
DEVICES = {0: "unknown", 1: "desktop", 2: "mobile", 3: "tablet", 4: "tv", 5: "other"}
WINDOWS = {2: "hour", 3: "day", 4: "week", 5: "month"}  # by their number in metrics.proto
DIMENSIONS = ("total", "sales_channel", "campaign", "device", "country")
FUNNEL = {"view_item": 1, "add_to_cart": 2, "begin_checkout": 3}
SIGNS_OF_A_SOURCE = ("host", "path", "referrer_host", "utm_source", "utm_medium", "utm_campaign", "click_id_kind",
                     "affiliate")
CART_EVENTS = ("add_to_cart", "remove_from_cart", "view_cart", "cart_emptied", "begin_checkout", "add_shipping_info",
               "add_payment_info", "coupon_applied", "coupon_denied", "payment_failed")


# ---- what was told -----------------------------------------------------------------------------------------


class Told:
    """One journal entry that is not a test."""

    def __init__(self, entry):
        event = entry.event
        self.t, self.id, self.origin = entry.event_time_ms, event.id, entry.origin
        self.kind = event.WhichOneof("body")
        self.body = getattr(event, self.kind)
        self.number = event.DESCRIPTOR.fields_by_name[self.kind].number
        self.shift = entry.event_time_ms - event.occurred_at_ms  # a wrong clock's correction
        self.context, self.has_context = event.context, event.HasField("context")
        self.channel = event.channel
        self.denied = event.consent.analytics == DENIED
        self.visitor = "" if self.denied else entry.subject.visitor_id
        self.customer = "" if self.denied else entry.subject.customer_ref

    @property
    def place(self):
        return self.t, self.id

    @property
    def is_client(self):
        return self.origin == CLIENT and (20 <= self.number <= 59 or self.kind == "purchase")


@dataclasses.dataclass(frozen=True)
class Keys:
    """Where a fact stands in each dimension; None where it has no such dimension."""

    sales_channel: str = None
    campaign: str = None
    device: str = None
    country: str = None
    total: str = "-"


def country_key(context):
    return context.country if re.fullmatch("[A-Z]{2}", context.country) else "unknown"


def keys(channel, session, context):
    """Of its session's first event, else of its own context."""
    if session:
        return dataclasses.replace(session.keys, sales_channel=CHANNELS[channel])
    says = any(getattr(context, field) for field in SIGNS_OF_A_SOURCE)
    campaign = context.utm_campaign or ("none" if says else "unknown")
    return Keys(CHANNELS[channel], campaign, DEVICES[context.device], country_key(context))


# ---- sessions ----------------------------------------------------------------------------------------------


class Session:
    def __init__(self, events):
        self.events = events  # by (t, id)
        self.start, self.end = events[0].t, events[-1].t
        self.visitor = events[0].visitor
        context = events[0].context
        self.keys = Keys(CHANNELS[events[0].channel], context.utm_campaign or "none", DEVICES[context.device],
                         country_key(context))
        self.views = sum(event.kind == "page_view" for event in events)
        self.orders = []

    @functools.cached_property
    def engaged_ms(self):
        """The union of what the heartbeats say, clipped to the session."""
        spans = sorted((max(beat.t - min(beat.body.foreground_ms, 15_000), self.start), beat.t)
                       for beat in self.events if beat.kind == "heartbeat")
        total, reached = 0, self.start
        for start, end in spans:
            total += max(0, end - max(start, reached))
            reached = max(reached, end)
        return total

    @property
    def is_engaged(self):
        steps = any(event.kind in ("add_to_cart", "begin_checkout") for event in self.events)
        return self.views >= 2 or self.engaged_ms >= 10_000 or steps or bool(self.orders)


    @property
    def steps(self):
        """How far it came: 1 an item, 2 a cart, 3 the checkout or beyond."""
        reached = [FUNNEL[event.kind] for event in self.events if event.kind in FUNNEL]
        return 3 if self.orders else max(reached, default=0)


def make_sessions(told, gap_ms):
    by_visitor = collections.defaultdict(list)
    for event in told:
        if event.is_client and event.visitor:
            by_visitor[event.visitor].append(event)
    sessions = []
    for events in by_visitor.values():
        run = []
        for event in sorted(events, key=lambda event: event.place):
            if run and event.t - run[-1].t >= gap_ms:
                sessions.append(Session(run))
                run = []
            run.append(event)
        sessions.append(Session(run))
    return sessions


def latest_session(events, session_of, moment, gap_ms):
    """The session of the latest of these events at or before `moment`, if its own latest is less than the gap ago."""
    before = [event for event in events if event.t <= moment and event.id in session_of]
    if not before:
        return None
    session = session_of[max(before, key=lambda event: event.place).id]
    latest = max(event.t for event in session.events if event.t <= moment)
    return session if moment - latest < gap_ms else None


# ---- orders ------------------------------------------------------------------------------------------------


def best_first(copies):
    """Server and import before client, then the earlier, then the smaller id."""
    return sorted(copies, key=lambda copy: (copy.origin == CLIENT, copy.place))


class Order:
    """All copies of one order id, with its cancellations and refunds."""

    def __init__(self, order_id, copies, cancellations, refunds, currency):
        self.id = order_id
        self.copies = sorted(best_first(copies), key=lambda copy: -copy.body.order_version)
        self.content = self.copies[0].body
        lowest = next(copy for copy in self.copies if copy.body.order_version == self.copies[-1].body.order_version)
        self.placed_at = lowest.body.placed_at_ms + lowest.shift if lowest.body.placed_at_ms else lowest.t
        self.visitor = self.first(lambda copy: copy.visitor)
        self.customer = self.first(lambda copy: copy.customer)
        self.cart_id = self.first(lambda copy: copy.body.cart_id)
        self.channel = self.first(lambda copy: copy.channel) or 0
        self.context = self.first(lambda copy: copy.has_context and copy.context) or self.copies[0].context
        self.units = sum(line.quantity for line in self.content.lines)
        self.cancelled_at = self.cancellation([event.t for event in cancellations])
        self.gmv, self.paid = money.order_parts(self.content)
        self.convert = money.converter(self.content, currency)
        self.take(best_refunds(refunds))
        self.session = None

    def first(self, field):
        return next((field(copy) for copy in self.copies if field(copy)), "")

    def cancellation(self, moments):
        """The earliest moment at which it was told for good; None when it stands."""
        version = None
        for copy in self.copies:
            if copy.body.order_version == version:
                continue  # a worse copy of the version
            if copy.body.status != CANCELLED:
                break
            version = copy.body.order_version
            moments.append(copy.t)
        return min(moments, default=None)

    def take(self, refunds):
        """Refunds in order of (t, refund id). `given_back` is [(t, items net before, items net after it)]."""
        self.refunds = [refund for refund in refunds if refund.body.currency in ("", self.content.currency)]
        self.refunded, self.given_back, self.excess, excess = money.Parts(0, 0, 0), [], [], 0
        cancelled_at, standing = self.cancelled_at, True
        for refund in self.refunds:
            if cancelled_at is not None and standing and refund.t > cancelled_at:
                self.given_back.append((cancelled_at, self.refunded.items, self.paid.items))
                standing = False
            before, taken = self.refunded, money.refund_taken(refund.body, self.paid - self.refunded)
            self.refunded += taken
            if standing:  # else everything is back already
                self.given_back.append((refund.t, before.items, self.refunded.items))
            beyond = money.refund_sum(refund.body) - sum(taken)
            self.excess.append((refund.t, excess, excess + beyond))
            excess += beyond
        if cancelled_at is not None and standing:
            self.given_back.append((cancelled_at, self.refunded.items, self.paid.items))

    @property
    def is_valid(self):
        gone = self.paid.items > 0 and self.refunded.items == self.paid.items
        return self.cancelled_at is None and not gone and self.units > 0


def best_refunds(refunds):
    """One event a refund id, by (t, refund id)."""
    by_id = collections.defaultdict(list)
    for refund in refunds:
        by_id[refund.body.refund_id].append(refund)
    best = [best_first(copies)[0] for copies in by_id.values()]
    return sorted(best, key=lambda refund: (refund.t, refund.body.refund_id))


# ---- carts -------------------------------------------------------------------------------------------------


class Cart:
    """A cart, or several that were merged."""

    def __init__(self, events, orders):
        self.events = sorted(events, key=lambda event: event.place)
        self.orders = orders
        self.first_add = next((event for event in self.events if event.kind == "add_to_cart"), None)

    @property
    def is_empty(self):
        held = collections.defaultdict(collections.Counter)  # cart id: sku: quantity
        for event in self.events:
            body = event.body
            if event.kind == "add_to_cart":
                held[body.cart_id][body.sku] += body.quantity
            elif event.kind == "remove_from_cart":
                held[body.cart_id][body.sku] = max(0, held[body.cart_id][body.sku] - body.quantity)
            elif event.kind == "cart_emptied":
                held[body.cart_id].clear()
            elif event.kind == "cart_merged":
                held[body.into_cart_id].update(held.pop(body.from_cart_id, {}))
        return not any(any(items.values()) for items in held.values())

    @property
    def activities(self):
        moments = sorted([event.t for event in self.events] + [order.placed_at for order in self.orders])
        return [t for t in moments if t >= self.first_add.t]

    @property
    def has_lapse(self):
        moments = self.activities
        return any(later - earlier >= DAY for earlier, later in zip(moments, moments[1:]))

    @property
    def checkout(self):
        return next((event for event in self.events if event.kind == "begin_checkout"), None)

    @property
    def failures(self):
        return [event.t for event in self.events if event.kind == "payment_failed"]

    def is_failed(self, as_of_ms):
        """What the last failed payment says that is an hour old."""
        judged = [t for t in self.failures if t + HOUR <= as_of_ms]
        return bool(judged) and not any(judged[-1] < order.placed_at <= judged[-1] + HOUR for order in self.orders)

    def state(self, as_of_ms):
        if self.orders:
            return "ordered"
        if self.is_empty:
            return "emptied"
        return "abandoned" if as_of_ms - self.activities[-1] >= DAY else "open"


def cart_names(told):
    """A function from a cart id to the name of its merged whole."""
    links = [(event.body.from_cart_id, event.body.into_cart_id) for event in told if event.kind == "cart_merged"]
    name = {}
    for one, other in links:
        old, new = name.get(one, one), name.get(other, other)
        name.setdefault(one, one), name.setdefault(other, other)
        name = {cart: new if whole == old else whole for cart, whole in name.items()}
    return lambda cart: name.get(cart, cart)


def make_carts(told, orders):
    """(carts, name of the whole -> its client events)."""
    name, events, ordered = cart_names(told), collections.defaultdict(dict), collections.defaultdict(list)
    for event in told:
        if event.kind == "cart_merged":
            events[name(event.body.from_cart_id)][event.id] = event
        elif event.kind in CART_EVENTS and event.body.cart_id:
            events[name(event.body.cart_id)][event.id] = event
    for order in orders:
        if order.cart_id:
            ordered[name(order.cart_id)].append(order)
    carts = {whole: Cart(found.values(), ordered[whole]) for whole, found in events.items()}
    return carts, name


# ---- a shop ------------------------------------------------------------------------------------------------


class Shop:
    """Everything a journal says, joined; facts() tells what happened when, and windows add it up."""

    def __init__(self, entries):
        told = [Told(entry) for entry in entries if not entry.event.test]
        self.told = list({event.id: event for event in told}.values())
        settings = max(self.of("shop_settings_changed"), key=lambda event: event.place).body
        self.zone, self.currency = zoneinfo.ZoneInfo(settings.zone), settings.currency
        self.gap_ms = (settings.session_gap_minutes or 30) * MINUTE
        self.sessions = make_sessions(self.told, self.gap_ms)
        self.session_of = {event.id: session for session in self.sessions for event in session.events}
        self.make_orders()
        self.carts, self.cart_name = make_carts(self.told, self.orders)
        for order in self.orders:
            order.session = self.session_of_order(order)
            if order.session:
                order.session.orders.append(order)

    def of(self, *kinds):
        return [event for event in self.told if event.kind in kinds]

    def make_orders(self):
        copies, cancelled, refunds = (collections.defaultdict(list) for _ in range(3))
        for event in self.of("purchase", "order_updated"):
            copies[event.body.order_id].append(event)
        for event in self.of("order_cancelled"):
            cancelled[event.body.order_id].append(event)
        best = best_refunds(self.of("refund"))
        for event in best:
            refunds[event.body.order_id].append(event)
        self.orders = [Order(one, copies[one], cancelled[one], refunds[one], self.currency) for one in copies]
        self.unlinked = [event for event in best if event.body.order_id not in copies]

    def session_of_order(self, order):
        visitors = [event for event in self.told if order.visitor and event.visitor == order.visitor]
        found = latest_session(visitors, self.session_of, order.placed_at, self.gap_ms)
        cart = self.carts.get(self.cart_name(order.cart_id)) if order.cart_id else None
        if found or not cart:
            return found
        return latest_session(cart.events, self.session_of, order.placed_at, self.gap_ms)

    # -- facts: (measure, moment, Keys, amount)

    def facts(self, as_of_ms):
        for session in self.sessions:
            yield from self.session_facts(session)
        for event in self.of("page_view"):
            yield "page_views", event.t, self.keys_of(event), 1
            yield "agreed_views", event.t, self.keys_of(event), 0 if event.denied else 1
        yield from self.comfort_facts()
        for order in self.orders:
            for measure, moment, amount in self.order_facts(order):
                yield measure, moment, keys(order.channel, order.session, order.context), amount
        for refund in self.unlinked:
            if refund.body.currency == self.currency:
                yield "given_back", refund.t, self.keys_of(refund), money.refund_items(refund.body)
        yield from self.cart_facts(as_of_ms)
        yield from self.customer_facts()
        yield from self.spend_facts()

    def comfort_facts(self):
        for event in self.of("search", "page_error", "page_timing"):
            amounts = {
                "search": lambda body: {"searches": 1, "missed": int(body.result_count == 0)},
                "page_error": lambda body: {"errors": 1000},
                "page_timing": lambda body: {"paints": body.largest_contentful_paint_ms,
                                             "delays": body.interaction_delay_ms},
            }[event.kind](event.body)
            for measure, amount in amounts.items():
                if amount or measure not in LEVELS:
                    yield measure, event.t, self.keys_of(event), amount

    def keys_of(self, event):
        return keys(event.channel, self.session_of.get(event.id), event.context)

    def keys_of_cart(self, add):
        """A server's add, too, stands in the session its visitor is in."""
        visitors = [event for event in self.told if add.visitor and event.visitor == add.visitor]
        return keys(add.channel, latest_session(visitors, self.session_of, add.t, self.gap_ms), add.context)

    @staticmethod
    def session_facts(session):
        amounts = {
            "sessions": 1,
            "visitors": session.visitor,
            "session_views": session.views,
            "visit_ms": session.end - session.start,
            "lengths": session.end - session.start,
            "at_item": int(session.steps >= 1),
            "at_cart": int(session.steps >= 2),
            "at_checkout": int(session.steps >= 3),
            "engaged_ms": session.engaged_ms,
            "bounced": 0 if session.is_engaged else 1,
            "converted": 1 if session.orders else 0,
            "converted_net": 1 if any(order.is_valid for order in session.orders) else 0,
        }
        if session.orders:
            amounts["buyers"] = session.visitor
        for measure, amount in amounts.items():
            yield measure, session.start, session.keys, amount

    @staticmethod
    def order_facts(order):
        cancelled, convert = order.cancelled_at is not None, order.convert
        placed = {"orders": 1, "units": order.units, "cancelled": int(cancelled),
                  "unattributed": int(order.session is None), "foreign": int(convert is None),
                  "refunded_orders": int(not cancelled and bool(order.refunds))}
        if convert:
            gmv, net = convert(order.gmv), convert(order.paid.items)
            kept = [0 if cancelled else convert(paid) - convert(back) for paid, back in zip(order.paid, order.refunded)]
            placed |= {"gmv": gmv, "placed_net": net, "discounts": gmv - net, "net": kept[0], "turnover": sum(kept),
                       "refunded_net": 0 if cancelled else convert(order.refunded.items)}
            if not cancelled:
                placed |= {"basket": net, "baskets": 1}
            for moment, before, after in order.given_back:
                yield "given_back", moment, convert(after) - convert(before)
            for moment, before, after in order.excess:
                yield "excess", moment, convert(after) - convert(before)
        for measure, amount in placed.items():
            yield measure, order.placed_at, amount

    def cart_facts(self, as_of_ms):
        for cart in self.carts.values():
            if cart.first_add is None:
                continue
            state, where = cart.state(as_of_ms), self.keys_of_cart(cart.first_add)
            yield "carts", cart.first_add.t, where, 1
            yield f"carts_{state}", cart.first_add.t, where, 1
            if state == "ordered" and cart.has_lapse:
                yield "carts_recovered", cart.first_add.t, where, 1
            if cart.checkout:
                yield f"checkouts_{state}", cart.checkout.t, where, 1
            attempts = cart.failures + [order.placed_at for order in cart.orders]
            if attempts:
                yield "payments", min(attempts), where, 1
                yield "payments_failed", min(attempts), where, int(cart.is_failed(as_of_ms))

    def customer_facts(self):
        first = {}
        for order in sorted(self.orders, key=lambda order: (order.placed_at, order.id)):
            if order.customer and order.is_valid:
                first.setdefault(order.customer, order)
        for order in first.values():
            yield "new_customers", order.placed_at, keys(order.channel, order.session, order.context), 1

    def spend_facts(self):
        rows = {}
        for event in sorted(self.of("ad_spend"), key=lambda event: (event.body.report_time_ms, event.id)):
            row = event.body
            rows[row.platform, row.account, row.campaign, row.day, row.currency] = row
        for row in rows.values():
            if row.currency == self.currency:
                day = datetime.date.fromisoformat(row.day)
                yield "spend", self.midnight_ms(day), Keys(campaign=row.campaign or "none"), row.spend_minor

    # -- windows

    def midnight_ms(self, day):
        midnight = datetime.datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return round(midnight.timestamp()) * 1000

    def local(self, moment):
        return datetime.datetime.fromtimestamp(moment // 1000, self.zone)

    def hour_ms(self, moment):
        """An hour ends, too, where the clock is changed by half of one."""
        offset = self.local(moment).utcoffset()
        shift = round(offset.total_seconds()) * 1000
        start = (moment + shift) // HOUR * HOUR - shift
        while self.local(start).utcoffset() != offset:
            start += MINUTE
        return start

    def starts(self, moment):
        """{window: start_ms} of the windows that hold the moment."""
        day = self.local(moment).date()
        return {2: self.hour_ms(moment), 3: self.midnight_ms(day),
                4: self.midnight_ms(day - datetime.timedelta(days=day.weekday())),
                5: self.midnight_ms(day.replace(day=1))}


# ---- figures -----------------------------------------------------------------------------------------------

# kpi: ({measure: sign} of the numerator, the same of the denominator; None: it is an amount), or of a percentile
# (measure, how many in a hundred).
FIGURES = {
    "sessions": ({"sessions": 1}, None),
    "visitors": ({"visitors": 1}, None),
    "page_views": ({"page_views": 1}, None),
    "consent_coverage": ({"agreed_views": 1}, {"page_views": 1}),
    "views_per_session": ({"session_views": 1}, {"sessions": 1}),
    "visit_seconds": ({"visit_ms": 1}, {"sessions": 1}),
    "visit_seconds_p50": ("lengths", 50),
    "visit_seconds_p90": ("lengths", 90),
    "search_miss_rate": ({"missed": 1}, {"searches": 1}),
    "page_speed_lcp_p75": ("paints", 75),
    "page_speed_interaction_p75": ("delays", 75),
    "page_errors": ({"errors": 1}, {"page_views": 1}),
    "engaged_seconds": ({"engaged_ms": 1}, {"sessions": 1}),
    "bounce_rate": ({"bounced": 1}, {"sessions": 1}),
    "conversion_rate": ({"converted": 1}, {"sessions": 1}),
    "conversion_rate_net": ({"converted_net": 1}, {"sessions": 1}),
    "visitor_conversion_rate": ({"buyers": 1}, {"visitors": 1}),
    "orders": ({"orders": 1}, None),
    "foreign_orders": ({"foreign": 1}, None),
    "unattributed_orders": ({"unattributed": 1}, None),
    "identified_order_share": ({"orders": 1, "unattributed": -1}, {"orders": 1}),
    "units": ({"units": 1}, None),
    "units_per_order": ({"units": 1}, {"orders": 1}),
    "gmv": ({"gmv": 1}, None),
    "net_revenue": ({"net": 1}, None),
    "net_revenue_by_refund_date": ({"placed_net": 1, "given_back": -1}, None),
    "refunds_by_refund_date": ({"given_back": 1}, None),
    "refund_excess": ({"excess": 1}, None),
    "turnover": ({"turnover": 1}, None),
    "basket_value": ({"basket": 1}, {"baskets": 1}),
    "discount_rate": ({"discounts": 1}, {"gmv": 1}),
    "cancel_rate": ({"cancelled": 1}, {"orders": 1}),
    "refund_rate": ({"refunded_net": 1}, {"placed_net": 1}),
    "refund_rate_by_count": ({"refunded_orders": 1}, {"orders": 1}),
    "carts": ({"carts": 1}, None),
    "cart_abandonment_rate": ({"carts_abandoned": 1}, {"carts_abandoned": 1, "carts_ordered": 1}),
    "cart_recovery_rate": ({"carts_recovered": 1}, {"carts_recovered": 1, "carts_abandoned": 1}),
    "checkout_abandonment_rate": ({"checkouts_abandoned": 1}, {"checkouts_abandoned": 1, "checkouts_ordered": 1}),
    "payment_failure_rate": ({"payments_failed": 1}, {"payments": 1}),
    "funnel_view_item": ({"at_item": 1}, {"sessions": 1}),
    "funnel_add_to_cart": ({"at_cart": 1}, {"sessions": 1}),
    "funnel_begin_checkout": ({"at_checkout": 1}, {"sessions": 1}),
    "funnel_order": ({"converted": 1}, {"sessions": 1}),
    "new_customers": ({"new_customers": 1}, None),
    "spend": ({"spend": 1}, None),
}
DISTINCT = ("visitors", "buyers")
LEVELS = ("lengths", "paints", "delays")


def is_kept(kpi, window, dimension):
    """Spend is rows of a day, of a campaign."""
    return kpi != "spend" or (window != 2 and dimension in ("total", "campaign"))


def nothing(kpi):
    """A figure of a window in which nothing happened."""
    return 0, 1 if FIGURES[kpi][1] is None else 0


def level(value):
    """Only the five highest bits of a time are kept."""
    dropped = max(value.bit_length() - 5, 0)
    return value >> dropped << dropped


def percentile(values, percent):
    """Nearest rank."""
    ranked = sorted(level(value) for value in values)
    return (ranked[-(-len(ranked) * percent // 100) - 1], 1) if ranked else (0, 0)


def sum_of(measure, amounts):
    if measure in LEVELS:
        return amounts
    return len(set(amounts)) if measure in DISTINCT else sum(amounts)


def add_up(shop, as_of_ms):
    """{(window, dimension, key, start_ms): {measure: amount}}"""
    cells = collections.defaultdict(lambda: collections.defaultdict(list))
    for measure, moment, where, amount in shop.facts(as_of_ms):
        starts = shop.starts(moment)
        if measure == "spend":
            del starts[2]  # rows of a day
        for window, start in starts.items():
            for dimension in DIMENSIONS:
                if (key := getattr(where, dimension)) is not None:
                    cells[window, dimension, key, start][measure].append(amount)
    return {place: {measure: sum_of(measure, amounts) for measure, amounts in cell.items()}
            for place, cell in cells.items()}


def figures(entries, as_of_ms):
    found = {}
    for place, cell in add_up(Shop(entries), as_of_ms).items():
        def value(terms):
            return sum(sign * cell.get(measure, 0) for measure, sign in terms.items())

        for kpi, (numerator, denominator) in FIGURES.items():
            if numerator in LEVELS:
                found[(kpi, *place)] = percentile(cell.get(numerator, []), denominator)
                continue
            found[(kpi, *place)] = value(numerator), 1 if denominator is None else value(denominator)
    return {place: figure for place, figure in found.items() if figure != nothing(place[0])}
