# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""`utarg publish --outbox`: what was put is in the journal exactly once, whoever dies meanwhile."""
import json
import os
import random
import subprocess
import uuid

import pytest

from harness import utarg as harness

SEED = int(os.environ.get("UTARG_TEST_SEED", random.randrange(1 << 32)))


def line(number, key=None, **purchase):
    body = {"orderId": f"O-{number}", "currency": "PLN",
            "lines": [{"sku": "mug", "quantity": "1", "netMinor": "1000", "taxRateBp": 2300}]} | purchase
    event = {"purchase": body, "occurredAtMs": str(harness.now_ms() - 60_000)}
    return json.dumps(event | ({"id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{key}-{number}"))} if key else {}))


def orders_in(stack, shop):
    """Order ids in the shop's journal, in its order."""
    return [entry.event.purchase.order_id for entry in stack.journal(shop) if entry.event.WhichOneof("body") == "purchase"]


def exactly_once(stack, shop, count):
    assert sorted(orders_in(stack, shop)) == sorted(f"O-{number}" for number in range(count))


def waiting(stack, outbox):
    return [json.loads(text) for text in stack.ok("outbox", "show", outbox, "--json").splitlines()]


def is_empty(outbox):
    return not list(outbox.glob("*.seg")) and not list(outbox.glob("*.done"))


def test_a_publisher_killed_again_and_again_delivers_everything_once(stack, shop, tmp_path):
    print("UTARG_TEST_SEED", SEED)
    dice, count, outbox = random.Random(SEED), 6_000, tmp_path / "outbox"
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(line(number, shop) for number in range(count)))

    def put_bytes():
        return sum(path.stat().st_size for path in outbox.glob("*.seg"))

    for _ in range(2):  # killed while it puts
        wanted = put_bytes() + dice.randrange(1, 300_000)
        with stack.start("publish", file, "--shop", shop, "--outbox", outbox, "--no-wait") as process:
            harness.wait_until(lambda: process.poll() is not None or put_bytes() > wanted, every=0.001)
            process.kill()
    stack.ok("publish", file, "--shop", shop, "--outbox", outbox, "--no-wait")  # the ids make that safe
    assert stack.head(shop) == 1
    for _ in range(4):  # killed while it sends; from here on the outbox is all there is
        wanted = stack.head(shop) + dice.randrange(1, 1_000)
        with stack.start("publish", "--outbox", outbox, "--batch", 20) as process:
            harness.wait_until(lambda: process.poll() is not None or stack.head(shop) > wanted, every=0.005)
            process.kill()
    done = stack.cli("publish", "--outbox", outbox)
    assert done.returncode == 0, done.stderr
    exactly_once(stack, shop, count)
    assert is_empty(outbox) and not waiting(stack, outbox)


def test_what_a_killed_publisher_put_goes_with_the_next_run(stack, shop, tmp_path):
    outbox = tmp_path / "outbox"
    stack.kill("ingest", 19)  # SIGSTOP: it is there and takes nothing
    try:
        with stack.start("publish", "-", "--shop", shop, "--outbox", outbox, stdin=subprocess.PIPE) as process:
            process.stdin.write("\n".join(line(number) for number in range(300)) + "\n")
            process.stdin.flush()
            harness.wait_until(lambda: outbox.exists() and len(waiting(stack, outbox)) == 300, what="300 put")
            process.kill()
        assert len(waiting(stack, outbox)) == 300
    finally:
        stack.kill("ingest", 18)
    done = stack.cli("publish", "--outbox", outbox, "--json")  # the events had no ids: they have them now
    assert done.returncode == 0, done.stderr
    results = [json.loads(text) for text in done.stdout.splitlines()]
    assert sorted(result["line"] for result in results) == list(range(1, 301))
    exactly_once(stack, shop, 300)
    assert is_empty(outbox)


def test_ingest_is_away_while_events_are_put(own_stack, tmp_path):
    shop, outbox = own_stack.add_shop("away"), tmp_path / "outbox"
    own_stack.down()
    put = own_stack.cli("publish", "-", "--shop", shop, "--outbox", outbox, "--no-wait", input=line(0) + "\n" + line(1))
    assert put.returncode == 0 and put.stderr == "2 put, 2 wait in the outbox\n"
    offset = ["--port-offset", own_stack.offset]
    tried = own_stack.cli("publish", "-", "--shop", shop, "--outbox", outbox, *offset, input=line(2))
    assert tried.returncode == 3 and "3 events wait in the outbox and go with the next run" in tried.stderr
    assert "ingest is not running" in tried.stderr
    own_stack.up()
    own_stack.wait_ready("ingest")
    done = own_stack.cli("publish", "--outbox", outbox)
    assert done.returncode == 0 and "3 events: 3 OK" in done.stderr
    exactly_once(own_stack, shop, 3)
    assert own_stack.ok("outbox", "show", outbox).startswith("0 waiting, 0 refused, 0 damaged")


