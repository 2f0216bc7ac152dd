-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
INSERT INTO metrics.cart AS t (shop_id, cart, first_at, abandoned_at, state, visitor, sales_channel, marketing_channel,
	campaign, device, country)
SELECT $1::int4, u.*
FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[], $5::int2[], $6::text[], $7::text[], $8::text[], $9::text[],
	$10::text[], $11::text[]) AS u
ON CONFLICT (shop_id, cart) DO UPDATE
SET first_at = EXCLUDED.first_at, abandoned_at = EXCLUDED.abandoned_at, state = EXCLUDED.state, visitor = EXCLUDED.visitor,
	sales_channel = EXCLUDED.sales_channel, marketing_channel = EXCLUDED.marketing_channel, campaign = EXCLUDED.campaign,
	device = EXCLUDED.device, country = EXCLUDED.country
