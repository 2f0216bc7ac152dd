-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Sessions: gaps and islands. `seen` are their events, `session` themselves.
CREATE TEMP TABLE seen AS
SELECT t, id, kind, visitor, cart,
	visitor || '/' || sum(is_first::int) OVER (PARTITION BY visitor ORDER BY t, id) AS session
FROM (
	SELECT e.*, coalesce(e.t - lag(e.t) OVER (PARTITION BY e.visitor ORDER BY e.t, e.id) >= shop.gap, true) AS is_first
	FROM event e, shop
	WHERE e.is_client AND e.visitor IS NOT NULL
) AS told;
CREATE INDEX ON seen (visitor, t);
CREATE INDEX ON seen (session, t);

CREATE TEMP TABLE session AS
SELECT session, visitor, min(t) AS start, max(t) AS last,
	bool_or(kind = 'view_item') AS viewed, bool_or(kind = 'add_to_cart') AS added,
	bool_or(kind = 'begin_checkout') AS checked_out
FROM seen
GROUP BY session, visitor;
