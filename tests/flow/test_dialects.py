# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What other tools would make of the same events: `utarg kpi --dialect`, beside our own figures, and the figures of
offers end to end. The rules one by one are in tests/unit/metrics/test_dialect.c."""
import pytest

from harness.events import MINUTE, Shop, ms

DAY_OF_ALL = "2026-03-10"
BY_SPRING = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring"}
BY_SALE = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "sale"}


@pytest.fixture
def shop(new_shop):
    return Shop(new_shop())


def values(stack, shop, tool, *kpis, days=("--day", DAY_OF_ALL)):
    rows = stack.json("kpi", shop.slug, *kpis, "--dialect", tool, *days)
    assert all(row["dialect"] == tool for row in rows)
    return {(row["start"][:10], row["kpi"]): (row["value"], row["ours"]) for row in rows}


def test_the_same_events_by_other_rules(stack, publisher, shop):
    t = ms("2026-03-10T10:00:00+01:00")
    midnight = ms("2026-03-11T00:00:00+01:00")
    told = [
        shop.page_view("a", t, context=BY_SPRING),
        shop.page_view("a", t + 5 * MINUTE, context=BY_SALE),
        shop.add_to_cart("a", t + 6 * MINUTE, "c1"),
        shop.page_view("b", t),
        shop.purchase("b", t + MINUTE, "O-1", 10_000),
        shop.page_view("d", midnight - 10 * MINUTE),
        shop.page_view("d", midnight + 10 * MINUTE),
        shop.refund(midnight + 60 * MINUTE, "R-1", "O-1", items_net_minor=4_000),
    ]
    publisher.accept(told[::-1])  # a dialect brings them into order
    stack.settle(shop.slug)
    day = DAY_OF_ALL
    assert values(stack, shop, "matomo", "sessions", "conversion_rate", "bounce_rate", "cart_abandonment_rate") == {
        (day, "sessions"): (4, 3),
        (day, "conversion_rate"): (0.25, 0.333333),
        (day, "bounce_rate"): (1.0, 0.0),
        (day, "cart_abandonment_rate"): (1.0, 1.0),
    }
    # The grand total, tax 23 %, and the refund is no matter of Matomo's.
    assert values(stack, shop, "matomo", "net_revenue") == {(day, "net_revenue"): ("123.00", "60.00")}
    both = ("--from", day, "--to", "2026-03-11")
    assert values(stack, shop, "shopify", "net_revenue", "sessions", days=both) == {
        (day, "net_revenue"): ("100.00", "60.00"),
        (day, "sessions"): (3, 3),
        ("2026-03-11", "net_revenue"): ("-40.00", "0.00"),
        ("2026-03-11", "sessions"): (0, 0),
    }
    assert values(stack, shop, "plausible", "conversion_rate") == {(day, "conversion_rate"): (0.333333, 0.333333)}
    assert values(stack, shop, "ga4", "sessions") == {(day, "sessions"): (3, 3)}
    text = stack.ok("kpi", shop.slug, "sessions", "--dialect", "matomo", "--day", day)
    assert "A visit ends at midnight" in text and "OURS" in text
    # Nothing of it was kept.
    assert stack.day(shop.slug, day, "sessions", "net_revenue") == {"sessions": "3", "net_revenue": "60.00"}
    stack.verify(shop.slug)


@pytest.mark.parametrize(
    "args, said",
    [
        (["--dialect", "piwik", "--day", DAY_OF_ALL], "ga4, matomo, plausible or shopify"),
        (["--dialect", "matomo"], "a dialect is asked for days"),
        (["--dialect", "matomo", "--day", DAY_OF_ALL, "--window", "hour"], "by day, week or month"),
        (["--dialect", "matomo", "--day", DAY_OF_ALL, "--dimension", "device"], "the total only"),
        (["spend", "--dialect", "matomo", "--day", DAY_OF_ALL], "a dialect does not tell"),
    ],
)
def test_what_a_dialect_cannot_tell(stack, shop, args, said):
    done = stack.cli("kpi", shop.slug, *args)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr


def test_offers_end_to_end(stack, publisher, shop):
    t = ms("2026-03-10T10:00:00+01:00")
    yesterday = ms("2026-03-09T10:00:00+01:00")
    publisher.accept(
        [
            shop.of("view_item", t + 30 * MINUTE, "v", sku="A", price_gross_minor=5_000, currency="PLN"),
            shop.of("view_item", t - 30 * MINUTE, "v", sku="A", price_gross_minor=5_000, currency="PLN"),
            shop.purchase("v", t - 20 * MINUTE, "O-1", 4_000),
            shop.of("view_item", t + 24 * 60 * MINUTE, "v", sku="A", price_gross_minor=5_000, currency="PLN"),
        ]
    )
    publisher.accept(
        [
            shop.of("stock_changed", t, sku="A", location="", quantity=0),
            shop.of("stock_changed", yesterday, sku="A", location="", quantity=3),
            shop.of("offer_updated", yesterday, sku="A", cost_net_minor=1_500, currency="PLN"),
        ],
        2,
    )
    stack.settle(shop.slug)
    kpis = ("offer_views", "offer_orders", "offer_conversion", "offer_revenue", "offer_margin", "stock_value", "stockout_loss",
            "sell_through", "days_of_stock")
    rows = stack.json("kpi", shop.slug, *kpis, "--dimension", "offer", "--key", "A", "--from", "2026-03-09", "--to", "2026-03-11")
    found = {(row["start"][8:10], row["kpi"]): row["value"] for row in rows}
    assert found["09", "stock_value"] == "45.00" and ("10", "stock_value") not in found  # nothing is left out of the total only
    assert found["10", "offer_views"] == 2 and found["10", "offer_conversion"] == 0.5
    assert found["10", "offer_revenue"] == "40.00" and found["10", "offer_margin"] == "25.00"
    assert found["10", "sell_through"] == 1.0 and found["10", "days_of_stock"] == 0.0
    # The day that began with stock had one order by two looks.
    assert found["11", "stockout_loss"] == "25.00"
    stack.verify(shop.slug)
