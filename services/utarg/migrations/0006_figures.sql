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

-- History of closed days: for each event that changed a day which was over when it was received, what it changed of
-- all its figures (services/metrics/core/history.h has the bytes; no names of persons are among them).
CREATE TABLE metrics.day_history (
	shop_id     integer NOT NULL,
	day         timestamptz NOT NULL,      -- local midnight it began at
	seq         bigint NOT NULL,           -- of the event
	received_at timestamptz NOT NULL,
	reason      smallint NOT NULL,         -- utarg.v1.Reason
	changes     bytea NOT NULL,
	PRIMARY KEY (shop_id, day, seq)
);
GRANT SELECT, INSERT, DELETE ON metrics.day_history TO utarg_metrics;
GRANT SELECT ON metrics.day_history TO utarg_operator, utarg_readonly;
ALTER TABLE metrics.day_history ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON metrics.day_history TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY one_shop ON metrics.day_history FOR SELECT TO utarg_readonly
	USING (shop_id = (SELECT office.reader_shop()));
