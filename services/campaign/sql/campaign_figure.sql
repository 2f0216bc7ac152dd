-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What metrics says about a key figure, and the shop's currency. One row as long as metrics has ever started; the
-- name is null when there is no such figure.
SELECT f.name, f.decimals, f.sums::int, ($2::text = ANY (f.dimensions))::int, ('day' = ANY (f.windows))::int, ('week' = ANY (f.windows))::int,
	('month' = ANY (f.windows))::int, s.currency
FROM office.shop s
LEFT JOIN metrics.figure f ON f.name = $1
WHERE s.shop_id = $3 AND EXISTS (SELECT FROM metrics.figure)
