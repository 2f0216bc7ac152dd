-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Rules by partner and category: the one in force at $3, unless it says that there is none, and those to come.
SELECT c.affiliate, c.rule
FROM campaign.commission c
WHERE c.shop_id = $1::int4 AND ($2::text = '' OR c.affiliate = $2::text)
	AND NOT EXISTS (
		SELECT FROM campaign.commission n
		WHERE n.shop_id = c.shop_id AND n.affiliate = c.affiliate AND n.category = c.category
			AND n.valid_from <= greatest($3::timestamptz, c.valid_from)
			AND (n.valid_from, n.event_time, n.event_id) > (c.valid_from, c.event_time, c.event_id)
	)
ORDER BY c.affiliate, c.category, c.valid_from, c.event_time, c.event_id
