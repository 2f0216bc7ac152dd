# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a fact stands in each dimension."""
import dataclasses
import functools
import re

from oracle import channel

SALES_CHANNELS = ("web", "web", "app", "pos", "phone", "marketplace", "mail", "leaflet")
DEVICES = ("unknown", "desktop", "mobile", "tablet", "tv", "other")
SIGNS_OF_A_SOURCE = ("host", "path", "referrer_host", "utm_source", "utm_medium", "utm_campaign", "click_id_kind",
                     "affiliate")
DIMENSIONS = ("total", "sales_channel", "marketing_channel", "campaign", "device", "country", "offer", "payment_method",
              "landing_page", "affiliate")


@dataclasses.dataclass(frozen=True)
class Place:
    """The key in each dimension; None where the fact has no such dimension."""

    sales_channel: str = None
    marketing_channel: str = None
    campaign: str = None
    device: str = None
    country: str = None
    offer: str = None
    payment_method: str = None
    landing_page: str = None
    affiliate: str = None
    total: str = "-"

    def __hash__(self):
        return self._hash

    @functools.cached_property
    def _hash(self):
        return hash(tuple(getattr(self, dimension) for dimension in DIMENSIONS))

    @functools.cached_property
    def keys(self):
        return [(dimension, key) for dimension in DIMENSIONS if (key := getattr(self, dimension)) is not None]


TOTAL = Place()
place = functools.cache(Place)  # the same object for the same keys


def country_of(context):
    return context.country if re.fullmatch("[A-Z]{2}", context.country) else "unknown"


def device_of(context):
    return DEVICES[context.device] if 0 <= context.device < len(DEVICES) else "unknown"


def of_first_event(settings, event):
    """Of a session that begins with the event."""
    context = event.context
    return place(SALES_CHANNELS[event.channel], channel.classify(settings, event.t, context),
                 context.utm_campaign or "none", device_of(context), country_of(context))


def of_context(settings, t, sales_channel, context):
    """Of what stands alone: what does not say where it comes from is unknown."""
    says = any(getattr(context, field) for field in SIGNS_OF_A_SOURCE)
    source = channel.classify(settings, t, context) if says else "unknown"
    campaign = context.utm_campaign or ("none" if says else "unknown")
    return place(SALES_CHANNELS[sales_channel], source, campaign, device_of(context), country_of(context))


def in_session(session, sales_channel):
    return _through(session.place, sales_channel)


@functools.cache
def _through(place_, sales_channel):
    return dataclasses.replace(place_, sales_channel=SALES_CHANNELS[sales_channel])
