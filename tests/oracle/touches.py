# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Touches: what brought a visitor. Those of sessions and valid clicks of affiliates; those that count for an order,
and those that led to none."""
import bisect
import collections
import dataclasses

from oracle import channel, places, signature, told
from oracle.places import Place
from oracle.windows import DAY, MINUTE

MOST_TOUCHES, SOURCES_A_MINUTE = 1000, 8
DIRECT = Place(marketing_channel="direct", campaign="none")


@dataclasses.dataclass(frozen=True, slots=True)
class Touch:
    t: int
    id: bytes
    place: Place
    customer: str  # that its own event names
    source: tuple = ()
    affiliate: str = ""  # whose link was followed

    @property
    def channel(self):
        return self.place.marketing_channel

    @property
    def moment(self):
        return self.t, self.id


def _of_event(settings, event):
    name = channel.classify(settings, event.t, event.context)
    at = places.place(marketing_channel=name, campaign=event.context.utm_campaign or "none")
    return Touch(event.t, event.id, at, event.customer, (at, event.context.click_id_kind))


def _thinned(touches):
    """Of one source the earliest of a minute; of a minute the eight earliest."""
    earliest, of_minute = {}, collections.Counter()
    for touch in touches:
        minute = touch.t // MINUTE
        if (minute, touch.source) not in earliest and of_minute[minute] < SOURCES_A_MINUTE:
            earliest[minute, touch.source] = touch
            of_minute[minute] += 1
    return list(earliest.values())


def of_session(settings, session):
    """Its first event, and each later one that is not direct and comes from elsewhere than the touch before."""
    every = [_of_event(settings, event) for event in session.events]
    later = [touch for touch in every[1:] if touch.place != DIRECT]
    first = every[:1]
    if first[0].place != DIRECT:
        later = _thinned(first + later)[1:]
    else:
        later = _thinned(later)
    found = first
    for touch in later:
        if touch.source != found[-1].source:
            found.append(touch)
    return found


def is_signed(shop, event):
    """Whether a click's signature is of the key in force."""
    known = [key for key in shop.of("affiliate_key_changed") if key.body.valid_from_ms <= event.t]
    key = max(known, key=lambda one: (one.body.valid_from_ms, *one.moment), default=None)
    click = event.body
    return key is not None and click.affiliate != "" and signature.is_valid(
        key.body.public_key, event.shop, click.affiliate, click.campaign, click.signature)


def _clicks(shop):
    """Signed clicks; of a partner's within a minute the earliest."""
    earliest = {}
    for event in told.by_moment(shop.of("affiliate_click")):
        click = event.body
        if not event.visitor or not is_signed(shop, event):
            continue
        place = Place(marketing_channel="affiliate", campaign=click.campaign or "none")
        touch = Touch(event.t, event.id, place, event.customer, affiliate=click.affiliate)
        earliest.setdefault((event.visitor, click.affiliate, click.campaign, event.t // MINUTE), touch)
    return [(visitor, touch) for (visitor, *_), touch in earliest.items()]


class Touches:
    def __init__(self, shop):
        self.shop = shop
        of_visitor, of_customer = collections.defaultdict(list), collections.defaultdict(list)
        pairs = [(session.visitor, touch) for session in shop.sessions.all
                 for touch in of_session(shop.settings, session)]
        for visitor, touch in pairs + _clicks(shop):
            of_visitor[visitor].append(touch)
            if touch.customer:
                of_customer[touch.customer].append(touch)
        for touches in (*of_visitor.values(), *of_customer.values()):
            touches.sort(key=lambda touch: touch.moment)
        self.of_visitor, self.of_customer = dict(of_visitor), dict(of_customer)

    def window_ms(self, t):
        return (self.shop.settings.at(t).attribution_days or 30) * DAY

    def of_order(self, order):
        """Of its visitor and its customer, the window before it."""
        both = self.of_visitor.get(order.visitor, []) + self.of_customer.get(order.customer, [])
        first = order.placed_at - self.window_ms(order.placed_at)
        counted = {touch.moment: touch for touch in both if first <= touch.t <= order.placed_at}
        every = [counted[moment] for moment in sorted(counted)]
        kept = [touch for touch in every if touch.place != DIRECT] or every
        return kept[-MOST_TOUCHES:]

    def lapsed(self, orders):
        """(instant, touches) of each path of a visitor that led to none of its orders."""
        placed = collections.defaultdict(list)
        for order in orders:
            placed[order.visitor].append(order.placed_at)
        for visitor, touches in self.of_visitor.items():
            yield from self._paths(touches, sorted(placed[visitor]))

    def _paths(self, touches, placed):
        path = []
        for touch in touches:
            if self._led_to_order(touch, placed):
                yield from self._end(path)
                path = []
                continue
            if path and touch.t - path[-1].t > self.window_ms(path[-1].t):
                yield from self._end(path)
                path = []
            path.append(touch)
        yield from self._end(path)

    def _led_to_order(self, touch, placed):
        later = placed[bisect.bisect_left(placed, touch.t):]
        return any(at - self.window_ms(at) <= touch.t for at in later)

    def _end(self, path):
        if path:
            yield path[-1].t + self.window_ms(path[-1].t), path[-MOST_TOUCHES:]
