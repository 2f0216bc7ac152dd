-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What each role may do, and nothing else; tests/flow/grants.golden is the whole of it. PUBLIC has nothing, each role
-- has its limits even when it connects by other means than ours, and a reader sees one shop. `utarg verify`,
-- `utarg doctor` and whatever else of an operator's command line looks at all shops does it as utarg_operator, who only
-- reads, too.
DO $$
DECLARE
	r text;
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'utarg_operator') THEN
		CREATE ROLE utarg_operator LOGIN;
	END IF;
	EXECUTE pg_catalog.format('REVOKE ALL ON DATABASE %I FROM PUBLIC', pg_catalog.current_database());
	FOREACH r IN ARRAY ARRAY['utarg_ingest', 'utarg_metrics', 'utarg_campaign', 'utarg_operator', 'utarg_readonly'] LOOP
		EXECUTE pg_catalog.format('GRANT CONNECT ON DATABASE %I TO %I', pg_catalog.current_database(), r);
		EXECUTE pg_catalog.format('ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION', r);
		EXECUTE pg_catalog.format('ALTER ROLE %I SET search_path = pg_catalog', r);
		EXECUTE pg_catalog.format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', r, '60s');
	END LOOP;
END
$$;

-- A session of ours sets its own, mostly shorter ones (common/db/connect.c).
ALTER ROLE utarg_ingest SET statement_timeout = '30s';
ALTER ROLE utarg_ingest SET lock_timeout = '5s';
ALTER ROLE utarg_metrics SET statement_timeout = '60s';
ALTER ROLE utarg_metrics SET lock_timeout = '10s';
ALTER ROLE utarg_campaign SET statement_timeout = '30s';
ALTER ROLE utarg_campaign SET lock_timeout = '10s';
ALTER ROLE utarg_operator SET statement_timeout = '120s';
ALTER ROLE utarg_operator SET lock_timeout = '5s';
ALTER ROLE utarg_readonly SET statement_timeout = '60s';
ALTER ROLE utarg_readonly SET lock_timeout = '1s';
ALTER ROLE utarg_operator SET default_transaction_read_only = on;
ALTER ROLE utarg_readonly SET default_transaction_read_only = on;

-- PUBLIC: no code of its own (DO), no function that a later migration makes.
REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA journal, office, metrics, campaign FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- What no statement of ours uses. An epoch is raised by restore and erasure, a slug and a price fact never change.
REVOKE SELECT ON journal.quarantine FROM utarg_metrics, utarg_campaign;
REVOKE UPDATE ON journal.head FROM utarg_ingest, utarg_campaign;
GRANT UPDATE (seq, chain) ON journal.head TO utarg_ingest, utarg_campaign;
REVOKE UPDATE ON office.shop FROM utarg_campaign;
GRANT UPDATE (name, currency, zone, settings, settings_time, settings_id, settings_seq) ON office.shop TO utarg_campaign;
REVOKE DELETE ON metrics.position FROM utarg_metrics;
REVOKE DELETE ON campaign.position FROM utarg_campaign;
REVOKE UPDATE ON campaign.price FROM utarg_campaign;

GRANT USAGE ON SCHEMA journal, office, metrics, campaign TO utarg_operator;
GRANT SELECT ON ALL TABLES IN SCHEMA journal, office, metrics, campaign TO utarg_operator;

-- Whose keys there are is none of a reader's business.
DO $$
BEGIN
	IF pg_catalog.to_regclass('office.key') IS NOT NULL THEN
		REVOKE ALL ON office.key, office.key_version FROM utarg_readonly;
	END IF;
END
$$;

-- Row level security: a reader sees the shop that its session names (SET utarg.shop = 'slug'), and nothing while it
-- names none. Services read all shops and COPY, which PostgreSQL refuses to whom policies apply: they bypass it, and
-- pay nothing. A later table that a reader may see does the same as the loop here; the test of grants says so.
ALTER ROLE utarg_ingest BYPASSRLS;
ALTER ROLE utarg_metrics BYPASSRLS;
ALTER ROLE utarg_campaign BYPASSRLS;
ALTER ROLE utarg_operator BYPASSRLS;
ALTER ROLE utarg_readonly NOBYPASSRLS;

CREATE FUNCTION office.reader_shop() RETURNS integer
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog
	AS $$ SELECT shop_id FROM office.shop WHERE slug = pg_catalog.current_setting('utarg.shop', true) $$;
REVOKE ALL ON FUNCTION office.reader_shop() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION office.reader_shop() TO utarg_readonly;

DO $$
DECLARE
	t regclass;
	one_shop text;
BEGIN
	FOR t IN
		SELECT c.oid
		FROM pg_catalog.pg_class AS c
		JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'shop_id'
		WHERE c.relkind IN ('r', 'p')
			AND c.relnamespace::regnamespace::text IN ('journal', 'office', 'metrics', 'campaign')
			AND pg_catalog.has_table_privilege('utarg_readonly', c.oid, 'SELECT')
	LOOP
		one_shop := CASE t
			WHEN 'office.shop'::regclass THEN 'slug = pg_catalog.current_setting(''utarg.shop'', true)'
			ELSE 'shop_id = (SELECT office.reader_shop())'
		END;
		EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
		EXECUTE pg_catalog.format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', t);
		EXECUTE pg_catalog.format('CREATE POLICY one_shop ON %s FOR SELECT TO utarg_readonly USING (%s)', t, one_shop);
	END LOOP;
END
$$;

-- `utarg doctor` looks whether the schema is this version's. The table is migrate's own: a database that was made from
-- these files by hand has none.
DO $$
BEGIN
	IF pg_catalog.to_regclass('utarg.utarg_migration') IS NOT NULL THEN
		REVOKE ALL ON SCHEMA utarg FROM PUBLIC;
		GRANT USAGE ON SCHEMA utarg TO utarg_operator;
		GRANT SELECT ON utarg.utarg_migration TO utarg_operator;
	END IF;
END
$$;
