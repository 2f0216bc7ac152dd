-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The first and the last bucket that has something of these measures (each in its grain).
SELECT min(s.first), max(s.last)
FROM unnest($2::int2[], $3::int2[]) AS u (measure, grain)
CROSS JOIN LATERAL (
	SELECT min(c.bucket) AS first, max(c.bucket) AS last
	FROM metrics.cell c
	WHERE c.shop_id = $1 AND c.measure = u.measure AND c.dimension = $4 AND c.grain = u.grain AND c.value <> 0
		AND ($5::text IS NULL OR c.key = $5)
) s
