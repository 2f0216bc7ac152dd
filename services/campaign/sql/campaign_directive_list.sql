-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Directives of a shop, of one campaign or with one id when those are not empty; $4: also what is settled.
SELECT campaign, latest, event_time, revision
FROM campaign.directive
WHERE shop_id = $1::int4 AND ($2::text = '' OR campaign = $2::text) AND ($3::text = '' OR directive_id = $3::text)
	AND ($4::bool OR state BETWEEN 1 AND 3 OR state = 5 AND action = 4)
ORDER BY revision DESC
LIMIT $5::int4
