-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Sums by (key, window, measure). Windows are contiguous; $6 holds their starts, $7 and $8 the range.
SELECT c.key, width_bucket(c.bucket, $6::timestamptz[]) - 1, c.measure,
	sum(c.value)::text, max(c.revision)
FROM unnest($2::int2[], $3::int2[]) AS u (measure, grain)
JOIN metrics.cell c ON c.shop_id = $1 AND c.measure = u.measure AND c.dimension = $4 AND c.grain = u.grain
	AND c.bucket >= $7 AND c.bucket < $8 AND ($5::text IS NULL OR c.key = $5)
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
LIMIT $9
