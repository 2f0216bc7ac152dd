-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One row a key, in the order asked; state is null where there is none.
-- One look into the index a key, whatever the planner believes: as a plain join a plan
-- made while the table was small read all of the shop's entities for each call.
SELECT e.state, e.due
FROM unnest($2::int2[], $3::bytea[]) WITH ORDINALITY AS k (kind, key, n)
LEFT JOIN LATERAL (
	SELECT v.state, v.due
	FROM metrics.entity v
	WHERE v.shop_id = $1 AND v.kind = k.kind AND v.key = k.key
	LIMIT 1
) e ON true
ORDER BY k.n
