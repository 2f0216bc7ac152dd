# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Publications in one line each. `shop = Shop("demo"); shop.page_view("v1", t)`; times are ms, or ISO 8601 texts."""
import datetime
import uuid

from harness.utarg import proto

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def ms(moment):
    """Milliseconds since 1970 of "2026-03-29T02:30+01:00"; numbers pass."""
    if isinstance(moment, int):
        return moment
    parsed = datetime.datetime.fromisoformat(moment.replace("Z", "+00:00"))
    assert parsed.tzinfo is not None, f"{moment} has no offset"
    return round(parsed.timestamp() * 1000)


class Shop:
    """Makes publications of one shop. Ids come from `random` when given, so that a history can be repeated."""

    def __init__(self, slug, currency="PLN", random=None):
        self.slug, self.currency, self._random = slug, currency, random

    def _id(self):
        return self._random.randbytes(16) if self._random else uuid.uuid4().bytes

    def of(self, body, t, visitor="", *, id=None, customer="", context=None, channel=0, consent=None, test=False,
           subject=None, **fields):
        """A publication with that body. Keywords are the body's fields; dicts and lists of dicts nest."""
        p = proto()
        event = p.event.Event(
            id=id or self._id(), source="test/flow", occurred_at_ms=ms(t), shop=self.slug, channel=channel, test=test,
            **{body: fields},
        )
        getattr(event, body).SetInParent()
        if context:
            event.context.CopyFrom(p.event.Context(**context))
        if consent:
            event.consent.CopyFrom(p.event.Consent(**consent))
        return p.event.Publication(
            event=event,
            subject=p.event.Subject(visitor_id=visitor, customer_ref=customer, **(subject or {})),
        )

    def page_view(self, visitor, t, **more):
        return self.of("page_view", t, visitor, **more)

    def heartbeat(self, visitor, t, foreground_ms=10_000, **more):
        return self.of("heartbeat", t, visitor, foreground_ms=foreground_ms, **more)

    def add_to_cart(self, visitor, t, cart, sku="A", quantity=1, **more):
        return self.of("add_to_cart", t, visitor, cart_id=cart, sku=sku, quantity=quantity, **more)

    def remove_from_cart(self, visitor, t, cart, sku="A", quantity=1, **more):
        return self.of("remove_from_cart", t, visitor, cart_id=cart, sku=sku, quantity=quantity, **more)

    def begin_checkout(self, visitor, t, cart, **more):
        return self.of("begin_checkout", t, visitor, cart_id=cart, **more)

    def purchase(self, visitor, t, order, net_minor=10_000, quantity=1, lines=None, currency=None, **more):
        lines = lines or [line("A", quantity, net_minor)]
        return self.of("purchase", t, visitor, order_id=order, currency=currency or self.currency, lines=lines, **more)

    def order_updated(self, t, order, version, lines, **more):
        return self.of("order_updated", t, order_id=order, order_version=version, currency=self.currency, lines=lines,
                       **more)

    def refund(self, t, refund, order="", **more):
        return self.of("refund", t, refund_id=refund, order_id=order, currency=more.pop("currency", self.currency), **more)

    def order_cancelled(self, t, order, **more):
        return self.of("order_cancelled", t, order_id=order, **more)

    def offer_updated(self, t, sku, price_gross_minor, **more):
        return self.of("offer_updated", t, sku=sku, currency=self.currency, price_gross_minor=price_gross_minor, **more)

    def ad_spend(self, t, day, campaign, spend_minor, **more):
        more.setdefault("report_time_ms", ms(t))
        more.setdefault("platform", "ads")
        return self.of("ad_spend", t, campaign=campaign, day=day, spend_minor=spend_minor, currency=self.currency, **more)


def line(sku, quantity, net_minor, tax_rate_bp=2300, **more):
    return {"sku": sku, "quantity": quantity, "net_minor": net_minor, "tax_rate_bp": tax_rate_bp, **more}
