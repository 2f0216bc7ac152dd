-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Facts, and the figures of the total by day, week and month.
CREATE TEMP VIEW visit AS
SELECT s.*, coalesce(o.orders, 0) > 0 AS ordered, coalesce(o.orders, 0) > 0 OR s.checked_out AS in_checkout
FROM session s LEFT JOIN (SELECT session, count(*) AS orders FROM attributed GROUP BY session) AS o USING (session);

CREATE TEMP VIEW cart_state AS
SELECT first.whole, first.t, CASE
	WHEN EXISTS (SELECT FROM ordered o JOIN whole w ON w.cart = o.cart WHERE w.whole = first.whole) THEN 'ordered'
	WHEN NOT held.is_full THEN 'emptied'
	WHEN shop.as_of - last.t >= 86400000 THEN 'abandoned'
	ELSE 'open'
END AS state
FROM shop CROSS JOIN (SELECT DISTINCT ON (whole) whole, t FROM activity WHERE kind = 'add_to_cart' ORDER BY whole, t, id) AS first
JOIN held USING (whole)
JOIN LATERAL (SELECT max(t) AS t FROM activity a WHERE a.whole = first.whole) AS last ON true;

CREATE TEMP VIEW newcomer AS
SELECT DISTINCT ON (customer) customer, placed_at
FROM ordered
WHERE customer IS NOT NULL AND units > 0 AND NOT is_cancelled AND NOT is_all_back
ORDER BY customer, placed_at, order_id;

-- One row a fact: what it adds to the numerator and to the denominator; `who` for what is counted once.
CREATE TEMP VIEW fact AS
SELECT 'sessions' AS kpi, start AS t, 1 AS n, NULL::bigint AS d, NULL AS who FROM visit
UNION ALL SELECT 'visitors', start, NULL, NULL, visitor FROM visit
UNION ALL SELECT 'page_views', t, 1, NULL, NULL FROM event WHERE kind = 'page_view'
UNION ALL SELECT 'visit_seconds', start, last - start, 1, NULL FROM visit
UNION ALL SELECT 'conversion_rate', start, ordered::int, 1, NULL FROM visit
UNION ALL SELECT 'funnel_view_item', start, (viewed OR added OR in_checkout)::int, 1, NULL FROM visit
UNION ALL SELECT 'funnel_add_to_cart', start, (added OR in_checkout)::int, 1, NULL FROM visit
UNION ALL SELECT 'funnel_begin_checkout', start, in_checkout::int, 1, NULL FROM visit
UNION ALL SELECT 'funnel_order', start, ordered::int, 1, NULL FROM visit
UNION ALL SELECT 'orders', placed_at, 1, NULL, NULL FROM ordered
UNION ALL SELECT 'units', placed_at, units, NULL, NULL FROM ordered
UNION ALL SELECT 'gmv', placed_at, gmv, NULL, NULL FROM ordered
UNION ALL SELECT 'net_revenue', placed_at, CASE WHEN is_cancelled THEN 0 ELSE net - refunded END, NULL, NULL FROM ordered
UNION ALL SELECT 'cancel_rate', placed_at, is_cancelled::int, 1, NULL FROM ordered
UNION ALL SELECT 'unattributed_orders', placed_at, (session IS NULL)::int, NULL, NULL FROM attributed
UNION ALL SELECT 'new_customers', placed_at, 1, NULL, NULL FROM newcomer
UNION ALL SELECT 'carts', t, 1, NULL, NULL FROM cart_state
UNION ALL SELECT 'cart_abandonment_rate', t, (state = 'abandoned')::int, (state IN ('abandoned', 'ordered'))::int, NULL
	FROM cart_state;

SELECT kpi, w.number, (extract(epoch FROM start) * 1000)::bigint,
	CASE WHEN count(who) > 0 THEN count(DISTINCT who) ELSE coalesce(sum(n), 0) END,
	CASE WHEN count(d) > 0 THEN sum(d) ELSE 1 END
FROM shop, fact
CROSS JOIN (VALUES (3, 'day'), (4, 'week'), (5, 'month')) AS w (number, name)
CROSS JOIN LATERAL (SELECT date_trunc(w.name, timestamptz 'epoch' + t * interval '1 ms', shop.zone) AS start) AS bucket
GROUP BY kpi, w.number, start;
