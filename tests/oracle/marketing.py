# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Marketing: what platforms report of a day, landing pages, feeds, placements of messages, campaigns' plans."""
import datetime
import re

from oracle import money
from oracle.facts import TOTAL as TOTAL_ONLY
from oracle.facts import WHOLE_DAYS, Fact, Row, standing, summed
from oracle.places import TOTAL, Place
from oracle.sales import SPEND
from oracle.told import by_moment, group, latest
from oracle.windows import DAYS, MONTHS, parse_day

CREDITED = ("marketing_channel", "campaign")
SEARCH = ("total", "landing_page")
CAMPAIGN = ("campaign",)
DRAFT, ENDED = 1, 6
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def by_day(kpi, numerator, denominator=None, dimensions=SPEND, scale=1, below=1):
    """`below`: what the denominator is multiplied with."""
    row = summed(kpi, numerator, denominator, scale=scale, windows=WHOLE_DAYS, dimensions=dimensions)
    if below == 1:
        return row

    def form(*where):
        above, divisor = row.form(*where)
        return above, below * divisor

    return Row(kpi, form, WHOLE_DAYS, dimensions)


def pace(kpi, form, windows):
    return Row(kpi, form, windows, CAMPAIGN, reaches_back=True)


def _pace(book, window, start, end, dimension, key):
    return book.before("spend", end, dimension, key), book.before("budget_due", end, dimension, key)


def _pace_day(book, window, start, end, dimension, key):
    return tuple(sum(book.within(measure, window, start, dimension, key)) for measure in ("spend", "day_budget"))


def _pace_month(book, window, start, end, dimension, key):
    return (sum(book.within("spend", window, start, dimension, key)),
            book.before("daily_budget", end, dimension, key))


ROWS = [
    by_day("spend", "spend"),
    by_day("foreign_spend_rows", "foreign_spend"),
    by_day("ad_impressions", "impressions"),
    by_day("ad_clicks", "clicks"),
    by_day("reported_orders", "reported_orders"),
    by_day("cpc", "spend", "priced_clicks"),
    by_day("ad_ctr", "clicks", "impressions"),
    by_day("impression_share", "share", "shared_impressions", below=10_000),
    by_day("tracked_share", "attributed_orders_last_non_direct", "reported_orders", CREDITED, below=1_000_000),
    by_day("delivered", "mail_delivered"),
    by_day("open_rate", "mail_opened", "mail_delivered"),
    by_day("click_rate", "mail_clicked", "mail_delivered"),
    by_day("unsubscribe_rate", "mail_unsubscribed", "mail_delivered"),
    by_day("mail_bounce_rate", "mail_bounced", "mail_sent"),
    by_day("revenue_per_mille", "attributed_net_last_non_direct", "mail_delivered", CREDITED, scale=1_000),
    by_day("search_ctr", "seo_clicks", "seo_impressions", SEARCH),
    by_day("search_ctr_brand", "brand_clicks", "brand_impressions", SEARCH),
    by_day("search_ctr_other", "other_clicks", "other_impressions", SEARCH),
    by_day("search_position", "seo_position", "seo_impressions", SEARCH, below=1_000),
    by_day("search_position_brand", "brand_position", "brand_impressions", SEARCH, below=1_000),
    by_day("search_position_other", "other_position", "other_impressions", SEARCH, below=1_000),
    by_day("organic_sessions", "organic_sessions", dimensions=SEARCH),
    by_day("organic_revenue", "organic_revenue", dimensions=SEARCH),
    standing("feed_health", "feed_approved", "feed_sent", dimensions=TOTAL_ONLY),
    standing("message_coherence", "coherent", "placements", dimensions=("total", "campaign")),
    pace("pace", _pace, WHOLE_DAYS),
    pace("pace_day", _pace_day, (DAYS,)),
    pace("pace_month", _pace_month, (MONTHS,)),
]


def facts(shop, as_of_ms):
    for event, t in last_reports(shop, "ad_spend", "platform account campaign day currency"):
        yield from advertising(shop, event.body, t)
    for event, t in last_reports(shop, "mailing_stats", "platform account campaign day"):
        place = Place(marketing_channel="email", campaign=event.body.campaign or "none")
        for name in ("sent", "delivered", "opened", "clicked", "unsubscribed", "bounced"):
            yield Fact(f"mail_{name}", t, place, getattr(event.body, name))
    for event, t in last_reports(shop, "seo_stats", "platform account day"):
        for row in event.body.rows:
            yield from search(row, t)
    yield from organic(shop)
    for statuses in group(shop.of("feed_status"), lambda event: (event.body.platform, event.body.feed)).values():
        yield from feed(by_moment(statuses))
    told = shop.of("message_published", "message_withdrawn", "message_shown")
    for events in group(told, lambda event: event.body.message_id).values():
        yield from message(by_moment(events))
    for campaign, statements in group(shop.of("campaign_changed"), lambda event: event.body.campaign).items():
        yield from plan(shop, campaign, by_moment(statements), as_of_ms)


def last_reports(shop, kind, fields):
    """(event, midnight of its day): of those that agree in these fields the last one reported."""
    rows = {}
    for event in sorted(shop.of(kind), key=lambda event: (event.body.report_time_ms, event.id)):
        rows[tuple(getattr(event.body, field) for field in fields.split())] = event
    for event in rows.values():
        if day := parse_day(event.body.day):
            yield event, shop.calendar.midnight(day)


