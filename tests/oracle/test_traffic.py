# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hand-worked: traffic and comfort, carts and the funnel."""
from oracle.cases import AT, CLIENT, DAY, HOUR, MINUTE, SERVER, SHOP, Told, ms


def view(visitor, t, **more):
    return SHOP.page_view(visitor, t, **more)


def test_visit_seconds_are_ranked_on_the_log_histogram():
    # Visits of 0 s, 31 ms, 33 ms and 1,000,000 ms; the last two are kept by five bits: 32 and 983,040.
    told = Told(*(view(f"v{i}", AT) for i in range(4)), view("v1", AT + 31), view("v2", AT + 33),
                *(view("v3", AT + t) for t in range(0, 1_000_001, 500_000)))
    assert told.figures("visit_seconds_p50", "visit_seconds_p90", "visit_seconds") == {
        "visit_seconds_p50": (31, 1), "visit_seconds_p90": (983_040, 1), "visit_seconds": (1_000_064, 4)}
    assert told.figure("visit_seconds_p50", "2026-03-11") == (0, 0)
    assert told.figure("visit_seconds_p50", "2026-03-10", "minute") is None


def test_live_visitors_are_those_of_the_last_five_minutes():
    told = Told(view("v", "2026-03-10T09:00:00Z"), view("w", "2026-03-10T09:00:00.001Z"),
                view("w", "2026-03-10T09:01Z"),
                (view("server", "2026-03-10T09:00Z"), SERVER), view("", "2026-03-10T09:00Z"),
                view("denied", "2026-03-10T09:00Z", consent={"analytics": 2}))
    counts = [told.figure("live_visitors", f"2026-03-10T09:{minute:02}:00Z", "minute") for minute in range(8)]
    assert counts == [(1, 1), (2, 1), (2, 1), (2, 1), (2, 1), (1, 1), (0, 1), (0, 1)]


def test_searches_that_found_nothing():
    told = Told(SHOP.of("search", AT, "v"), SHOP.of("search", AT, "v", result_count=1),
                SHOP.of("search", AT, "w", result_count=7), SHOP.of("search", AT, "w", test=True),
                SHOP.of("search", AT + DAY, "w"))
    assert told.figure("search_miss_rate") == (1, 3)


def test_a_search_stands_where_its_session_does():
    told = Told(view("v", AT, context={"utm_campaign": "spring"}), SHOP.of("search", AT + MINUTE, "v", channel=2))
    assert told.figure("search_miss_rate", dimension="campaign", key="spring") == (1, 1)
    assert told.figure("search_miss_rate", dimension="sales_channel", key="app") == (1, 1)


def test_page_speed_leaves_out_what_was_not_measured():
    timings = [(0, 16), (1_000, 0), (2_500, 40), (3_000, 50), (4_100, 0)]
    told = Told(*(SHOP.of("page_timing", AT, "v", largest_contentful_paint_ms=paint, interaction_delay_ms=delay)
                  for paint, delay in timings))
    # p75 of 4 paints is the third: 3,000 -> 2,944 (184 x 16 of 128); of 3 delays the third: 50.
    assert told.figures("page_speed_lcp_p75", "page_speed_interaction_p75") == {
        "page_speed_lcp_p75": (2_944, 1), "page_speed_interaction_p75": (50, 1)}


def test_page_errors_of_a_thousand_views():
    told = Told(*(view("v", AT + i) for i in range(3)), SHOP.of("page_error", AT, "v", kind="script"))
    assert told.figure("page_errors") == (1_000, 3)


# ---- carts -------------------------------------------------------------------------------------------------


def failed(cart, t, **more):
    return SHOP.of("payment_failed", t, "v", cart_id=cart, **more)


def test_payment_failures():
    told = Told(
        failed("no order", AT),
        failed("at the hour", AT), SHOP.purchase("v", AT + HOUR, "O-1", cart_id="at the hour"),
        failed("a ms late", AT), SHOP.purchase("v", AT + HOUR + 1, "O-2", cart_id="a ms late"),
        failed("again", AT), SHOP.purchase("v", AT + MINUTE, "O-3", cart_id="again"), failed("again", AT + 2 * MINUTE),
        SHOP.purchase("v", AT, "O-4", cart_id="only ordered"),
        failed("", AT, order_id="O-5"),
        failed("never held", AT),
        *(SHOP.add_to_cart("v", AT, cart)
          for cart in ("no order", "at the hour", "a ms late", "again", "only ordered")),
    )
    assert told.figure("payment_failure_rate") == (3, 5)
    assert Told(*told.events, as_of=AT + HOUR - MINUTE).figure("payment_failure_rate") == (0, 5), "not yet"
    # The second failure of "again" is not an hour old; its first had an order.
    assert Told(*told.events, as_of=AT + HOUR).figure("payment_failure_rate") == (2, 5)


