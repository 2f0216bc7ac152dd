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
