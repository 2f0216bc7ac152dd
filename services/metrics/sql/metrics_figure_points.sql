-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Sums of any mix of figures at once: $2 is the number of the figure that a row belongs to, $4 the reach.
SELECT u.figure, u.measure, u.reach, s.level, s.value::text, s.revision
FROM unnest($2::int4[], $3::int2[], $4::int2[], $5::int2[], $6::int2[], $7::text[], $8::timestamptz[], $9::timestamptz[])
	AS u (figure, measure, reach, dimension, grain, key, from_time, to_time)
CROSS JOIN LATERAL (
	SELECT c.level, sum(c.value) AS value, max(c.revision) AS revision
	FROM metrics.cell c
	WHERE c.shop_id = $1 AND c.measure = u.measure AND c.dimension = u.dimension AND c.grain = u.grain
		AND c.bucket >= u.from_time AND c.bucket < u.to_time AND c.key = u.key
	GROUP BY c.level
) s
ORDER BY u.figure, u.measure, u.reach, s.level
