# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exchange rates: files of the two central banks through `utarg rate import`, and orders that waited for them."""
import pytest

from harness import utarg as harness
from harness.events import Shop, ms

FILES = harness.ROOT / "tests/data"
MONDAY = "2026-01-05"
SERVER = 2


@pytest.fixture
def zlotys(stack, request):
    slug = "rates-" + request.node.name.replace("_", "-").replace("test-", "")[:40].rstrip("-")
    stack.ok("shop", "add", slug, "--currency", "PLN", "--zone", "Europe/Warsaw", "--rate-source", "nbp")
    assert "Rates from:   nbp" in stack.ok("shop", "show", slug)
    return Shop(slug)


def test_an_order_that_came_first_waits_for_its_rate(stack, publisher, zlotys):
    order = zlotys.purchase("v", ms(f"{MONDAY}T10:00:00+01:00"), "O-1", 10_001, currency="EUR")
    publisher.accept([order], SERVER)
    stack.settle(zlotys.slug)
    kpis = ("net_revenue", "foreign_orders")
    assert stack.day(zlotys.slug, MONDAY, *kpis) == {"net_revenue": "0.00", "foreign_orders": "1"}
    topic = f"kpi/{zlotys.slug}/net_revenue/total/-/"
    corrections = stack.subscriber(topic)
    said = stack.ok("rate", "import", zlotys.slug, FILES / "rates_nbp.csv")
    assert '2 days of "nbp" with 8 rates in PLN, 0 days skipped\n2 accepted, 0 already there\n' == said
    stack.settle(zlotys.slug)
    # Friday's 4.25, since Monday's is of the day itself: 425.0425.
    assert stack.day(zlotys.slug, MONDAY, *kpis) == {"net_revenue": "425.04", "foreign_orders": "0"}
    reason = harness.proto().metrics.Reason.Name
    corrections.until(lambda name, update: update.figure.value == "425.04" and reason(update.reason) == "REASON_RATE",
                      timeout=5, what="the correction")
    stack.verify(zlotys.slug)


def test_the_same_file_again_changes_nothing(stack, zlotys):
    first = stack.json("rate", "import", zlotys.slug, FILES / "rates_ecb.csv")
    assert first == {"source": "ecb", "days": 2, "rates": 8, "skipped_days": 1, "accepted": 2, "already_there": 0}
    head = stack.head(zlotys.slug)
    said = stack.ok("rate", "import", zlotys.slug, FILES / "rates_ecb.csv")
    assert "nothing changed: all 2 were already there" in said
    assert 'takes its rates from "nbp"; these stay unused until its settings name "ecb"' in said
    assert stack.head(zlotys.slug) == head


def test_other_rates_for_a_day_that_is_there_are_refused(stack, zlotys, tmp_path):
    stack.ok("rate", "import", zlotys.slug, FILES / "rates_nbp.csv")
    path = tmp_path / "changed.csv"
    path.write_text((FILES / "rates_nbp.csv").read_text(encoding="utf-8").replace("4,2500", "4,2600"), encoding="utf-8")
    done = stack.cli("rate", "import", zlotys.slug, path)
    assert done.returncode != 0 and "CONFLICT" in done.stderr and "changed.csv" in done.stderr


def test_a_broken_file_changes_nothing(stack, zlotys, tmp_path):
    path = tmp_path / "broken.csv"
    path.write_text("Date,USD,PLN\n2026-01-02,1.0321,4.25\n2026-01-05,1.04,four\n", encoding="utf-8")
    done = stack.cli("rate", "import", zlotys.slug, path)
    assert done.returncode == 2 and not done.stdout and done.stderr.count("\n") == 1
    assert 'broken.csv: line 3, column 3 (PLN): "four" is no rate' in done.stderr
    assert stack.head(zlotys.slug) == 1
