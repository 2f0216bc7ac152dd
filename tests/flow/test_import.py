# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real orders: tests/data/online_retail.csv through `utarg import`, against figures made here from the same file by
other code, and against figures somebody else once added up by hand (BY_HAND)."""
import collections
import csv
import decimal
import re

import pytest

from harness import utarg as harness

FILE = harness.ROOT / "tests/data/online_retail.csv"
KPIS = ("orders", "units", "gmv", "basket_value", "refunds_by_refund_date", "net_revenue", "net_revenue_by_refund_date",
        "turnover")
# day: orders, units, gmv, cash-view refunds
BY_HAND = {
    "2010-12-01": ("127", "26911", "57646.53", "325.23"),
    "2010-12-02": ("142", "31328", "47730.38", "1541.10"),
    "2010-12-03": ("68", "16180", "44838.23", "1323.25"),
    "2010-12-05": ("87", "15651", "30181.45", "391.00"),
}


class Oracle:
    """The rules of the issue, said a second time: counts of lines and figures a day."""

    def __init__(self):
        self.days = collections.defaultdict(collections.Counter)
        self.lines = collections.Counter()
        self.invoices = collections.Counter()
        for number, lines in self.read().items():
            day = self.day_of(lines)
            if number.startswith("C"):
                self.refund(self.days[day], lines)
            else:
                self.sale(self.days[day], lines)

    @staticmethod
    def read():
        invoices = {}
        with open(FILE, encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file, delimiter=";"):
                row["pence"] = int(decimal.Decimal(row["UnitPrice"].replace(",", ".")) * 100)
                row["Quantity"] = int(row["Quantity"])
                invoices.setdefault(row["InvoiceNo"], []).append(row)
        return invoices

    @staticmethod
    def day_of(lines):
        day, month, year = re.match(r"(\d+)/(\d+)/(\d+) ", lines[0]["InvoiceDate"]).groups()
        return f"{year}-{int(month):02}-{int(day):02}"

    def refund(self, day, lines):
        back = [row for row in lines if row["Quantity"] < 0 and row["pence"] > 0]
        self.lines["refund_lines"] += len(back)
        self.lines["skipped"] += len(lines) - len(back)
        self.invoices["refunds" if back else "skipped_invoices"] += 1
        day["refunds"] += sum(-row["Quantity"] * row["pence"] for row in back)

    def sale(self, day, lines):
        sold = [row for row in lines if row["Quantity"] > 0 and row["pence"] > 0]
        shipping = [row for row in sold if row["StockCode"] in ("POST", "DOT", "C2")]
        goods = [row for row in sold if row not in shipping]
        self.lines["skipped"] += len(lines) - len(sold)
        self.invoices["purchases" if goods else "skipped_invoices"] += 1
        if not goods:
            self.lines["skipped"] += len(shipping)
            return
        self.lines["items"] += len(goods)
        self.lines["shipping"] += len(shipping)
        day["orders"] += 1
        day["units"] += sum(row["Quantity"] for row in goods)
        day["gmv"] += sum(row["Quantity"] * row["pence"] for row in goods)
        day["shipping"] += sum(row["Quantity"] * row["pence"] for row in shipping)


@pytest.fixture(scope="module")
def oracle():
    return Oracle()


@pytest.fixture(scope="module")
def imported(stack):
    slug = stack.add_shop("gifts", "GBP", "Europe/London")
    return slug, stack.json("import", "online-retail", FILE, "--shop", slug)


def money(minor):
    return f"{minor // 100}.{minor % 100:02}"


def test_the_report_adds_up(imported, oracle):
    _, report = imported
    assert report["lines"] == 10_000
    assert report["items"] + report["shipping"] + report["refund_lines"] + sum(report["skipped"].values()) == 10_000
    assert all(count > 0 for count in report["skipped"].values()) or report["skipped"]
    assert (report["items"], report["shipping"], report["refund_lines"], sum(report["skipped"].values())) == tuple(
        oracle.lines[name] for name in ("items", "shipping", "refund_lines", "skipped")
    )
    assert report["invoices"] == 512
    assert report["purchases"] + report["refunds"] + report["skipped_invoices"] == 512
    assert {name: report[name] for name in oracle.invoices} == dict(oracle.invoices)
    assert (report["accepted"], report["already_there"]) == (report["purchases"] + report["refunds"], 0)


def test_figures_of_each_day(stack, imported, oracle):
    shop, _ = imported
    for day, expected in oracle.days.items():
        found = stack.day(shop, day, *KPIS)
        assert (found["orders"], found["units"]) == (str(expected["orders"]), str(expected["units"])), day
        assert found["gmv"] == found["net_revenue"] == money(expected["gmv"]), "prices are net, refunds are unlinked"
        assert found["refunds_by_refund_date"] == money(expected["refunds"])
        assert found["net_revenue_by_refund_date"] == money(expected["gmv"] - expected["refunds"])
        assert found["turnover"] == money(expected["gmv"] + expected["shipping"])
        mean = decimal.Decimal(expected["gmv"]) / expected["orders"] / 100
        assert found["basket_value"] == str(mean.quantize(decimal.Decimal("0.01"), decimal.ROUND_HALF_EVEN))
    assert sorted(oracle.days) == sorted(BY_HAND)


@pytest.mark.parametrize("day", sorted(BY_HAND))
def test_figures_as_added_up_by_hand(stack, imported, day):
    shop, _ = imported
    kpis = ("orders", "units", "gmv", "refunds_by_refund_date")
    stack.settle(shop)
    rows = stack.json("kpi", shop, *kpis, "--from", day, "--to", day)  # as a person asks
    assert [row["kpi"] for row in rows] == list(kpis)
    assert tuple(str(row["value"]) for row in rows) == BY_HAND[day]
    for row in rows:
        assert set(row) >= {"kpi", "window", "start", "end", "dimension", "key", "value", "numerator", "denominator",
                            "unit", "revision", "as_of_seq"}
        assert row["start"] == f"{day}T00:00:00+00:00" and row["dimension"] == "total" and row["window"] == "day"
        assert row["as_of_seq"] == stack.head(shop) and 1 < row["revision"] <= row["as_of_seq"]
    assert isinstance(rows[0]["value"], int) and isinstance(rows[2]["value"], str) and rows[2]["currency"] == "GBP"


def test_the_fourth_of_december_is_there_and_empty(stack, imported):
    shop, _ = imported
    values = stack.values(shop, "orders", "basket_value", from_day="2010-12-01", to_day="2010-12-05")
    assert (values["orders", "-", "2010-12-04"], values["basket_value", "-", "2010-12-04"]) == ("0", "")


def test_verify_agrees(stack, imported):
    stack.settle(imported[0])
    stack.verify(imported[0])


def test_a_second_import_changes_nothing_and_says_so(stack, imported):
    shop, report = imported
    before, head = stack.everything(shop), stack.head(shop)
    assert head == 1 + report["accepted"]
    again = stack.json("import", "online-retail", FILE, "--shop", shop)
    assert (again["accepted"], again["already_there"]) == (0, report["accepted"])
    assert {name: again[name] for name in again if name not in ("accepted", "already_there")} == {
        name: report[name] for name in report if name not in ("accepted", "already_there")
    }
    said = stack.ok("import", "online-retail", FILE, "--shop", shop)
    assert f"nothing changed: all {report['accepted']} were already there" in said
    assert stack.head(shop) == head and stack.everything(shop) == before


def test_a_shop_with_another_currency_is_refused(stack):
    shop = stack.add_shop("zlotys", "PLN", "Europe/London")
    done = stack.cli("import", "online-retail", FILE, "--shop", shop)
    assert done.returncode == 5 and "GBP" in done.stderr and "PLN" in done.stderr
    assert done.stderr.count("\n") == 1 and stack.head(shop) == 1


HEADER = "InvoiceNo;StockCode;Description;Quantity;InvoiceDate;UnitPrice;CustomerID;Country\n"
GOOD = "536365;85123A;HOLDER;6;1/12/2010 08:26;2,55;17850;United Kingdom\n"
BROKEN = {
    "empty": b"",
    "another header": b"a;b;c\n" + GOOD.encode(),
    "a column less": (HEADER + GOOD + "536366;A;B;1;1/12/2010 08:28;1,00;1\n").encode(),
    "no number": (HEADER + GOOD + GOOD.replace(";6;", ";six;").replace("536365", "536366")).encode(),
    "no day": (HEADER + GOOD + GOOD.replace("1/12/2010", "31/11/2010")).encode(),
    "no price": (HEADER + GOOD + GOOD.replace("2,55", "2,555")).encode(),
    "not UTF-8": HEADER.encode() + GOOD.encode() + GOOD.encode().replace(b"HOLDER", b"HOLD\xff"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_changes_nothing(stack, tmp_path, name):
    """Its good first invoice is not published either."""
    shop = stack.add_shop("broken-" + name.replace(" ", "-").lower(), "GBP", "Europe/London")
    path = tmp_path / "broken.csv"
    path.write_bytes(BROKEN[name])
    done = stack.cli("import", "online-retail", path, "--shop", shop)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "broken.csv" in done.stderr and done.stderr.count("\n") == 1 and not done.stdout
    assert name in ("empty", "another header") or "line 3" in done.stderr
    assert stack.head(shop) == 1


def test_unknown_shop_format_and_file(stack, tmp_path):
    for arguments, code, word in (
        (("online-retail", FILE, "--shop", "nobody-made-it"), 2, "nobody-made-it"),
        (("online-retail", tmp_path / "none.csv", "--shop", "gifts"), 2, "none.csv"),
        (("shopify", FILE, "--shop", "gifts"), 2, "shopify"),
        (("online-retail", FILE), 2, "--shop"),
    ):
        done = stack.cli("import", *arguments)
        assert done.returncode == code and word in done.stderr and done.stderr.count("\n") == 1, done
