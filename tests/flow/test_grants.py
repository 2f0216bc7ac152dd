# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what in the database. grants.golden is the whole of it: compared with what PostgreSQL's catalogues say of
the migrated database, and the promises that matter most are tried as the roles themselves.

A change that is meant: UTARG_WRITE_GOLDEN=1 writes the file anew; then read the difference as a reviewer would.
"""
import difflib
import json
import os
import pathlib

import pytest

from grants import ask, everything, psql
from harness import utarg as harness
from harness.events import Shop, line

GOLDEN = pathlib.Path(__file__).with_name("grants.golden")
SERVICES = ("utarg_ingest", "utarg_metrics", "utarg_campaign")
ROLES = (*SERVICES, "utarg_operator", "utarg_readonly")
DENIED = "42501"


@pytest.fixture(scope="module")
def rights(stack):
    return everything(stack)


def denied(stack, role, text):
    """For want of a right, not because a session begins as one that only reads."""
    code, _, err = psql(stack, role, f"BEGIN READ WRITE; {text}")
    assert code != 0 and DENIED in err, f"{role} could: {text}\n{err}"


def test_the_rights_are_those_of_the_golden_file(rights):
    if os.environ.get("UTARG_WRITE_GOLDEN"):
        GOLDEN.write_text("".join(f"{right}\n" for right in rights))
    golden = GOLDEN.read_text().splitlines()
    differences = [text for text in difflib.ndiff(golden, rights) if text[0] in "+-"]
    assert not differences, "- meant (grants.golden), + found:\n" + "\n".join(differences)


def test_another_database_of_the_cluster_gets_the_same_rights(stack, rights):
    """The roles are there already when a second one is migrated."""
    ask(stack, "utarg_owner", "CREATE DATABASE second")
    try:
        directory = json.loads((stack.data / "state.json").read_text())["socket_directory"]
        owner = f"host={directory} dbname=second user=utarg_owner passfile={stack.data}/secrets/utarg_owner.pgpass"
        stack.ok("migrate", "--database", owner)
        assert everything(stack, "second") == rights
    finally:
        ask(stack, "utarg_owner", "DROP DATABASE second WITH (FORCE)")


def test_nobody_but_the_named_roles_has_a_right(rights):
    assert not [right for right in rights if right.startswith("PUBLIC ")]
    holders = {right.split()[0] for right in rights} - {"table", "function"}
    assert holders == {*ROLES, "utarg_owner"}
    assert not [right for right in rights if "*" in right]  # nobody may hand a right on


def test_roles_are_plain_and_bounded(rights):
    for role in ROLES:
        settings = {right.split(" setting ")[1].split("=")[0] for right in rights if right.startswith(f"{role} setting ")}
        limits = {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"}
        assert settings >= {*limits, "search_path"}, role
        told = next(right for right in rights if right.startswith(f"{role} role"))
        assert not {"SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION"} & set(told.split()), told
    functions = [right for right in rights if right.startswith("function ")]
    assert functions and all("search_path=" in right for right in functions), functions


def test_limits_hold_for_a_session_that_sets_none(stack):
    for role in ROLES:
        shown = ask(stack, role, "SELECT current_setting('search_path'), current_setting('statement_timeout') <> '0',"
                    " current_setting('lock_timeout') <> '0', current_setting('idle_in_transaction_session_timeout') <> '0'")
        assert shown == "pg_catalog|t|t|t", f"{role}: {shown}"


def test_the_journal_is_only_appended_to(stack, shop):
    publish(stack, shop, "A-1")
    for role in ROLES:
        for table in ("journal.event", "journal.batch"):
            column = "kind" if table == "journal.event" else "chain"
            denied(stack, role, f"UPDATE {table} SET {column} = {column}")
            denied(stack, role, f"DELETE FROM {table}")
            denied(stack, role, f"TRUNCATE {table}")
            denied(stack, role, f"SELECT FROM {table} FOR UPDATE")
        denied(stack, role, "DELETE FROM journal.head")
        denied(stack, role, "UPDATE journal.head SET epoch = epoch + 1")
        denied(stack, role, "UPDATE journal.head SET shop_id = shop_id")
        denied(stack, role, "ALTER TABLE journal.event DISABLE ROW LEVEL SECURITY")
        denied(stack, role, "DROP TABLE journal.event")
    stack.verify(shop)


def test_nobody_makes_anything(stack):
    for role in ROLES:
        denied(stack, role, "CREATE TEMP TABLE t (a int)")
        denied(stack, role, "CREATE SCHEMA s")
        for schema in ("public", "journal", "office", "metrics", "campaign"):
            denied(stack, role, f"CREATE TABLE {schema}.t (a int)")
        denied(stack, role, "DO $$ BEGIN END $$")
        denied(stack, role, "SET ROLE utarg_owner")
        denied(stack, role, "SELECT rolpassword FROM pg_catalog.pg_authid")
        denied(stack, role, "SELECT pg_catalog.pg_read_file('postgresql.conf')")
    for role in ("utarg_operator", "utarg_readonly"):  # who only reads does, whatever her session says
        denied(stack, role, "INSERT INTO journal.head VALUES (99, 0, 1, '')")
        denied(stack, role, "UPDATE office.shop SET name = name")
        denied(stack, role, "DELETE FROM metrics.cell")


def test_another_services_tables_are_out_of_reach(stack):
    for role, text in (
        ("utarg_ingest", "SELECT FROM metrics.cell"), ("utarg_ingest", "SELECT FROM campaign.offer"),
        ("utarg_ingest", "UPDATE office.shop SET name = name"), ("utarg_metrics", "SELECT FROM campaign.offer"),
        ("utarg_metrics", "INSERT INTO journal.head VALUES (99, 0, 1, '')"), ("utarg_campaign", "SELECT FROM metrics.cell"),
        ("utarg_campaign", "UPDATE office.shop SET slug = slug"), ("utarg_campaign", "DELETE FROM office.shop"),
        ("utarg_campaign", "UPDATE campaign.price SET seq = seq"),
    ):
        denied(stack, role, text)


# ---- row level security --------------------------------------------------------------------------------


def publish(stack, shop, order):
    purchase = Shop(shop).purchase("v1", harness.now_ms(), order, lines=[line("MUG", 1, 1_000)])
    stack.publisher().accept([purchase])
    stack.settle(shop)


# What the numbers in the tables mean: the program's own texts, the same for all shops.
WORDS = {"metrics.kpi", "metrics.kpi_term", "metrics.dimension"}


def test_what_a_reader_may_see_is_guarded_by_policies(stack, rights):
    guarded = {right.split()[1] for right in rights if right.endswith("row level security forced")}
    readable = {right.split()[2] for right in rights if right.startswith("utarg_readonly table ") and "SELECT" in right}
    readable -= WORDS
    assert readable and readable <= guarded, f"a reader sees all shops of {readable - guarded}"
    policies = {right.split()[2] for right in rights if right.startswith("utarg_readonly policy ")}
    assert policies >= readable, readable - policies
    assert not [right for right in rights if right.startswith("PUBLIC policy")]


def test_a_reader_sees_the_shop_she_names_and_no_other(stack, new_shop, rights):
    mine, other = new_shop(), new_shop()
    for slug in (mine, other):
        publish(stack, slug, "A-1")
        stack.ok("campaign", "create", slug, "spring", "--title", "Spring", "--channel", "ads", "--budget", "10.00PLN")
    tables = {right.split()[2] for right in rights if right.startswith("utarg_readonly table ")} - WORDS
    tables = sorted('metrics."order"' if table == "metrics.order" else table for table in tables)
    shop_id = ask(stack, "utarg_owner", f"SELECT shop_id FROM office.shop WHERE slug = '{mine}'")
    for table in tables:
        seen = f"SELECT coalesce(string_agg(DISTINCT shop_id::text, ','), '') FROM {table}"
        assert ask(stack, "utarg_readonly", seen) == "", f"{table} without a shop"
        assert ask(stack, "utarg_readonly", seen, options="-c utarg.shop=no-such") == "", table
        assert ask(stack, "utarg_readonly", seen, options=f"-c utarg.shop={mine}") in (shop_id, ""), table
        count = f"SELECT count(*) FROM {table}"
        owned = ask(stack, "utarg_owner", f"{count} WHERE shop_id = {shop_id}")
        assert ask(stack, "utarg_readonly", count, options=f"-c utarg.shop={mine}") == owned, table
        assert ask(stack, "utarg_operator", seen) == ask(stack, "utarg_owner", seen), table
    filled = [table for table in tables if ask(stack, "utarg_operator", f"SELECT EXISTS (SELECT FROM {table})") == "t"]
    assert {"office.shop", "journal.event", "journal.batch", "metrics.cell", "campaign.campaign"} <= set(filled)


def test_a_reader_s_query_uses_the_index_and_services_have_no_policy(stack, shop):
    plan = ask(stack, "utarg_readonly", "SET enable_seqscan = off; EXPLAIN SELECT * FROM journal.event WHERE seq > 5",
               options=f"-c utarg.shop={shop}")
    assert "Index Cond: ((shop_id = $0) AND (seq > 5))" in plan, plan
    for role in SERVICES:
        plan = ask(stack, role, "EXPLAIN SELECT * FROM journal.event WHERE seq > 5")
        assert "reader_shop" not in plan and "InitPlan" not in plan, plan


# ---- who comes in --------------------------------------------------------------------------------------


def test_passwords_are_scram_and_asked_for(stack, tmp_path):
    rules = ask(stack, "utarg_owner", "SELECT DISTINCT type, auth_method FROM pg_hba_file_rules")
    assert rules == "local|scram-sha-256"
    kept = ask(stack, "utarg_owner", "SELECT rolname, rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolcanlogin")
    assert sorted(kept.splitlines()) == sorted(f"{role}|t" for role in (*ROLES, "utarg_owner"))
    assert ask(stack, "utarg_owner", "SHOW password_encryption") == "scram-sha-256"
    wrong = tmp_path / "wrong.pgpass"
    for role in (*ROLES, "utarg_owner"):
        wrong.write_text(f"*:*:*:{role}:{'0' * 64}\n")
        wrong.chmod(0o600)
        code, _, err = psql(stack, role, "SELECT 1", password_file=wrong)
        assert code != 0 and "password authentication failed" in err, err
        code, _, err = psql(stack, role, "SELECT 1", password_file=tmp_path / "none")
        assert code != 0 and "no password supplied" in err, err


def test_only_the_owner_comes_into_other_databases(stack):
    for database in ("postgres", "template1"):
        assert ask(stack, "utarg_owner", "SELECT 1", database=database) == "1"
        for role in ROLES:
            code, _, err = psql(stack, role, "SELECT 1", database=database)
            assert code != 0 and "no pg_hba.conf entry" in err, err


def test_the_owner_is_used_by_migrations_only(stack):
    stack.wait_ready()
    connected = ask(stack, "utarg_operator", "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname IS NOT NULL")
    assert set(connected.splitlines()) <= {*SERVICES, "utarg_operator"}
