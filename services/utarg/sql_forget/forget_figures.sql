-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Drops a shop's figures and where they stand: metrics makes them again from the journal's first event.
WITH position AS (DELETE FROM metrics.position AS p WHERE p.shop_id = $1),
	cell AS (DELETE FROM metrics.cell AS c WHERE c.shop_id = $1),
	session AS (DELETE FROM metrics.session AS s WHERE s.shop_id = $1),
	cart AS (DELETE FROM metrics.cart AS k WHERE k.shop_id = $1),
	orders AS (DELETE FROM metrics."order" AS o WHERE o.shop_id = $1),
	item AS (DELETE FROM metrics.order_item AS i WHERE i.shop_id = $1),
	history AS (DELETE FROM metrics.day_history AS h WHERE h.shop_id = $1)
DELETE FROM metrics.entity AS t WHERE t.shop_id = $1
