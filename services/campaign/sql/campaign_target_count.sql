-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- How many other targets of the shop are running or to come ($7: today).
SELECT count(*)
FROM campaign.target
WHERE shop_id = $1 AND last_day >= $7::text
	AND (kpi, dimension, key, first_day, last_day) <> ($2::text, $3::text, $4::text, $5::text, $6::text)
