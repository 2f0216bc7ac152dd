# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""An epoch is raised, on a journal that stayed and on one that went back: everybody loads again, and the figures are
those of what is in the journal.
"""
import os
import shutil
import signal
import subprocess
import time

from harness import more
from harness import utarg as harness
from harness.events import Shop
from test_restart import check_journal, ids_of, told

def epoch_of(stack, slug):
    return stack.asker("campaign").ask(shop_list={"slug": slug}).shop_list.shops[0].epoch


def position(stack, schema, slug):
    return more.sql(stack, f"SELECT p.epoch, p.seq FROM {schema}.position p JOIN office.shop s USING (shop_id) WHERE slug = '{slug}'")


def wait_positions(stack, slug):
    """Metrics and campaign stand at the head, in its epoch."""
    head = more.sql(stack, f"SELECT h.epoch, h.seq FROM journal.head h JOIN office.shop s USING (shop_id) WHERE slug = '{slug}'")
    for schema in ("metrics", "campaign"):
        harness.wait_until(lambda schema=schema: position(stack, schema, slug) == head, what=f"{schema} at {head}")
    return tuple(map(int, head.split("|")))


def offers(stack, slug):
    views = stack.asker("campaign").ask(offer_list={"shop": slug}).offer_list.offers
    return sorted((view.latest.sku, view.latest.price_gross_minor) for view in views)


def march(stack, slug):
    """Every daily figure of the told history, all dimensions."""
    return {
        dimension: stack.values(slug, dimension=dimension, from_day="2026-03-20", to_day="2026-04-10")
        for dimension in harness.DIMENSIONS
    }


def test_a_raised_epoch_reaches_everybody_and_changes_no_figure(own_stack):
    slug, other = own_stack.add_shop("risen"), own_stack.add_shop("stays")
    shop, publisher, runs = Shop(slug), own_stack.publisher(), told(slug)
    for publications, origin in runs:
        publisher.accept(publications, origin)
    publisher.accept([shop.offer_updated(harness.now_ms(), f"S-{i}", 1_000 + i) for i in range(5)], 2)
    publisher.accept([Shop(other).page_view("v", harness.now_ms())])
    now = shop.page_view("seen", harness.now_ms())
    publisher.accept([now])
    figures, priced = march(own_stack, slug), harness.wait_until(lambda: len(found := offers(own_stack, slug)) == 5 and found)
    topic = f"kpi/{slug}/page_views/total/-/day/"
    subscriber, bells = own_stack.subscriber(topic), own_stack.subscriber(f"head/{slug}/", service="ingest")
    _, update = subscriber.until(lambda _, update: update.figure.value == "1", what="the page view")
    assert (epoch_of(own_stack, slug), update.epoch) == (1, 1)

    # Something wrong in what the services have made of the journal: loading again does away with it.
    more.sql(own_stack, "UPDATE metrics.cell SET value = value + 1;"
                        "INSERT INTO campaign.offer SELECT shop_id, 'GHOST', event_time, event_id, latest, revision FROM campaign.offer LIMIT 1;")
    assert own_stack.cli("verify", slug).returncode == 6 and len(offers(own_stack, slug)) == 6
    before = time.time()
    (raised,) = own_stack.json("epoch", "raise", slug, "--why", "a drill")
    epoch = raised["epoch"]
    assert raised["from_epoch"] == 1 and before - 1 <= epoch <= time.time() + 1
    wait_positions(own_stack, slug)
    assert epoch_of(own_stack, slug) == epoch and epoch_of(own_stack, other) == 1
    # The same value again, in the new epoch; and nothing of it is doubled.
    _, again = subscriber.until(lambda _, update: update.epoch == epoch, what="an update of the new epoch")
    assert again.figure.value == "1" and again.version > update.version
    assert march(own_stack, slug) == figures and offers(own_stack, slug) == priced
    reply = own_stack.asker("ingest").ask(journal_read={"shop": slug}).journal_read
    assert reply.epoch == epoch
    # Ingest believes what it had guessed of this head no more, and doorbells tell the epoch.
    refused = more.stats(own_stack, "ingest")["utarg_ingest_drafts_refused_total"]
    (result,) = publisher.publish([shop.page_view("new", harness.now_ms())])
    assert (result.code, result.epoch) == (0, epoch)
    assert more.stats(own_stack, "ingest")["utarg_ingest_drafts_refused_total"] == refused + 1
    bells.until(lambda _, bell: bell.epoch == epoch and bell.seq == result.seq, what="a doorbell of the new epoch")
    (known,) = publisher.publish([now])
    assert (harness.code_name(known.code), known.epoch) == ("DUPLICATE", epoch)
    subscriber.until(lambda _, update: update.figure.value == "2" and update.epoch == epoch, what="the next page view")
    own_stack.asker("campaign").ask(campaign_create={"command_id": os.urandom(16), "shop": slug, "campaign": {
        "campaign": "c", "title": "C", "channel": 4}})
    own_stack.verify(slug)
    (noted,) = own_stack.json("epoch", "list", slug)
    assert (noted["from_epoch"], noted["epoch"], noted["why"]) == (1, epoch, "a drill") and "@" in noted["by"]
    # Twice in one second is twice, too.
    assert [row["epoch"] > before for row in own_stack.json("epoch", "raise", "--all", "--why", "all")] == [True, True]
    again = own_stack.json("epoch", "raise", slug, "--why", "once more")[0]
    assert again["epoch"] > again["from_epoch"] > epoch
    wait_positions(own_stack, slug)
    own_stack.verify(slug)
    assert len(own_stack.json("epoch", "list")) == 4


def test_epoch_raise_wants_a_shop_and_a_reason(stack, shop):
    for wrong, code in (
        ([shop], 2), (["--why", "x"], 2), ([shop, "--all", "--why", "x"], 2), (["no-such", "--why", "x"], 2),
        ([shop, "--why", ""], 2), ([shop, "--why", "x", "--database", more.conninfo(stack, "utarg_readonly")], 4),
    ):
        done = stack.cli("epoch", "raise", *wrong)
        assert done.returncode == code, (wrong, done)
    assert stack.json("epoch", "list", shop) == [] and epoch_of(stack, shop) == 1


def resend(publisher, runs):
    """What a publisher does that meets a new epoch: everything again, with the same ids. code -> how many."""
    codes, results = {}, []
    for publications, origin in runs:
        for result in publisher.publish(publications, origin):
            name = harness.code_name(result.code)
            codes[name] = codes.get(name, 0) + 1
            results.append(result)
    return codes, results


def restored_figures(own_stack, steady, slug, runs, lost):
    """Everything was sent again: the journal has all of it once, the figures are those of an instance that lost none."""
    epoch = epoch_of(own_stack, slug)
    codes, results = resend(own_stack.publisher(), runs)
    assert codes == {"OK": lost, "DUPLICATE": len(results) - lost}, codes
    assert {result.epoch for result in results} == {epoch}
    check_journal(own_stack, slug, ids_of(runs))
    wait_positions(own_stack, slug)
    assert own_stack.everything(slug) == steady
    own_stack.verify(slug)


def test_a_restored_copy_and_a_publisher_that_sends_again(stack, own_stack):
    """The operator's own backup: the cluster's directory, copied while all is down and put back later."""
    slug = own_stack.add_shop("restored")
    stack.add_shop("restored")
    runs = told(slug)
    for publications, origin in runs:
        stack.publisher().accept(publications, origin)
    steady = stack.everything(slug)
    half = len(runs) // 2
    publisher = own_stack.publisher()
    for publications, origin in runs[:half]:
        publisher.accept(publications, origin)
    own_stack.settle(slug)
    own_stack.down()
    cluster, copy = own_stack.data / "pg", own_stack.data / "copy"
    subprocess.run(["cp", "-a", cluster, copy], check=True)
    own_stack.up()
    acks = [result for publications, origin in runs[half:] for result in own_stack.publisher().publish(publications, origin)]
    lost = len(acks)
    assert {(result.code, result.epoch) for result in acks} == {(0, 1)}
    own_stack.settle(slug)
    own_stack.down()
    shutil.rmtree(cluster)
    copy.rename(cluster)

    done = own_stack.cli("up", "--detach", "--port-offset", own_stack.offset, "--restored", "the disk died", timeout=180)
    assert done.returncode == 0, done.stderr
    epoch = epoch_of(own_stack, slug)
    # An acknowledgement of the lost history can be told from one of this: the epoch is another.
    assert all(ack.epoch < epoch for ack in acks)
    assert [(row["from_epoch"], row["epoch"], row["why"]) for row in own_stack.json("epoch", "list", slug)] == [
        (1, epoch, "the disk died")]
    restored_figures(own_stack, steady, slug, runs, lost)


def test_the_database_goes_back_under_running_services(stack, own_stack):
    """Nobody is stopped but PostgreSQL: ingest's guesses, the folds of metrics and the positions in memory are all of
    a history that is no more.
    """
    slug = own_stack.add_shop("swapped")
    stack.add_shop("swapped")
    runs = told(slug)
    for publications, origin in runs:
        stack.publisher().accept(publications, origin)
    steady = stack.everything(slug)
    half, publisher = len(runs) // 2, own_stack.publisher()
    for publications, origin in runs[:half]:
        publisher.accept(publications, origin)
    own_stack.settle(slug)
    subscriber = own_stack.subscriber(f"kpi/{slug}/page_views/total/-/day/")
    cluster, copy = own_stack.data / "pg", own_stack.data / "copy"
    pids = {name: own_stack.pid(name) for name in ("ingest", "metrics", "campaign")}

    supervisor = own_stack.json("status")["supervisor_pid"]

    def without_postgres(change):
        """Stops it cleanly, behind the supervisor's back, and lets it be started again."""
        os.kill(supervisor, signal.SIGSTOP)
        pid = own_stack.kill("postgres", signal.SIGINT)
        harness.wait_until(lambda: not (cluster / "postmaster.pid").exists(), what="PostgreSQL down")
        change()
        os.kill(supervisor, signal.SIGCONT)
        own_stack.wait_restarted("postgres", pid)
        own_stack.wait_ready("ingest")

    without_postgres(lambda: subprocess.run(["cp", "-a", cluster, copy], check=True))
    lost = 0
    for publications, origin in runs[half:]:
        publisher.insist(publications, origin)
        lost += len(publications)
    own_stack.settle(slug)

    def put_back():
        shutil.rmtree(cluster)
        copy.rename(cluster)

    without_postgres(put_back)
    own_stack.ok("epoch", "raise", "--all", "--why", "put back under their feet")
    epoch, _ = wait_positions(own_stack, slug)
    assert {name: own_stack.pid(name) for name in pids} == pids  # nobody had to die for it
    restored_figures(own_stack, steady, slug, runs, lost)
    publisher.accept([Shop(slug).page_view("v", harness.now_ms())])
    subscriber.until(lambda _, update: update.epoch == epoch and update.figure.value == "1", what="the next page view")
    own_stack.wait_ready()
