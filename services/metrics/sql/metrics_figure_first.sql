-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The first quarter that has something of each figure; $2 is its number, and there is a row a measure.
SELECT u.figure, min(s.bucket)
FROM unnest($2::int4[], $3::int2[], $4::int2[], $5::text[]) AS u (figure, measure, dimension, key)
CROSS JOIN LATERAL (
	SELECT c.bucket
	FROM metrics.cell c
	WHERE c.shop_id = $1 AND c.measure = u.measure AND c.dimension = u.dimension AND c.grain = 2 AND c.key = u.key
		AND c.value <> 0
	ORDER BY c.bucket
	LIMIT 1
) s
GROUP BY u.figure
ORDER BY u.figure