def test_a_payment_counts_at_the_first_attempt():
    add = SHOP.add_to_cart("v", "2026-03-08T10:00Z", "C", context={"utm_campaign": "spring"})
    told = Told(add, SHOP.purchase("v", "2026-03-12T10:00Z", "O-1", cart_id="C"), failed("C", AT))
    assert told.figure("payment_failure_rate", "2026-03-10") == (1, 1)
    assert told.figure("payment_failure_rate", "2026-03-10", dimension="campaign", key="spring") == (1, 1)
    assert told.figure("payment_failure_rate", "2026-03-12") == (0, 0)


def test_checkouts_are_abandoned_from_the_first_begin_checkout():
    told = Told(
        SHOP.add_to_cart("v", AT, "left"), SHOP.begin_checkout("v", AT + DAY, "left"),
        SHOP.add_to_cart("w", AT, "no checkout"),
        SHOP.add_to_cart("x", AT, "bought"), SHOP.begin_checkout("x", AT + DAY, "bought"),
        SHOP.purchase("x", AT + DAY, "O-1", cart_id="bought"), SHOP.begin_checkout("y", AT + DAY, "never held"),
    )
    assert told.figure("checkout_abandonment_rate", "2026-03-11") == (1, 2)
    assert told.figure("checkout_abandonment_rate", "2026-03-10") == (0, 0)
    assert told.figure("cart_abandonment_rate", "2026-03-10") == (2, 3)
    early = Told(*told.events, as_of=AT + 2 * DAY - MINUTE)
    assert early.figure("checkout_abandonment_rate", "2026-03-11") == (0, 1), "open until 24 h after the checkout"


def test_removing_never_goes_below_nothing():
    told = Told(SHOP.add_to_cart("v", AT, "C"), SHOP.remove_from_cart("v", AT + 1, "C", quantity=3),
                SHOP.add_to_cart("v", AT + 2, "C", quantity=2))
    assert told.figure("cart_abandonment_rate") == (1, 1), "it holds two"
    moved = Told(*told.events, SHOP.of("cart_merged", AT + 3, "v", from_cart_id="C", into_cart_id="D"),
                 SHOP.of("cart_emptied", AT + 4, "v", cart_id="C"))
    assert moved.figure("cart_abandonment_rate") == (1, 1), "they are in the other one"
    gone = Told(*moved.events, SHOP.remove_from_cart("v", AT + 5, "D", quantity=2))
    assert gone.figures("cart_abandonment_rate", "carts") == {"cart_abandonment_rate": (0, 0), "carts": (1, 1)}


def test_the_funnel_counts_a_step_that_was_skipped():
    told = Told(
        view("looks", AT), SHOP.of("view_item", AT, "views", sku="A"), SHOP.add_to_cart("adds", AT, "C-1"),
        SHOP.begin_checkout("checks out", AT, "C-2"),
        view("orders", AT), SHOP.purchase("orders", AT + 1, "O-1"),
        (SHOP.add_to_cart("server", AT, "C-3"), SERVER),
    )
    steps = ("view_item", "add_to_cart", "begin_checkout", "order")
    assert [told.figure(f"funnel_{step}") for step in steps] == [(4, 5), (3, 5), (2, 5), (1, 5)]


def test_marketing_channels():
    contexts = [
        ({}, "direct"), ({"referrer_host": "www.shop.example", "host": "shop.example"}, "direct"),
        ({"referrer_host": "sub.pay.example"}, "direct"), ({"referrer_host": "notpay.example"}, "referral"),
        ({"referrer_host": "www.google.co.uk"}, "organic_search"), ({"referrer_host": "googleblog.com"}, "referral"),
        ({"referrer_host": "t.co"}, "organic_social"), ({"referrer_host": "nott.co"}, "referral"),
        ({"click_id_kind": "fbclid"}, "organic_social"),
        ({"click_id_kind": "fbclid", "utm_medium": "CPC"}, "paid_social"),
        ({"click_id_kind": "gclid", "utm_medium": "email"}, "email"), ({"click_id_kind": "gclid"}, "paid_search"),
        ({"utm_source": "google", "utm_medium": "organic"}, "organic_search"),
        ({"utm_source": "x.com"}, "organic_social"),
        ({"utm_source": "dsp", "utm_medium": "cpm"}, "display"), ({"utm_medium": "affiliates"}, "affiliate"),
        ({"utm_campaign": "autumn"}, "other"), ({"affiliate": "blog"}, "affiliate"),
    ]
    for context, channel in contexts:
        told = Told((view("v", AT, context=context), CLIENT))
        assert told.figure("sessions", dimension="marketing_channel", key=channel) == (1, 1), (context, channel)


def test_a_shops_rules_go_first_from_their_day_on():
    rules = [{"utm_source": "google", "marketing_channel": "House"}]
    start = ms("2026-03-11T00:00+01:00")
    rule = SHOP.of("channel_rules_changed", AT, version=1, valid_from_ms=start, rules=rules), SERVER
    google = {"utm_source": "Google", "utm_medium": "cpc"}
    told = Told(view("v", AT, context=google), view("v", AT + DAY, context=google), rule)
    assert told.figure("sessions", dimension="marketing_channel", key="paid_search") == (1, 1)
    assert told.figure("sessions", "2026-03-11", dimension="marketing_channel", key="house") == (1, 1)
