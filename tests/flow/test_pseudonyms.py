# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whom an event is about is replaced on entry, and the names the shop sent are nowhere."""
import subprocess

import pytest

from harness import more
from harness import utarg as harness
from harness.events import MINUTE, Shop
from harness.pseudonyms import Pseudonyms, files_with

NOW = harness.now_ms() - 60 * MINUTE


def psql(stack, sql):
    """Rows as text, as the owner."""
    environment = harness.clean_environment() | {"PGPASSFILE": str(stack.data / "secrets/utarg_owner.pgpass")}
    done = subprocess.run(
        ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", str(stack.data / "run"), "-U", "utarg_owner", "-d", "utarg",
         "-c", sql], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


def test_names_are_replaced(own_stack):
    shop, other = Shop(own_stack.add_shop("names")), Shop(own_stack.add_shop("others"))
    publisher = own_stack.publisher()
    sent = [
        shop.page_view("canary-visitor", NOW, subject={"url": "https://shop.example/?q=1", "search_text": "mug"}),
        shop.purchase("canary-visitor", NOW + 1, "A-1", customer="canary-customer"),
        shop.page_view("", NOW + 2),
        other.purchase("canary-visitor", NOW + 3, "A-1", customer="canary-customer"),
    ]
    publisher.accept(sent, origin=2)
    subjects = [entry.subject for entry in own_stack.journal("names")[1:]]
    of = Pseudonyms(own_stack, "names")
    visitor, customer = of.visitor("canary-visitor"), of.customer("canary-customer")
    assert [(s.visitor_id, s.customer_ref) for s in subjects] == [(visitor, ""), (visitor, customer), ("", "")]
    assert (subjects[0].url, subjects[0].search_text) == ("https://shop.example/?q=1", "mug")
    strange = own_stack.journal("others")[1].subject
    assert strange.visitor_id == Pseudonyms(own_stack, "others").visitor("canary-visitor") != visitor
    assert psql(own_stack, "SELECT convert_from(visitor, 'UTF8'), convert_from(customer, 'UTF8') FROM journal.event"
                           " WHERE shop_id = 1 AND visitor IS NOT NULL ORDER BY seq") == [
        f"{visitor}|", f"{visitor}|{customer}"]
    # The same ids again, told otherwise: the event's bytes alone are compared.
    again = [publication.__class__.FromString(publication.SerializeToString()) for publication in sent]
    again[0].subject.visitor_id = "canary-somebody-else"
    results = publisher.publish(again, origin=2)
    assert [harness.code_name(result.code) for result in results] == ["DUPLICATE"] * 4
    # The last writer wins nothing: what is refused is nowhere either.
    publisher.publish([shop.page_view("canary-" + "x" * 64, NOW), shop.of("purchase", NOW, "canary-bad", order_id="")])
    own_stack.verify("names")
    assert own_stack.values("names", "visitors", from_day="2026-01-01")  # folded, so that its tables are full
    psql(own_stack, "CHECKPOINT")
    assert files_with(own_stack.data, ["canary"]) == {}  # tables, write-ahead log, logs, all there is


def test_nobody_else_says_that_his_names_are_pseudonyms(own_stack):
    shop = Shop(own_stack.add_shop("plain"))
    publisher = own_stack.publisher()
    asked = publisher.send(publish={"publications": [shop.page_view("canary", NOW)], "pseudonymised": True})
    reply = publisher.wait(asked)
    assert (harness.code_name(reply.status.code), len(reply.publish.results)) == ("FORBIDDEN", 0), reply


def test_a_shop_may_send_pseudonyms(own_stack):
    own_stack.ok("shop", "add", "own", "--currency", "PLN", "--zone", "Europe/Warsaw", "--pseudonymised")
    assert "the pseudonyms the shop sends" in own_stack.ok("shop", "show", "own")
    own_stack.publisher().accept([Shop("own").purchase("v-1", NOW, "A-1", customer="c-1")], origin=2)
    subject = own_stack.journal("own")[1].subject
    assert (subject.visitor_id, subject.customer_ref) == ("v-1", "c-1")
    # Also when ingest knows the shop already, and after it has started anew.
    own_stack.publisher().accept([Shop("own").page_view("v-2", NOW)])
    own_stack.kill("ingest")
    own_stack.publisher().insist([Shop("own").page_view("v-3", NOW)])
    assert [e.subject.visitor_id for e in own_stack.journal("own")[2:]] == ["v-2", "v-3"]


@pytest.mark.parametrize("mode, text, sentence", [(None, "", "pseudonym-key is not set"), (0o644, "00" * 32, "chmod 600")])
def test_ingest_wants_its_key(tmp_path, mode, text, sentence):
    key, arguments, keys = tmp_path / "key", [], more.keys(tmp_path)
    if mode is not None:
        key.write_text(text)
        key.chmod(mode)
        arguments = [f"--pseudonym-key={key}"]
    offset, lock = harness.take_offset()
    with lock:
        done = subprocess.run([str(harness.BIN / "utarg-ingest"), f"--port-offset={offset}", "--database=host=/nowhere",
                               f"--server-key-file={keys}/server.key_secret", f"--key-file={keys}/ingest.key", *arguments], capture_output=True, text=True, timeout=60, env=harness.clean_environment())
    assert done.returncode != 0 and sentence in done.stderr, done.stderr


def test_a_lost_key_is_not_made_anew(own_stack):
    own_stack.down()
    key = own_stack.data / "secrets/pseudonym.key"
    assert key.stat().st_mode & 0o777 == 0o600
    kept = key.read_text()
    key.unlink()
    done = own_stack.cli("up", "--detach", "--port-offset", own_stack.offset)
    assert done.returncode != 0 and "pseudonym.key is missing" in done.stderr, done.stderr
    key.write_text(kept)
    key.chmod(0o600)
    own_stack.up()
