-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What placements have said last about these messages: the placements that their versions name ($3 of the message, $4),
-- and the first $5 by name of the others that show one.
WITH named AS (
	SELECT DISTINCT message, placement FROM unnest($3::text[], $4::text[]) AS n (message, placement)
)
SELECT s.message, s.placement, s.version, s.price_gross_minor, s.currency, s.event_time
FROM named n
JOIN campaign.message_shown s ON s.shop_id = $1::int4 AND s.message = n.message AND s.placement = n.placement
UNION ALL
SELECT o.*
FROM unnest($2::text[]) AS m (message)
CROSS JOIN LATERAL (
	SELECT s.message, s.placement, s.version, s.price_gross_minor, s.currency, s.event_time
	FROM campaign.message_shown s
	WHERE s.shop_id = $1::int4 AND s.message = m.message AND s.version <> 0
		AND NOT EXISTS (SELECT FROM named n WHERE n.message = s.message AND n.placement = s.placement)
	ORDER BY s.placement
	LIMIT $5::int4
) o
ORDER BY message, placement
