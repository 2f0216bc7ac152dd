# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was told: a journal's entries as the definitions speak of them. Test events are left out here, and the
second copy of an id; nothing else is judged. What many events say alike is kept once: entries come and go, so that
a journal of millions fits."""
import bisect
import functools

CLIENT, SERVER, IMPORT = 1, 2, 3
DENIED = 2
CART_KINDS = ("add_to_cart", "remove_from_cart", "view_cart", "cart_emptied", "begin_checkout", "add_shipping_info",
              "add_payment_info", "coupon_applied", "coupon_denied", "payment_failed")


class Told:
    """One journal entry; `once` gives of equal values one."""

    __slots__ = ("t", "id", "origin", "shop", "kind", "body", "number", "shift", "context", "has_context", "channel",
                 "denied", "visitor", "customer")

    def __init__(self, entry, once):
        event = entry.event
        self.t, self.id, self.origin, self.shop = entry.event_time_ms, event.id, entry.origin, once(event.shop)
        self.kind = once(event.WhichOneof("body"))
        self.body = once.message(getattr(event, self.kind))
        self.number = once(event.DESCRIPTOR.fields_by_name[self.kind].number)
        self.shift = once(entry.event_time_ms - event.occurred_at_ms)  # a wrong clock's correction
        self.context, self.has_context = once.message(event.context), event.HasField("context")
        self.channel = event.channel
        self.denied = event.consent.analytics == DENIED
        self.visitor = "" if self.denied else once(entry.subject.visitor_id)
        self.customer = "" if self.denied else once(entry.subject.customer_ref)

    @property
    def moment(self):
        return self.t, self.id

    @property
    def is_client(self):
        return self.origin == CLIENT and (20 <= self.number <= 59 or self.kind == "purchase")


class Once:
    """Of equal values the first, of equal messages a copy that is no part of its entry."""

    def __init__(self):
        self.values, self.messages = {}, {}

    def __call__(self, value):
        return self.values.setdefault(value, value)

    def message(self, message):
        kind, data = type(message), message.SerializeToString(deterministic=True)
        if (kind, data) not in self.messages:
            self.messages[kind, data] = kind.FromString(data)
        return self.messages[kind, data]


def read(entries):
    seen, told, once = set(), [], Once()
    for entry in entries:
        if not entry.event.test and entry.event.id not in seen:
            told.append(Told(entry, once))
            seen.add(told[-1].id)
    return told


def earliest(events):
    return min(events, key=lambda event: event.moment, default=None)


def latest(events):
    return max(events, key=lambda event: event.moment, default=None)


def by_moment(events):
    return sorted(events, key=lambda event: event.moment)


def best_first(copies):
    """Server and import before client, then the earlier, then the smaller id."""
    return sorted(copies, key=lambda copy: (copy.origin == CLIENT, copy.moment))


def group(events, key):
    """{key: events}; events without a key are in no group."""
    groups = {}
    for event in events:
        if name := key(event):
            groups.setdefault(name, []).append(event)
    return groups


class Settings:
    """What the shop said of itself, and the rules and rates in force."""

    def __init__(self, told):
        self.versions = [event for event in told if event.kind == "shop_settings_changed"]
        self.rules = [event for event in told if event.kind == "channel_rules_changed"]
        effective = latest(self.versions).body
        self.zone, self.currency = effective.zone, effective.currency
        self.gap_ms = min(max(effective.session_gap_minutes or 30, 5), 240) * 60_000
        self.turns = sorted(event.body.valid_from_ms for event in self.versions + self.rules)
        self._at, self._rules_at = functools.cache(self._at), functools.cache(self._rules_at)

    def _turn(self, t):
        """Between two of them nothing changes: the last one at or before t."""
        count = bisect.bisect_right(self.turns, t)
        return self.turns[count - 1] if count else None

    @staticmethod
    def _in_force(versions, t):
        found = [event for event in versions if t is not None and event.body.valid_from_ms <= t]
        return max(found, key=lambda event: (event.body.valid_from_ms, *event.moment), default=None)

    def at(self, t):
        """The settings that hold for what acts from its valid-from; the first ones before all."""
        return self._at(self._turn(t))

    def _at(self, t):
        first = min(self.versions, key=lambda event: (event.body.valid_from_ms, *event.moment))
        return (self._in_force(self.versions, t) or first).body

    def rules_at(self, t):
        return self._rules_at(self._turn(t))

    def _rules_at(self, t):
        found = self._in_force(self.rules, t)
        return found.body.rules if found else ()
