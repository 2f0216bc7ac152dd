# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What has to happen for each mutant to show: a row of SCENARIOS a mutant. A scenario acts on an instance whose services
have the mutant, and yields the faults it finds; without the mutant it yields none."""
import contextlib
import random
import signal
import uuid

from faults import checker, control, history, journal, watch, world
from harness import utarg as harness
from harness.events import Shop
from oracle import histories
from test_oracle import compare, publish

QUIET_S = 2  # so long a promise may take, with patience


class Patient:
    """An instance, the mutant its services have (None: none), and what scenarios do to it."""

    def __init__(self, stack, points, proxy, mutant, seed):
        self.stack, self.points, self.proxy, self.mutant, self.seed = stack, points, proxy, mutant, seed
        self.loads = []
        self.zone = "Europe/Warsaw"
        self.shop = stack.add_shop("patient", zone=self.zone)
        self.arm()

    def arm(self, *entries):
        """The mutant, and these failpoints."""
        return self.points.arm(*([f"{self.mutant} mutant"] if self.mutant else []), *entries)

    def cure(self):
        """Whoever looks afterwards sees what was written, not what the mutant would say of it."""
        self.points.arm()

    def load(self, **options):
        options = {"seed": self.seed, "batch": 10, "give_up": 10} | options
        self.loads.append(world.Load(self.stack, [self.shop], **options))
        return self.loads[-1]

    # -- faults

    def journal_faults(self, known=True):
        """C1 to C6, C12."""
        told = history.read(*(load.path for load in self.loads))
        books = journal.read(self.stack.data, self.shop)
        contents = {}
        for load in self.loads if known else ():
            contents |= load.known()
        yield from checker.check(told, books, contents if known else None)

    def figure_faults(self):
        """C11 when metrics does not come to the journal's head; C9 by the oracle and by `utarg verify`."""
        with self.soon() as late:
            self.stack.settle(self.shop)
        if late:
            yield checker.Fault("C11", self.shop, "metrics does not reach the journal's head")
            return
        lines, _ = compare(self.stack, self.shop, self.zone)
        for line in lines:
            yield checker.Fault("C9", self.shop, line)
        self.cure()
        done = self.stack.cli("verify", self.shop)
        if done.returncode:
            yield checker.Fault("C9", self.shop, done.stdout + done.stderr)

    @contextlib.contextmanager
    def soon(self):
        """Waits in the block end early, and are then told in the list it gives."""
        late, harness.TIMEOUT_S, before = [], world.bound(QUIET_S), harness.TIMEOUT_S
        try:
            yield late
        except AssertionError as failure:
            late.append(failure)
        finally:
            harness.TIMEOUT_S = before


# ---- ingest ------------------------------------------------------------------------------------------------


def two_writers(patient):
    """Two processes that append to one shop, so that guesses are wrong."""
    (other,) = patient.stack.more("ingest")
    loads = [patient.load(rate=400, batch=5, visit_ms=100).start(),
             patient.load(rate=400, batch=5, visit_ms=100, first=1_000_000, endpoint=other.endpoint()).start()]
    control.pause(4)
    for load in loads:
        load.stop(strict=False)
    yield from patient.journal_faults()


def database_killed(patient):
    """What was acknowledged last lies in PostgreSQL's memory only, if it was not waited for."""
    pid = patient.stack.kill("ingest")  # its sessions are new ones
    patient.stack.wait_restarted("ingest", pid)
    load = patient.load(rate=300, batch=5).start()
    control.lose_memory(patient.stack, load)
    load.stop(strict=False)
    yield from patient.journal_faults()


def commits_cut(command):
    def scenario(patient):
        load = patient.load(batch=50, rate=3000).start()
        for _ in range(4):
            load.wait_acked(100)
            before = patient.proxy.counts()["cuts"]
            patient.proxy(command)
            harness.wait_until(lambda before=before: patient.proxy.counts()["cuts"] > before, what=command)
        load.stop(strict=False)
        yield from patient.journal_faults()

    return scenario


def resent(patient):
    patient.load(events=600).start().wait(strict=False)
    pid = patient.stack.kill("ingest")  # nothing it could remember
    patient.stack.wait_restarted("ingest", pid)
    again = patient.load(resend="0-599")
    again.start().wait(strict=False)
    again.options["first"] = 0
    yield from patient.journal_faults()


def batches_fail(patient):
    """Batches that fail before COMMIT, and are sent again."""
    load = patient.load(rate=600, batch=20, seconds=4, answer_ms=300)
    load.start()
    load.wait_acked(50)
    patient.arm("DB_SEND fail chance=150 seed=3 process=ingest")
    load.wait(strict=False)
    patient.arm()
    yield from patient.journal_faults()


def other_content(patient):
    patient.load(events=200).start().wait(strict=False)
    changed = patient.load(resend="0-199", change=1000).start().wait(strict=False)
    if changed["codes"] != {"CONFLICT": 200}:
        yield checker.Fault("P4", patient.shop, f"changed events were answered {changed['codes']}")


