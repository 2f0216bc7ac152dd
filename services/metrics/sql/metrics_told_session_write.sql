-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Sessions that changed. What is the same stays as it is.
INSERT INTO metrics.session AS t (shop_id, visitor, first_at, last_at, engaged_ms, views, orders, valid_orders, is_bounce,
	sales_channel, marketing_channel, campaign, device, country)
SELECT $1::int4, u.*
FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[], $5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::bool[],
	$10::text[], $11::text[], $12::text[], $13::text[], $14::text[]) AS u
ON CONFLICT (shop_id, visitor, first_at) DO UPDATE
SET last_at = EXCLUDED.last_at, engaged_ms = EXCLUDED.engaged_ms, views = EXCLUDED.views, orders = EXCLUDED.orders,
	valid_orders = EXCLUDED.valid_orders, is_bounce = EXCLUDED.is_bounce, sales_channel = EXCLUDED.sales_channel,
	marketing_channel = EXCLUDED.marketing_channel, campaign = EXCLUDED.campaign, device = EXCLUDED.device,
	country = EXCLUDED.country
