# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was told: a journal's entries as the definitions speak of them. Test events are left out here, and the
second copy of an id; nothing else is judged."""
import functools

CLIENT, SERVER, IMPORT = 1, 2, 3
DENIED = 2
CART_KINDS = ("add_to_cart", "remove_from_cart", "view_cart", "cart_emptied", "begin_checkout", "add_shipping_info",
              "add_payment_info", "coupon_applied", "coupon_denied", "payment_failed")


class Told:
    """One journal entry."""

    def __init__(self, entry):
        event = entry.event
        self.t, self.id, self.origin, self.shop = entry.event_time_ms, event.id, entry.origin, event.shop
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
    def moment(self):
        return self.t, self.id

    @property
    def is_client(self):
        return self.origin == CLIENT and (20 <= self.number <= 59 or self.kind == "purchase")


def read(entries):
    told = {}
    for entry in entries:
        if not entry.event.test:
            told.setdefault(entry.event.id, entry)
    return [Told(entry) for entry in told.values()]


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

    @staticmethod
    def _in_force(versions, t):
        found = [event for event in versions if event.body.valid_from_ms <= t]
        return max(found, key=lambda event: (event.body.valid_from_ms, *event.moment), default=None)

    @functools.cache
    def at(self, t):
        """The settings that hold for what acts from its valid-from; the first ones before all."""
        first = min(self.versions, key=lambda event: (event.body.valid_from_ms, *event.moment))
        return (self._in_force(self.versions, t) or first).body

    @functools.cache
    def rules_at(self, t):
        found = self._in_force(self.rules, t)
        return found.body.rules if found else ()