def plain(patient):
    patient.load(events=400).start().wait(strict=False)
    yield from patient.journal_faults()


REFUSES = """CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
 IF get_byte(NEW.payload, 2) % 50 = 7 THEN RAISE EXCEPTION 'no' USING ERRCODE = '22003'; END IF; RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON journal.event FOR EACH ROW EXECUTE FUNCTION public.refuse();
GRANT USAGE ON SCHEMA public TO utarg_ingest;"""


def poisoned(patient):
    """Of random ids the database refuses those that the trigger picks, and no other."""
    journal.psql(patient.stack.data, REFUSES, user="utarg_owner")
    load = patient.load(events=600, ids="v4", batch=50, expect_refusals="true")
    load.start().wait(strict=False)
    told = history.read(load.path)
    for reply in told.replies:
        if reply.code == "BAD_FIELD" and int(reply.id[:2], 16) % 50 != 7:
            yield checker.Fault("P9", patient.shop, f"{reply.id} was refused with another")
    yield from checker.lost(told, journal.read(patient.stack.data, patient.shop))


def outage(patient):
    """The database stays away until both writers have lost it: one that finds it back at once needs not look again."""
    load = patient.load(rate=300, give_up=round(world.bound(QUIET_S))).start()
    load.wait_acked(100)
    with control.away(patient.stack, "postgres", signal.SIGKILL):
        asker = patient.stack.asker("ingest")
        harness.wait_until(lambda: not asker.ask(ready={}).ready.ready, what="ingest without a database")
    with patient.soon() as late:
        load.wait_acked(200)
    if late:
        yield checker.Fault("C11", "ingest", "acknowledges nothing after the database is back")
    load.stop(strict=False)


def much(patient):
    """More than one connection may have in flight, all of it answered."""
    load = patient.load(events=160_000, batch=400, publishers=1, window=4, visit_ms=10, record=False, give_up=15).start()
    with patient.soon() as late:
        harness.wait_until(lambda: load.process.poll() is not None, 10 * QUIET_S + world.bound(QUIET_S), what="all answers")
    summary = load.stop(strict=False)
    if late or summary["unanswered"]:
        yield checker.Fault("C11", "ingest", f"{summary['unanswered']} events are never taken: {summary}")


# ---- metrics -----------------------------------------------------------------------------------------------


def bells_lost(patient):
    """No doorbell is rung; then nothing comes."""
    patient.load(events=100).start().wait(strict=False)
    patient.stack.settle(patient.shop)
    number = patient.arm("INGEST_BELL fail")
    patient.stack.publisher().insist([Shop(patient.shop).page_view("last", harness.now_ms())])
    patient.points.wait_fired(number)
    yield from patient.figure_faults()


def metrics_far_behind(patient):
    """By more rows than it reads at once (fold-rows): the head it sees is not what it has read."""
    with control.stopped(patient.stack, "metrics"):
        patient.load(events=12_000, batch=200, visit_ms=100, give_up=60).start().wait(strict=False)
    yield from patient.figure_faults()


def metrics_crashes(point):
    def scenario(patient):
        load = patient.load(rate=200, batch=5).start()
        for _ in range(3):
            load.wait_acked(100)
            control.wait_long_lived(patient.stack, "metrics")
            pid = patient.stack.pid("metrics")
            patient.points.wait_fired(patient.arm(f"{point} crash times=1"))
            patient.arm()
            patient.stack.wait_restarted("metrics", pid)
        load.stop(strict=False)
        yield from patient.figure_faults()

    return scenario


def two_metrics(patient):
    """One is frozen until the other has taken its place, and goes on from where it was. All is of one visitor who is
    known: a new one's row would be there already and stop the checkpoint without any fence."""
    publisher, shop = patient.stack.publisher(), Shop(patient.shop)

    def say():
        publisher.insist([shop.page_view("one", harness.now_ms())])

    def position():
        return int(journal.psql(patient.stack.data, "SELECT coalesce(max(seq), 0) FROM metrics.position"))

    say()
    patient.stack.settle(patient.shop)
    (other,) = patient.stack.more("metrics")
    other.wait_ready()
    with control.stopped(patient.stack, "metrics"):
        before = position()
        # Frozen in a transaction it holds its locks until the server ends it, after a minute.
        harness.wait_until(lambda: say() or position() > before + 2, 2 * harness.TIMEOUT_S, every=0.2,
                           what="the other one to take over")
    say()
    control.pause(2)
    yield from patient.figure_faults()


