-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- $1 shops, $2 epochs and $3 seqs of the reader's positions, $4 rows a shop. A shop whose epoch has changed
-- is read from its beginning. A shop without news gives one row of nulls, which carries its head.
SELECT p.place, h.epoch, h.seq, e.seq, e.event_id, e.kind, e.event_time, e.received_at, e.origin, e.principal,
	e.visitor, e.customer, e.subject, e.payload
FROM unnest($1::int4[], $2::int8[], $3::int8[]) WITH ORDINALITY AS p (shop_id, epoch, seq, place)
JOIN journal.head AS h ON h.shop_id = p.shop_id
LEFT JOIN LATERAL (
	SELECT v.*
	FROM journal.event AS v
	WHERE v.shop_id = p.shop_id AND v.seq > CASE WHEN h.epoch = p.epoch THEN p.seq ELSE 0 END
	ORDER BY v.seq
	LIMIT $4::int8
) AS e ON true
ORDER BY p.shop_id, e.seq
