-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
INSERT INTO metrics."order" AS t (shop_id, order_id, placed_at, version, is_cancelled, is_valid, is_refunded, is_foreign, units,
	before_net, after_net, current_net, current_shipping, current_tax, refunded_net, currency, visitor, customer, cart,
	session_visitor, session_at, sales_channel, marketing_channel, campaign, device, country)
SELECT $1::int4, u.order_id, u.placed_at, u.version, u.flags & 1 <> 0, u.flags & 2 <> 0, u.flags & 4 <> 0, u.flags & 8 <> 0,
	u.units, u.before_net::numeric, u.after_net::numeric, u.current_net::numeric, u.current_shipping::numeric,
	u.current_tax::numeric, u.refunded_net::numeric, u.currency, u.visitor, u.customer, u.cart, u.session_visitor,
	u.session_at, u.sales_channel, u.marketing_channel, u.campaign, u.device, u.country
FROM unnest($2::text[], $3::timestamptz[], $4::int8[], $5::int2[], $6::int8[], $7::text[], $8::text[], $9::text[], $10::text[],
	$11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::timestamptz[], $19::text[],
	$20::text[], $21::text[], $22::text[], $23::text[])
	AS u (order_id, placed_at, version, flags, units, before_net, after_net, current_net, current_shipping, current_tax,
		refunded_net, currency, visitor, customer, cart, session_visitor, session_at, sales_channel, marketing_channel,
		campaign, device, country)
ON CONFLICT (shop_id, order_id) DO UPDATE
SET placed_at = EXCLUDED.placed_at, version = EXCLUDED.version, is_cancelled = EXCLUDED.is_cancelled,
	is_valid = EXCLUDED.is_valid, is_refunded = EXCLUDED.is_refunded, is_foreign = EXCLUDED.is_foreign,
	units = EXCLUDED.units, before_net = EXCLUDED.before_net, after_net = EXCLUDED.after_net,
	current_net = EXCLUDED.current_net, current_shipping = EXCLUDED.current_shipping, current_tax = EXCLUDED.current_tax,
	refunded_net = EXCLUDED.refunded_net, currency = EXCLUDED.currency, visitor = EXCLUDED.visitor,
	customer = EXCLUDED.customer, cart = EXCLUDED.cart, session_visitor = EXCLUDED.session_visitor,
	session_at = EXCLUDED.session_at, sales_channel = EXCLUDED.sales_channel,
	marketing_channel = EXCLUDED.marketing_channel, campaign = EXCLUDED.campaign, device = EXCLUDED.device,
	country = EXCLUDED.country
