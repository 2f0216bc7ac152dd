# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""That every failpoint stands where something passes, and that switches reach the services through `utarg up`. What the
services promise under them is tested beside this file."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from faults.test_proxy import Proxy
from harness import events
from harness import utarg as harness

if not (harness.BIN / "fault-list").exists():
    pytest.skip("these programs cannot fail on purpose: UTARG_BIN=build/faults/bin", allow_module_level=True)

ROWS = [line.split("\t") for line in subprocess.check_output([harness.BIN / "fault-list"], text=True).splitlines()]
POINTS = {row[1]: row for row in ROWS if row[0] == "point"}


class Stack(harness.Stack):
    """An instance that reads a control file, and that sees besides what `environment` says."""

    def __init__(self, **environment):
        self.control = pathlib.Path(tempfile.mkdtemp(prefix="utarg-switches-", dir="/tmp")) / "control"
        super().__init__(start=False, environment={"UTARG_FAULTS_FILE": str(self.control), **environment})

    def close(self):
        super().close()
        shutil.rmtree(self.control.parent)

    def arm(self, *lines):
        aside = self.control.with_suffix(".new")
        aside.write_text("".join(line + "\n" for line in lines))
        subprocess.run([harness.BIN / "fault-list", "--check", aside], check=True)
        aside.rename(self.control)

    def fired(self):
        with contextlib.suppress(FileNotFoundError):
            lines = pathlib.Path(f"{self.control}.fired").read_text().splitlines()
            return [line.split()[0] for line in lines]
        return []


@pytest.fixture()
def stack():
    made = Stack()
    yield made
    made.close()


def live(stack):
    """A day in a shop's life that takes every path there is; the numbers of events do not matter."""
    shop = events.Shop(stack.add_shop("corner"))
    publisher = stack.publisher()
    now = harness.now_ms()
    figures = stack.subscriber(f"kpi/{shop.slug}/")
    offers = stack.subscriber(f"offer/{shop.slug}/", service="campaign")
    publisher.accept([shop.page_view("v", now - events.HOUR)])
    publisher.accept([shop.purchase("v", now - 2_000 + i, f"o{i}") for i in range(300)], size=100)  # drafted, many rows
    publisher.accept([shop.offer_updated(now - 1_000, "mug", 1_999)])
    resent = shop.purchase("v", now, "again")
    publisher.insist([resent])
    publisher.insist([resent, shop.page_view("w", now)])
    assert len(stack.journal(shop.slug)) > 300
    stack.ok("campaign", "create", shop.slug, "spring")
    stack.settle(shop.slug)
    figures.until(lambda topic, update: update.figure.kpi == "orders" and int(update.figure.numerator) >= 300)
    offers.until(lambda topic, update: update.offer.sku == "mug")
    return shop


def raise_epochs(stack):
    """As a restore does: who follows drops what it has and reads the journal again."""
    subprocess.run(
        ["psql", "-Xq", "-h", stack.data / "run", "-p", "5432", "-U", "utarg_owner", "-d", "utarg",
         "-c", "UPDATE journal.head SET epoch = epoch + 1"],
        env={"PATH": os.environ["PATH"], "PGPASSFILE": str(stack.data / "secrets/utarg_owner.pgpass")}, check=True,
    )


def test_every_point_is_passed(stack):
    # What others only follow fails once, the rest lets pass.
    actions = {"DB_COMMIT_SENT": "fail process=ingest"}
    stack.arm(*(f"{name} {actions.get(name, 'delay=0')} times=1" for name in POINTS))
    stack.up()
    shop = live(stack)
    raise_epochs(stack)

    def missing():
        return set(POINTS) - set(stack.fired())

    with contextlib.suppress(AssertionError):
        harness.wait_until(lambda: not missing())
    assert not missing()
    stack.verify(shop.slug)


def test_a_crash_happens_once_and_nothing_is_lost(stack):
    stack.up()
    shop = events.Shop(stack.add_shop("corner"))
    publisher = stack.publisher()
    sent = [shop.page_view("v", harness.now_ms())]
    publisher.accept(sent)

    def crashed(name):
        """Sends one more until it has: what is armed is seen within some milliseconds."""
        sent.append(shop.page_view("v", harness.now_ms()))
        publisher.insist(sent[-1:])
        return name in stack.fired()

    for number, name in enumerate(["INGEST_DRAFT_BEFORE_HEADS", "INGEST_DRAFT_COMMITTED", "METRICS_ENTITIES_WRITTEN"], 1):
        stack.arm(f"{name} crash times=1 round={number}")
        harness.wait_until(lambda: crashed(name), what=f"a crash at {name}")
        assert stack.settle(shop.slug) == len(sent) + 1  # with the shop's settings
    assert len(stack.fired()) == 3
    stack.wait_ready()
    stack.verify(shop.slug)


def test_a_mutant_works_while_it_is_armed(stack):
    stack.up()
    shop = events.Shop(stack.add_shop("corner"))
    publisher = stack.publisher()
    one = shop.page_view("v", harness.now_ms())
    publisher.accept([one])
    changed = type(one).FromString(one.SerializeToString())
    changed.event.occurred_at_ms += 1

    def answer_is(code):
        return harness.code_name(publisher.publish([changed])[0].code) == code

    assert answer_is("CONFLICT")
    stack.arm("CONFLICT_IS_DUPLICATE mutant")
    harness.wait_until(lambda: answer_is("DUPLICATE"), what="the mutant")
    stack.arm()
    harness.wait_until(lambda: answer_is("CONFLICT"), what="the mutant gone")


@pytest.mark.parametrize("command", ["cut-after-commit", "cut-before-commit", "cut-at-answer", "freeze-after-commit"])
def test_a_commit_whose_answer_is_lost(command):
    with tempfile.TemporaryDirectory(prefix="utarg-proxy-", dir="/tmp") as folder:
        stack = Stack(UTARG_PG_SOCKET_DIR_INGEST=folder)
        proxy = Proxy(f"{folder}/.s.PGSQL.5432", f"{stack.data}/run/.s.PGSQL.5432")
        try:
            stack.up()
            shop = events.Shop(stack.add_shop("corner"))
            publisher = stack.publisher()
            publisher.accept([shop.page_view("v", harness.now_ms())])
            proxy.ok(command)
            sent = [shop.page_view("v", harness.now_ms()) for _ in range(100)]
            publisher.insist(sent)
            counted = proxy.count()
            assert counted["cuts"] == 1 and counted["commits"] > 0
            ids = [entry.event.id for entry in stack.journal(shop.slug)]
            assert len(ids) == 102 and len(set(ids)) == 102
        finally:
            proxy.ok("thaw")
            stack.close()
            proxy.close()
