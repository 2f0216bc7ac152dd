# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""`utarg kpi --explain`: what the figures are, from the rows they are computed by, without any instance. And that
all the figures that were promised are there."""
import json
import os
import re
import subprocess

from harness import utarg as harness

DOCUMENT = harness.ROOT / "docs/KPI.md"

# The names of the definitions, as a reader of them would look for them: each is a figure or a family of figures.
PROMISED = {
    "traffic": """sessions visitors live_visitors page_views views_per_session engaged_seconds visit_seconds bounce_rate
        search_miss_rate payment_failure_rate page_speed page_errors consent_coverage""",
    "sales": """conversion_rate conversion_rate_net visitor_conversion_rate orders units units_per_order gmv net_revenue
        net_revenue_by_refund_date turnover paid_revenue unpaid_orders basket_value discount_rate coupon_share
        payment_mix cancel_rate refund_rate contribution_margin new_customers repeat_purchase_rate clv
        unattributed_orders refund_excess identified_order_share""",
    "carts": "carts cart_abandonment_rate cart_recovery_rate checkout_abandonment_rate funnel",
    "offers": "offer_views offer_conversion sell_through days_of_stock dead_stock offer_margin stockout_loss",
    "service": """first_reply_minutes resolution_hours open_cases open_orders contact_rate satisfaction complaints_due
        refunds_due""",
    "attribution": "attributed_revenue attributed_orders attributed_new_customers roas cost_per_order cac mer",
    "supply": """fulfilment_hours on_time_rate return_rate parcel_refused_rate review_score books_coverage""",
}


def explain(*args, code=0):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("UTARG_")}
    done = subprocess.run(
        [str(harness.BIN / "utarg"), "kpi", "--explain", *args], capture_output=True, text=True, env=environment,
        timeout=60, cwd="/",
    )
    assert done.returncode == code, done
    return done.stdout if code == 0 else done.stderr


def rows():
    return json.loads(explain("--json"))


def test_the_document_is_what_the_program_says():
    made = explain("--markdown")
    if os.environ.get("UTARG_WRITE_GOLDEN"):
        DOCUMENT.write_text(made)
    assert DOCUMENT.read_text() == made, "docs/KPI.md is stale: run this test with UTARG_WRITE_GOLDEN=1"


def test_all_that_was_promised_is_there():
    there = {row["kpi"] for row in rows()} | {row["family"] for row in rows()}
    promised = {name for names in PROMISED.values() for name in names.split()}
    assert not promised - there


def test_each_figure_is_told_whole():
    for row in rows():
        for field in ("group", "unit", "numerator", "english", "polish"):
            assert row[field], row
        assert row["english"].endswith(".") and row["polish"].endswith("."), row
        assert row["definition_version"] >= 1 and row["dimensions"] and row["windows"], row


def test_one_figure_in_words():
    text = explain("cart_abandonment_rate")
    assert text.splitlines()[0] == "cart_abandonment_rate (carts, definition 1)"
    assert "numerator:   (carts that are abandoned at A, at the first add)" in text
    assert re.search(r"denominator: \(carts that are abandoned .*\) plus \(carts that were ordered", text)
    assert "Depends on the clock" in text and "Without anything to divide by" in text
    assert "Udział koszyków" in text
    assert "minus (page views of those who did not agree" in explain("consent_coverage")


def test_names_and_families():
    assert "\ntraffic\n" in "\n" + explain() and "  net_revenue  " in explain()
    assert [row["kpi"] for row in json.loads(explain("orders", "carts", "--json"))] == ["orders", "carts"]
    assert 'no key figure "order"' in explain("order", code=2)


def test_every_note_is_of_a_figure_that_there_is():
    source = (harness.ROOT / "services/metrics/core/note.c").read_text()
    there = {row["kpi"] for row in rows()} | {row["family"] for row in rows()}
    noted = set(re.findall(r'^\t\{"([a-z0-9_]+)", ', source, re.M))
    assert noted and noted <= there
