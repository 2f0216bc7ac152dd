-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- All names a shop's journal and quarantine know: visitors (kind 0) and customers (kind 1).
SELECT DISTINCT n.kind, n.name
FROM (
	SELECT 0 AS kind, e.visitor AS name FROM journal.event AS e WHERE e.shop_id = $1
	UNION ALL SELECT 1, e.customer FROM journal.event AS e WHERE e.shop_id = $1
	UNION ALL SELECT 0, q.visitor FROM journal.quarantine AS q WHERE q.shop_id = $1
	UNION ALL SELECT 1, q.customer FROM journal.quarantine AS q WHERE q.shop_id = $1
) AS n
WHERE n.name IS NOT NULL
