-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What is known of these offers, by sku.
SELECT r.sku, (o.sku IS NOT NULL)::int, s.quantity, s.event_time
FROM (SELECT DISTINCT sku COLLATE "C" AS sku FROM unnest($2::text[]) AS u (sku)) r
LEFT JOIN campaign.offer o ON o.shop_id = $1::int4 AND o.sku = r.sku
CROSS JOIN LATERAL (
	SELECT sum(quantity)::int8 AS quantity, max(event_time) AS event_time
	FROM campaign.stock
	WHERE shop_id = $1::int4 AND sku = r.sku
) s
ORDER BY r.sku
