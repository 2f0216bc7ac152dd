-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Offers by name.
SELECT o.sku, o.latest, o.event_time, o.revision, s.quantity, s.revision, p.seq
FROM campaign.offer o
JOIN campaign.position p ON p.shop_id = o.shop_id
CROSS JOIN LATERAL (
	SELECT sum(quantity)::int8 AS quantity, max(revision) AS revision
	FROM campaign.stock
	WHERE shop_id = o.shop_id AND sku = o.sku
) s
WHERE o.shop_id = $1::int4 AND o.sku = ANY ($2::text[])
ORDER BY o.sku
