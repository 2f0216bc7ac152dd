-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Which of these offers have a reduction that may be in force or to come.
SELECT DISTINCT sku
FROM campaign.reduction
WHERE shop_id = $1::int4 AND sku = ANY ($2::text[])
	AND coalesce(least(until_time, ended_time), 'infinity') > $3::timestamptz
ORDER BY sku
