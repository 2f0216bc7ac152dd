-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Orders: content of the best copy; visitor, cart and customer each from the best copy that has one.
CREATE TEMP TABLE ranked AS
SELECT c.*, row_number() OVER (PARTITION BY order_id ORDER BY version DESC, is_of_client, t, id) AS rank,
	row_number() OVER (PARTITION BY order_id ORDER BY version, is_of_client, t, id) AS oldest
FROM copy c;

CREATE TEMP TABLE ordered AS
SELECT best.order_id, best.units, best.gmv, best.net, best.refunded, lowest.placed_at,
	(SELECT visitor FROM ranked r WHERE r.order_id = best.order_id AND visitor IS NOT NULL ORDER BY rank LIMIT 1) AS visitor,
	(SELECT customer FROM ranked r WHERE r.order_id = best.order_id AND customer IS NOT NULL ORDER BY rank LIMIT 1) AS customer,
	(SELECT cart FROM ranked r WHERE r.order_id = best.order_id AND cart IS NOT NULL ORDER BY rank LIMIT 1) AS cart,
	best.is_cancelled OR EXISTS (SELECT FROM cancelled c WHERE c.order_id = best.order_id) AS is_cancelled,
	best.is_all_back
FROM ranked best JOIN ranked lowest ON lowest.order_id = best.order_id AND lowest.oldest = 1
WHERE best.rank = 1;

-- The session: its visitor's, whose latest client event at or before the order is less than the gap before it; else
-- that of its cart's last client event by the same rule.
CREATE TEMP TABLE attributed AS
SELECT o.*, coalesce(by_visitor.session, by_cart.session) AS session
FROM ordered o CROSS JOIN shop
LEFT JOIN LATERAL (
	SELECT s.session, s.t FROM seen s WHERE s.visitor = o.visitor AND s.t <= o.placed_at ORDER BY s.t DESC, s.id DESC LIMIT 1
) AS by_visitor ON o.placed_at - by_visitor.t < shop.gap
LEFT JOIN LATERAL (
	SELECT s.session, (SELECT max(t) FROM seen one WHERE one.session = s.session AND one.t <= o.placed_at) AS t
	FROM seen s JOIN activity a USING (id) JOIN whole w ON w.whole = a.whole
	WHERE w.cart = o.cart AND s.t <= o.placed_at
	ORDER BY s.t DESC, s.id DESC LIMIT 1
) AS by_cart ON o.placed_at - by_cart.t < shop.gap;
