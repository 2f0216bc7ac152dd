-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The same in the rows for analysts.
WITH name AS (
	SELECT pg_catalog.convert_from($2::bytea, 'UTF8') AS old, pg_catalog.convert_from($3::bytea, 'UTF8') AS fresh
), session AS (
	UPDATE metrics.session AS s SET visitor = n.fresh FROM name AS n WHERE s.shop_id = $1 AND s.visitor = n.old
), cart AS (
	UPDATE metrics.cart AS k SET visitor = n.fresh FROM name AS n WHERE k.shop_id = $1 AND k.visitor = n.old
)
UPDATE metrics."order" AS o
SET visitor = CASE WHEN o.visitor = n.old THEN n.fresh ELSE o.visitor END,
	customer = CASE WHEN o.customer = n.old THEN n.fresh ELSE o.customer END,
	session_visitor = CASE WHEN o.session_visitor = n.old THEN n.fresh ELSE o.session_visitor END
FROM name AS n
WHERE o.shop_id = $1 AND n.old IN (o.visitor, o.customer, o.session_visitor)