def test_a_stream_goes_on_when_ingest_is_killed(own_stack, tmp_path):
    shop, outbox = own_stack.add_shop("stream"), tmp_path / "outbox"
    with own_stack.start("publish", "-", "--shop", shop, "--outbox", outbox, stdin=subprocess.PIPE) as process:
        for number in range(400):
            process.stdin.write(line(number) + "\n")
            process.stdin.flush()
            if number == 10:
                harness.wait_until(lambda: own_stack.head(shop) > 1, what="the first order")
            if number in (50, 200):
                pid = own_stack.kill("ingest")
            if number in (150, 300):
                own_stack.wait_restarted("ingest", pid)
        # Nothing more is written, and the input stays open: answers are taken all the same.
        harness.wait_until(lambda: own_stack.head(shop) == 401, what="all of them")
        harness.wait_until(lambda: not waiting(own_stack, outbox), what="all settled")
        process.stdin.close()
        assert process.wait(60) == 0, process.stderr.read()
        process.stdout.read()
    exactly_once(own_stack, shop, 400)


def test_what_is_refused_is_kept_shown_and_forgotten(stack, shop, tmp_path):
    outbox = tmp_path / "outbox"
    lines = [line(0), line(1, currency="PLZ"), line(2)]
    done = stack.cli("publish", "-", "--shop", shop, "--outbox", outbox, input="\n".join(lines))
    assert done.returncode == 2 and "line 2: BAD_CURRENCY purchase.currency" in done.stderr
    assert sorted(orders_in(stack, shop)) == ["O-0", "O-2"]
    (refused,) = [json.loads(text) for text in stack.ok("outbox", "show", outbox, "--refused", "--json").splitlines()]
    assert (refused["code"], refused["field"], refused["line"]) == ("BAD_CURRENCY", "purchase.currency", 2)
    assert refused["event"]["purchase"]["orderId"] == "O-1" and refused["message"]
    shown = stack.ok("outbox", "show", outbox, "--refused")
    assert shown.startswith("0 waiting, 1 refused") and "BAD_CURRENCY" in shown and "purchase" in shown
    # Mended, it goes back under its own id, since that one is not in the journal.
    refused["event"]["purchase"]["currency"] = "PLN"
    stack.ok("publish", "-", input=json.dumps({"event": refused["event"]}))
    exactly_once(stack, shop, 3)
    assert stack.ok("outbox", "forget", outbox) == "1 refused events forgotten\n"
    assert stack.ok("outbox", "show", outbox, "--refused", "--json") == ""


def test_a_full_outbox_says_so_and_keeps_what_it_has(stack, shop, tmp_path):
    outbox, count = tmp_path / "outbox", 12_000
    text = "\n".join(line(number, shop) for number in range(count))
    full = stack.cli("publish", "-", "--shop", shop, "--outbox", outbox, "--outbox-mib", 1, "--no-wait", input=text)
    assert full.returncode == 3 and "is full" in full.stderr
    put = len(waiting(stack, outbox))
    assert 1_000 < put < count and f"line {put + 1}: " in full.stderr.splitlines()[-1]
    # With ingest there it takes more as fast as that takes some; what was put already is a duplicate.
    done = stack.cli("publish", "-", "--shop", shop, "--outbox", outbox, "--outbox-mib", 1, input=text)
    assert done.returncode == 0, done.stderr
    exactly_once(stack, shop, count)
    assert is_empty(outbox)


def test_one_publisher_at_a_time(stack, shop, tmp_path):
    outbox = tmp_path / "outbox"
    with stack.start("publish", "-", "--shop", shop, "--outbox", outbox, stdin=subprocess.PIPE) as process:
        harness.wait_until(lambda: (outbox / "lock").exists() and (outbox / "lock").read_text(), what="the lock")
        second = stack.cli("publish", "--outbox", outbox)
        assert second.returncode == 3 and f"is in use by process {process.pid}" in second.stderr
        process.communicate(line(0))
    assert process.returncode == 0
    exactly_once(stack, shop, 1)


@pytest.mark.parametrize("args, sentence", [
    (["publish", "--no-wait"], "--no-wait needs --outbox"),
    (["publish", "--outbox", "/dev/null/x"], "the outbox /dev/null/x"),
    (["outbox", "show", "/does/not/exist"], "there is no outbox"),
    (["outbox", "forget", "/does/not/exist"], "there is no outbox"),
    (["publish", "--outbox", "x", "--outbox-mib", "0"], "--outbox-mib"),
])
def test_wrong_outboxes_are_told_in_one_sentence(args, sentence, tmp_path):
    done = subprocess.run([str(harness.BIN / "utarg"), *args], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode in (2, 3) and sentence in done.stderr.splitlines()[-1], done.stderr
    assert not list(tmp_path.iterdir())
