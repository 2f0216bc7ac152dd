-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Carts: `whole` names the merged whole of each id (the smallest of them), `held` walks through what was put in.
CREATE TEMP TABLE whole AS
WITH RECURSIVE link AS (
	SELECT cart AS a, other_cart AS b FROM event WHERE kind = 'cart_merged'
	UNION SELECT other_cart, cart FROM event WHERE kind = 'cart_merged'
	UNION SELECT cart, cart FROM event WHERE cart IS NOT NULL
	UNION SELECT cart, cart FROM copy WHERE cart IS NOT NULL
), reach AS (
	SELECT a, b FROM link
	UNION SELECT reach.a, link.b FROM reach JOIN link ON link.a = reach.b
)
SELECT a AS cart, min(b) AS whole FROM reach GROUP BY a;

CREATE TEMP TABLE activity AS
SELECT e.*, w.whole, row_number() OVER (PARTITION BY w.whole ORDER BY e.t, e.id) AS n
FROM event e JOIN whole w USING (cart);
CREATE INDEX ON activity (whole, n);

CREATE TEMP TABLE held AS
WITH RECURSIVE step AS (
	SELECT whole, 0::bigint AS n, '{}'::jsonb AS held FROM whole GROUP BY whole
	UNION ALL
	SELECT s.whole, a.n, CASE a.kind
		WHEN 'add_to_cart' THEN s.held || jsonb_build_object(a.cart, coalesce(s.held -> a.cart, '{}')
			|| jsonb_build_object(a.sku, coalesce((s.held -> a.cart ->> a.sku)::bigint, 0) + a.quantity))
		WHEN 'remove_from_cart' THEN s.held || jsonb_build_object(a.cart, coalesce(s.held -> a.cart, '{}')
			|| jsonb_build_object(a.sku, greatest(0, coalesce((s.held -> a.cart ->> a.sku)::bigint, 0) - a.quantity)))
		WHEN 'cart_emptied' THEN s.held - a.cart
		WHEN 'cart_merged' THEN (s.held - a.cart) || jsonb_build_object(a.other_cart, (
			SELECT coalesce(jsonb_object_agg(sku, pieces), '{}')
			FROM (
				SELECT key AS sku, sum(value::bigint) AS pieces
				FROM (
					SELECT * FROM jsonb_each_text(coalesce(s.held -> a.cart, '{}'))
					UNION ALL SELECT * FROM jsonb_each_text(coalesce(s.held -> a.other_cart, '{}'))
				) AS both_carts
				GROUP BY key
			) AS together))
		ELSE s.held
	END
	FROM step s JOIN activity a ON a.whole = s.whole AND a.n = s.n + 1
)
SELECT DISTINCT ON (whole) whole, EXISTS (
	SELECT FROM jsonb_each(held) AS one (cart, items), jsonb_each_text(one.items) AS item (sku, pieces)
	WHERE item.pieces::bigint > 0
) AS is_full
FROM step
ORDER BY whole, n DESC;
