-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- All figures: cells of histograms have a level. Definitions and states of entities are new, so the figures of
-- every shop are made again from its journal.
ALTER TABLE metrics.cell ADD COLUMN level bigint NOT NULL DEFAULT 0; -- of a level measure; else 0
ALTER TABLE metrics.cell ALTER COLUMN level DROP DEFAULT;
ALTER TABLE metrics.cell DROP CONSTRAINT cell_pkey;
ALTER TABLE metrics.cell ADD PRIMARY KEY (shop_id, measure, dimension, grain, bucket, key, level);

TRUNCATE metrics.cell, metrics.entity, metrics.position;

-- targets and alerts -----------------------------------------------------------------------------------------------
-- The key figures there are, as metrics writes them down when it starts: who decides on a target checks it by them.
CREATE TABLE metrics.figure (
	name       text COLLATE "C" PRIMARY KEY,
	version    integer NOT NULL,
	decimals   smallint,                   -- of its value; null: those of the shop's currency
	sums       boolean NOT NULL,           -- days of it add up, so that a period may have any days
	dimensions text[] NOT NULL,
	windows    text[] NOT NULL
);

-- Thresholds that somebody has set; built-in rules stand in the program.
CREATE TABLE metrics.alert_rule (
	shop_id   integer NOT NULL,
	rule      text COLLATE "C" NOT NULL,
	kpi       text COLLATE "C" NOT NULL,
	dimension smallint NOT NULL,           -- enum fold_dimension
	key       text COLLATE "C" NOT NULL,
	direction smallint NOT NULL,           -- enum alert_direction
	value     text NOT NULL,               -- decimal, in the figure's unit
	"window"  smallint NOT NULL,           -- enum window
	PRIMARY KEY (shop_id, rule)
);

CREATE TABLE metrics.alert (
	shop_id         integer NOT NULL,
	alert_id        bigint GENERATED ALWAYS AS IDENTITY,
	rule            text COLLATE "C" NOT NULL,
	kpi             text COLLATE "C" NOT NULL,
	dimension       smallint NOT NULL,
	key             text COLLATE "C" NOT NULL,
	text            text NOT NULL,         -- what was seen when it was raised
	raised_at       timestamptz NOT NULL,  -- as-of minute
	seen_at         timestamptz NOT NULL,  -- its condition held last
	ended_at        timestamptz,
	acknowledged_at timestamptz,
	acknowledged_by text,
	version         bigint NOT NULL DEFAULT 1,
	PRIMARY KEY (shop_id, alert_id)
);
-- Raised once: a rule has one open alert.
CREATE UNIQUE INDEX alert_open ON metrics.alert (shop_id, rule) WHERE ended_at IS NULL;

GRANT USAGE ON SCHEMA metrics TO utarg_campaign;
GRANT SELECT ON metrics.figure TO utarg_campaign, utarg_operator;
GRANT SELECT, INSERT, UPDATE, DELETE ON metrics.figure TO utarg_metrics;
GRANT SELECT, INSERT, UPDATE, DELETE ON metrics.alert_rule TO utarg_metrics;
GRANT SELECT, INSERT, UPDATE ON metrics.alert TO utarg_metrics;
GRANT SELECT ON metrics.alert_rule, metrics.alert TO utarg_operator, utarg_readonly;

DO $$
DECLARE
	t regclass;
BEGIN
	FOREACH t IN ARRAY ARRAY['metrics.alert_rule'::regclass, 'metrics.alert'::regclass] LOOP
		EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
		EXECUTE pg_catalog.format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', t);
		EXECUTE pg_catalog.format(
			'CREATE POLICY one_shop ON %s FOR SELECT TO utarg_readonly USING (shop_id = (SELECT office.reader_shop()))', t);
	END LOOP;
END
$$;