def updates_lost(patient):
    """The last change of a figure is not sent, and nothing comes after it."""
    prefix = f"kpi/{patient.shop}/page_views/total/-/day/"
    with watch.Updates(patient.stack, [prefix]) as subscriber:
        patient.load(events=50).start().wait(strict=False)
        patient.stack.publisher().insist([Shop(patient.shop).page_view("first", harness.now_ms())])
        patient.stack.settle(patient.shop)
        harness.wait_until(lambda: subscriber.last, what="the first update")
        control.pause(6)  # what came before is not sent again any more
        number = patient.arm("METRICS_UPDATE fail times=1")
        patient.stack.publisher().insist([Shop(patient.shop).page_view("last", harness.now_ms())])
        patient.points.wait_fired(number)
        patient.stack.settle(patient.shop)

        def faults():
            updates = patient.stack.asker("metrics").ask(snapshot={"topic_prefix": prefix}).snapshot.updates
            table = {topic: watch.value_of(one) for one in updates for topic in subscriber.last
                     if topic.split("/")[-2] == one.figure.start[:10]}
            return list(checker.stale(patient.shop, subscriber.values(), table))

        with patient.soon() as late:
            harness.wait_until(lambda: not faults(), what="the subscriber's value to be the table's")
        if late:
            yield from faults()


def tangled(patient):
    """A history with everything in it that can be late or twice, in any order."""
    random_ = random.Random(patient.seed)
    patient.zone = "America/New_York"
    patient.shop = patient.stack.add_shop("tangled", "PLN", patient.zone)
    events = histories.History(patient.shop, "PLN", "2026-10-01T00:00:00-04:00", patient.seed, 900).make()
    publish(patient.stack.publisher(), events, random_)
    yield from patient.figure_faults()


# ---- campaign ----------------------------------------------------------------------------------------------


def decision(patient, name):
    return {"command_id": uuid.uuid4().bytes, "shop": patient.shop,
            "campaign": {"campaign": name, "title": "One", "channel": 4}}


def rung_too_soon(patient):
    """Killed just before a commit: a bell that was rung already tells of what never comes."""
    asker = patient.stack.asker("campaign")
    with watch.Bells(patient.stack, "campaign") as bells:
        asker.ask(campaign_create=decision(patient, "first"))
        harness.wait_until(lambda: bells.heard, what="a doorbell")
        pid, number = patient.stack.pid("campaign"), patient.arm("CAMPAIGN_BEFORE_COMMIT delay=2000 times=1")
        asker.send(campaign_create=decision(patient, "second"))
        patient.points.wait_fired(number)
        control.pause(1)  # a bell, if there is one, is on its way
        control.signal_all([pid], signal.SIGKILL)
        patient.stack.wait_restarted("campaign", pid)
        yield from checker.rung(bells.heard, journal.read(patient.stack.data, patient.shop))


def offers_forgotten(patient):
    """Offers in the journal, and a crash between folding them and their commit."""
    stack, skus = patient.stack, [f"S-{number}" for number in range(5)]
    for sku in skus:
        control.wait_long_lived(stack, "campaign")
        pid, number = stack.pid("campaign"), patient.arm("CAMPAIGN_FOLDED crash times=1")
        stack.publisher().insist([Shop(patient.shop).offer_updated(harness.now_ms(), sku, 1000)])
        patient.points.wait_fired(number)
        patient.arm()
        stack.wait_restarted("campaign", pid)

    def known():
        return {offer.sku for offer in stack.asker("campaign").ask(offer_list={"shop": patient.shop}).offer_list.offers}

    with patient.soon() as late:
        harness.wait_until(lambda: known() == set(skus), what="all offers")
    if late:
        yield checker.Fault("C9", patient.shop, f"campaign knows of {known()} only")


# mutant: (scenario, whether it needs the proxy)
SCENARIOS = {
    "ACK_BEFORE_COMMIT": (two_writers, False),
    "ACK_BEFORE_DISK": (database_killed, False),
    "UNKNOWN_IS_OK": (commits_cut("cut-before-commit"), True),
    "UNKNOWN_WRITTEN_ANEW": (commits_cut("cut-at-answer"), True),
    "DEDUPE_IN_BATCH": (resent, False),
    "RECENT_IS_PROOF": (batches_fail, False),
    "CONFLICT_IS_DUPLICATE": (other_content, False),
    "ACK_ORDER": (plain, False),
    "SEQ_BURNT": (resent, False),
    "CHAIN_UNLINKED": (plain, False),
    "POISON_SPREADS": (poisoned, False),
    "OUTAGE_FOR_EVER": (outage, False),
    "LEAK_INFLIGHT": (much, False),
    "RING_BEFORE_COMMIT": (rung_too_soon, False),
    "BELL_IS_ALL": (bells_lost, False),
    "CURSOR_TO_HEAD": (metrics_far_behind, False),
    "CHECKPOINT_APART": (metrics_crashes("METRICS_ENTITIES_WRITTEN"), False),
    "NO_FENCING": (two_metrics, False),
    "ROUND_APART": (offers_forgotten, False),
    "NO_REPEAT": (updates_lost, False),
    "FLOAT_MONEY": (tangled, False),
    "ORDER_BY_ARRIVAL": (tangled, False),
    "REFUND_BY_ARRIVAL": (tangled, False),
    "SESSION_BY_ARRIVAL": (tangled, False),
}
