-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Adds to cells, in key order. A revision only grows; 0 means that only the clock changed the value.
INSERT INTO metrics.cell AS c (shop_id, measure, dimension, grain, bucket, key, level, value, revision)
SELECT $1::int4, u.measure, u.dimension, u.grain, u.bucket, u.key, u.level, u.delta::numeric, u.revision
FROM unnest($2::int2[], $3::int2[], $4::int2[], $5::timestamptz[], $6::text[], $7::int8[], $8::text[], $9::int8[])
	AS u (measure, dimension, grain, bucket, key, level, delta, revision)
ORDER BY u.measure, u.dimension, u.grain, u.bucket, u.key COLLATE "C", u.level
ON CONFLICT (shop_id, measure, dimension, grain, bucket, key, level) DO UPDATE
SET value = c.value + EXCLUDED.value, revision = greatest(c.revision, EXCLUDED.revision)
