-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What metrics says about a key figure, and the shop's currency. One row as long as metrics has ever started; the
-- name is null when there is no such figure.
SELECT k.kpi, k.decimals, k.sums::int, ($2::text = ANY (k.dimensions))::int, ('day' = ANY (k.windows))::int,
	('week' = ANY (k.windows))::int, ('month' = ANY (k.windows))::int, s.currency
FROM office.shop s
LEFT JOIN metrics.kpi k ON k.kpi = $1
WHERE s.shop_id = $3 AND EXISTS (SELECT FROM metrics.kpi)
