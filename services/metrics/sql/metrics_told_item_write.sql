-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
INSERT INTO metrics.order_item AS t (shop_id, order_id, line, sku, category, quantity, before_net, after_net, tax, current_net,
	current_cost)
SELECT $1::int4, u.order_id, u.line, u.sku, u.category, u.quantity, u.before_net::numeric, u.after_net::numeric,
	u.tax::numeric, u.current_net::numeric, u.current_cost::numeric
FROM unnest($2::text[], $3::int4[], $4::text[], $5::text[], $6::int8[], $7::text[], $8::text[], $9::text[], $10::text[],
	$11::text[])
	AS u (order_id, line, sku, category, quantity, before_net, after_net, tax, current_net, current_cost)
ON CONFLICT (shop_id, order_id, line) DO UPDATE
SET sku = EXCLUDED.sku, category = EXCLUDED.category, quantity = EXCLUDED.quantity, before_net = EXCLUDED.before_net,
	after_net = EXCLUDED.after_net, tax = EXCLUDED.tax, current_net = EXCLUDED.current_net,
	current_cost = EXCLUDED.current_cost