def advertising(shop, row, t):
    place = Place(marketing_channel=row.marketing_channel or "unknown", campaign=row.campaign or "none")
    convert = money.as_it_is
    if row.currency != shop.currency:
        rate = shop.rates.of_order(row.currency, t)
        convert = money.converter(rate, shop.currency) if rate else None
    yield Fact("foreign_spend", t, place, int(convert is None))
    if convert:
        yield Fact("spend", t, place, convert(row.spend_minor))
        yield Fact("priced_clicks", t, place, row.clicks)
    for name in ("impressions", "clicks", "reported_orders"):
        yield Fact(name, t, place, getattr(row, name))
    if row.WhichOneof("known_impression_share"):
        yield Fact("shared_impressions", t, place, row.impressions)
        yield Fact("share", t, place, row.impressions * row.impression_share_bp)


# ---- search ------------------------------------------------------------------------------------------------


def page(text):
    """The path of what a search engine or a browser calls a page."""
    host, path = re.match(r"([^:/?#]*://[^/?#]*)?([^?#]*)", text).groups()
    path = path or ("/" if host else "")
    return path if 0 < len(path.encode()) <= 256 else "unknown"


def search(row, t):
    place = Place(landing_page=page(row.landing_page))
    amounts = {"impressions": row.impressions, "clicks": row.clicks,
               "position": row.impressions * row.position_thousandth}
    for name, amount in amounts.items():
        yield Fact(f"seo_{name}", t, place, amount)
        yield Fact(f"{'brand' if row.brand else 'other'}_{name}", t, place, amount)


def organic(shop):
    for session in shop.sessions.all:
        if session.place.marketing_channel != "organic_search":
            continue
        place = Place(landing_page=page(session.events[0].context.path))
        yield Fact("organic_sessions", session.start, place)
        for order in session.orders:
            if order.convert:
                yield Fact("organic_revenue", order.placed_at, place, order.net)


# ---- what stands until something else is said --------------------------------------------------------------


def feed(statuses):
    sent = approved = 0
    for event in statuses:
        yield Fact("feed_sent", event.t, TOTAL, event.body.sent - sent)
        yield Fact("feed_approved", event.t, TOTAL, event.body.approved - approved)
        sent, approved = event.body.sent, event.body.approved


def message(events):
    """Counts anew after each event."""
    last, shown, before = None, {}, None
    for event in events:
        if event.kind == "message_shown":
            shown[event.body.placement] = event.body.message_version
        else:
            last = event
        if last is None:
            continue
        is_published = last.kind == "message_published"
        placements = {place for place, version in shown.items() if version}
        if is_published:
            placements |= set(last.body.placements)
        coherent = {place for place in placements
                    if is_published and shown.get(place) and shown[place] == last.body.message_version}
        now = Place(campaign=last.body.campaign or "none"), len(placements), len(coherent)
        for sign, state in ((-1, before), (1, now)):
            if state:
                yield Fact("placements", event.t, state[0], sign * state[1])
                yield Fact("coherent", event.t, state[0], sign * state[2])
        before = now


# ---- plans -------------------------------------------------------------------------------------------------


class Plan:
    """What a campaign_changed says of money; days is empty when it says nothing."""

    def __init__(self, body, currency):
        first, last = parse_day(body.first_day), parse_day(body.last_day)
        is_plan = (body.state > DRAFT and body.HasField("budget") and body.budget.currency == currency
                   and first and last and first <= last)
        self.is_over, self.budget = body.state >= ENDED, body.budget.minor
        count = (last - first).days + 1 if is_plan else 0
        self.days = [first + datetime.timedelta(days=i) for i in range(count)]
        weights = [getattr(body.weekday_curve, name) for name in WEEKDAYS]
        self.weights = weights if any(weights) else [1] * 7

    def due(self, day):
        weights = [self.weights[one.weekday()] for one in self.days]
        if day < self.days[0]:
            return 0
        if day >= self.days[-1] or not sum(weights):
            return self.budget
        return self.budget * sum(w for one, w in zip(self.days, weights) if one <= day) // sum(weights)


def plan(shop, campaign, statements, as_of_ms):
    calendar, place, one_day = shop.calendar, Place(campaign=campaign), datetime.timedelta(days=1)
    plans = {event.id: Plan(event.body, shop.currency) for event in statements}
    days = [day for one in plans.values() for day in one.days] + [calendar.date(event.t) for event in statements]
    first_day = calendar.date(statements[0].t)
    due = daily = 0
    for i in range((max(days) - min(days)).days + 1):
        day = min(days) + i * one_day
        in_force = plans[latest(event for event in statements
                                if calendar.date(event.t) <= max(day, first_day)).id]
        was_due, was_daily, share = due, daily, 0
        if not in_force.days:
            due = daily = 0
        elif not in_force.is_over:
            due, share = in_force.due(day), in_force.due(day) - in_force.due(day - one_day)
            daily = 0 if day < in_force.days[0] else in_force.budget // len(in_force.days)
        begins = calendar.midnight(day)
        if begins <= as_of_ms:
            yield Fact("day_budget", begins, place, share)
            yield Fact("daily_budget", begins, place, daily - was_daily)
        if calendar.day_end(day) <= as_of_ms:
            yield Fact("budget_due", begins, place, due - was_due)
