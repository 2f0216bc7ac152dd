-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Sums of any mix of figures at once: $2 is the number of the figure that a row belongs to.
SELECT u.figure, u.measure, s.value::text, s.revision
FROM unnest($2::int4[], $3::int2[], $4::int2[], $5::int2[], $6::text[], $7::timestamptz[], $8::timestamptz[])
	AS u (figure, measure, dimension, grain, key, from_time, to_time)
CROSS JOIN LATERAL (
	SELECT sum(c.value) AS value, max(c.revision) AS revision
	FROM metrics.cell c
	WHERE c.shop_id = $1 AND c.measure = u.measure AND c.dimension = u.dimension AND c.grain = u.grain
		AND c.bucket >= u.from_time AND c.bucket < u.to_time AND c.key = u.key
) s
WHERE s.value IS NOT NULL
ORDER BY u.figure
