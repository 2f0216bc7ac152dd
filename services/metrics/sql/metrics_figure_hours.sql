-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Sums of quarters by spans that lie one behind the other: $6 holds their starts, $7 is the end of the last. $2 is
-- the number of the figure that a row belongs to.
SELECT u.figure, u.measure, s.span, s.value::text
FROM unnest($2::int4[], $3::int2[], $4::int2[], $5::text[]) AS u (figure, measure, dimension, key)
CROSS JOIN LATERAL (
	SELECT width_bucket(c.bucket, $6::timestamptz[]) - 1 AS span, sum(c.value) AS value
	FROM metrics.cell c
	WHERE c.shop_id = $1 AND c.measure = u.measure AND c.dimension = u.dimension AND c.grain = 2
		AND c.bucket >= ($6::timestamptz[])[1] AND c.bucket < $7 AND c.key = u.key
	GROUP BY 1
) s
ORDER BY 1, 2, 3
