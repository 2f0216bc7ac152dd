-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- All cells of a shop behind a key, in key order.
SELECT measure, dimension, grain, bucket, key, level, value::text, revision
FROM metrics.cell
WHERE shop_id = $1
	AND (measure, dimension, grain, bucket, key, level)
		> ($2::int2, $3::int2, $4::int2, $5::timestamptz, $6::text COLLATE "C", $7::int8)
ORDER BY measure, dimension, grain, bucket, key, level
LIMIT $8
