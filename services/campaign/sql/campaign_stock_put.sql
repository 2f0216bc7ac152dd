-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Stock is absolute, per location: the greatest (time, id) counts.
INSERT INTO campaign.stock (shop_id, event_time, event_id, revision, sku, location, quantity)
SELECT DISTINCT ON (shop_id, sku, location) *
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::int8[], $5::text[], $6::text[], $7::int8[])
	AS r (shop_id, event_time, event_id, seq, sku, location, quantity)
ORDER BY shop_id, sku, location, event_time DESC, event_id DESC
ON CONFLICT (shop_id, sku, location) DO UPDATE
SET event_time = EXCLUDED.event_time, event_id = EXCLUDED.event_id, revision = EXCLUDED.revision,
    quantity = EXCLUDED.quantity
WHERE (EXCLUDED.event_time, EXCLUDED.event_id) > (stock.event_time, stock.event_id)
RETURNING shop_id, sku
