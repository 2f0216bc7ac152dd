-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Campaigns by name, a row a currency they cost. A sum beyond 64 bits stops at the edge.
SELECT c.campaign, c.latest, c.event_time, c.revision, x.currency, x.minor, p.seq
FROM campaign.campaign c
JOIN campaign.position p ON p.shop_id = c.shop_id
LEFT JOIN LATERAL (
	SELECT currency, least(greatest(sum(spend_minor), -9223372036854775807), 9223372036854775807)::int8 AS minor
	FROM campaign.spend
	WHERE shop_id = c.shop_id AND campaign = c.campaign
	GROUP BY currency
) x ON true
WHERE c.shop_id = $1::int4 AND c.campaign = ANY ($2::text[])
ORDER BY c.campaign, x.currency
