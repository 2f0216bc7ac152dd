# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Visits: maximal runs of one visitor's client events."""
import functools

from oracle import places
from oracle.told import by_moment, group


class Session:
    def __init__(self, settings, events):
        self.events = events  # by (t, id)
        self.start, self.end = events[0].t, events[-1].t
        self.visitor = events[0].visitor
        self.place = places.of_first_event(settings, events[0])
        self.kinds = {event.kind for event in events}
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
        steps = self.kinds & {"add_to_cart", "begin_checkout"}
        return self.views >= 2 or self.engaged_ms >= 10_000 or bool(steps) or bool(self.orders)

    @property
    def reached(self):
        """The funnel's steps that it reached: one that it has, or has a later one of."""
        steps = ["view_item", "add_to_cart", "begin_checkout", "order"]
        had = [step in self.kinds for step in steps[:3]] + [bool(self.orders)]
        return [step for i, step in enumerate(steps) if any(had[i:])]


class Sessions:
    def __init__(self, settings, told):
        self.gap_ms = settings.gap_ms
        self.of_visitor = group(told, lambda event: event.visitor)
        self.all = []
        for events in group(told, lambda event: event.is_client and event.visitor).values():
            self.all += [Session(settings, run) for run in self._runs(by_moment(events))]
        self.of_event = {event.id: session for session in self.all for event in session.events}

    def _runs(self, events):
        runs = [[events[0]]]
        for before, event in zip(events, events[1:]):
            if event.t - before.t >= self.gap_ms:
                runs.append([])
            runs[-1].append(event)
        return runs

    def at(self, events, t):
        """The session of the latest of these events at or before t, if its own latest is less than the gap ago."""
        before = [event for event in events if event.t <= t and event.id in self.of_event]
        if not before:
            return None
        session = self.of_event[max(before, key=lambda event: event.moment).id]
        last = max(event.t for event in session.events if event.t <= t)
        return session if t - last < self.gap_ms else None

    def of_visitor_at(self, visitor, t):
        return self.at(self.of_visitor.get(visitor, ()) if visitor else (), t)
