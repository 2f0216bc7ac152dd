-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Reductions by id behind $3, of one offer when $2 is not empty; those that are over only with $4. One that another took over
-- from is told apart when it is judged.
SELECT reduction, sku
FROM campaign.reduction
WHERE shop_id = $1::int4 AND ($2::text = '' OR sku = $2::text) AND reduction > $3::text
	AND ($4::bool OR coalesce(least(until_time, ended_time), 'infinity') > $5::timestamptz)
ORDER BY reduction
LIMIT $6::int4
