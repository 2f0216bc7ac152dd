-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- $1 event ids, $2 their shops: which of them stand in the journal already, by place in the arrays.
-- One look into the index by id a key, whatever the planner believes about the arrays' length. The "+ 0" keeps it from
-- the index by (shop, seq): on an empty table both cost the same, and a plan made then would later read the
-- whole shop for each key (stalls of seconds were seen; that this was why is inferred from their place).
SELECT k.place, e.seq, e.payload
FROM unnest($1::uuid[], $2::int4[]) WITH ORDINALITY AS k (event_id, shop_id, place)
CROSS JOIN LATERAL (
	SELECT v.seq, v.payload
	FROM journal.event AS v
	WHERE v.event_id = k.event_id AND v.shop_id + 0 = k.shop_id
	LIMIT 1
) AS e
