-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Sums by (key, window, measure, reach, level). Windows are contiguous; $6 holds their starts, $7 and $8 the
-- range. Sums that reach beyond their window come from days: $10 and $11 are those measures and their reaches,
-- $12 to $15 the number, reach, beginning and end of each window under each reach.
SELECT key, number, measure, reach, level, value::text, revision
FROM (
	SELECT c.key, width_bucket(c.bucket, $6::timestamptz[]) - 1 AS number, c.measure, 0::int2 AS reach, c.level,
		sum(c.value) AS value, max(c.revision) AS revision
	FROM unnest($2::int2[], $3::int2[]) AS u (measure, grain)
	JOIN metrics.cell c ON c.shop_id = $1 AND c.measure = u.measure AND c.dimension = $4 AND c.grain = u.grain
		AND c.bucket >= $7 AND c.bucket < $8 AND ($5::text IS NULL OR c.key = $5)
	GROUP BY 1, 2, 3, 5
	UNION ALL
	SELECT c.key, w.number, c.measure, u.reach, 0, sum(c.value), max(c.revision)
	FROM unnest($10::int2[], $11::int2[]) AS u (measure, reach)
	JOIN unnest($12::int4[], $13::int2[], $14::timestamptz[], $15::timestamptz[]) AS w (number, reach, from_time, to_time)
		ON w.reach = u.reach
	JOIN metrics.cell c ON c.shop_id = $1 AND c.measure = u.measure AND c.dimension = $4 AND c.grain = 4
		AND c.bucket >= w.from_time AND c.bucket < w.to_time AND ($5::text IS NULL OR c.key = $5)
	GROUP BY 1, 2, 3, 4
) s
ORDER BY 1, 2, 3, 4, 5
LIMIT $9
