# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""P9: one bad event never harms its neighbours: one poison event in every batch of 500, of each kind in turn, while all
others are accepted; and, of what only PostgreSQL refuses, the one that is refused."""
from faults import checker, history, journal, world

BATCH = 500
EVENTS = world.amount(20_000, 400_000)
ONE_IN_A_BATCH = 1000 // BATCH  # per mille
KINDS = {"MISSING_FIELD", "BAD_UTF8", "BAD_PROTO", "BAD_CURRENCY", "AMOUNT_RANGE", "BAD_FIELD", "BAD_TIME", "FUTURE_TIME",
         "UNKNOWN_SHOP", "FORBIDDEN", "TOO_LARGE"}


def test_poison_in_every_batch(own_stack):
    seed, how = world.new_seed(), {"batch": BATCH, "publishers": 2, "window": 4, "events": EVENTS}
    pure = world.Load(own_stack, [own_stack.add_shop("pure")], seed=seed, **how).run()
    shop = own_stack.add_shop("poisoned")
    load = world.Load(own_stack, [shop], seed=seed + 1, poison=ONE_IN_A_BATCH, **how)
    summary = load.run()  # each code is the one its poison earns, or this fails
    codes = dict(summary["codes"])
    assert codes.pop("OK") == EVENTS - EVENTS // BATCH
    assert codes.keys() == KINDS and sum(codes.values()) == EVENTS // BATCH
    told, books = history.read(load.path), journal.read(own_stack.data, shop)
    assert len(books[shop].rows) == 1 + EVENTS - EVENTS // BATCH
    world.assert_none(checker.check(told, books))
    own_stack.verify(shop)
    world.report("P9", p99_ms=summary["p99_ms"], p99_without_ms=pure["p99_ms"],
                 ratio=summary["p99_ms"] / max(pure["p99_ms"], 0.001))


REFUSES = """CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
 IF get_byte(NEW.payload, 2) % 50 = 7 THEN RAISE EXCEPTION 'no' USING ERRCODE = '22003'; END IF; RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON journal.event FOR EACH ROW EXECUTE FUNCTION public.refuse();
GRANT USAGE ON SCHEMA public TO utarg_ingest;"""


def test_what_only_the_database_refuses(own_stack):
    """A trigger refuses some: each of them is told so and kept in quarantine, the others are accepted."""
    shop = own_stack.add_shop("bisected")
    journal.psql(own_stack.data, REFUSES, user="utarg_owner")
    load = world.Load(own_stack, [shop], events=world.amount(600, 3_000), ids="v4", batch=50, expect_refusals="true")
    summary = load.run()
    refused = summary["codes"].pop("BAD_FIELD")
    # An event whose answer was late comes again and is a duplicate then.
    assert set(summary["codes"]) <= {"OK", "DUPLICATE"} and 0 < refused < summary["events"] / 4
    told, books = history.read(load.path), journal.read(own_stack.data, shop)
    world.assert_none(checker.check(told, books))
    kept = journal.psql(own_stack.data, "SELECT count(*) FROM journal.quarantine")
    assert int(kept) == refused and len(books[shop].rows) == 1 + summary["events"] - refused
