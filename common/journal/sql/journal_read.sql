-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- $1 shops, $2 epochs and $3 seqs of the reader's positions, $4 seqs of each, $5 kinds (null: all), $6 bytes
-- beyond which a row comes without its payload (null: any; its size is known without fetching it), $7 without principal
-- and subject. A shop whose epoch has changed is read from its beginning. A shop without news gives one row of nulls,
-- which carries its head. Of kinds, the last row of a range comes whatever its kind: it says how far the reader is.
-- Seqs have no gaps, so a range of seqs is a number of rows. The OFFSET keeps the look into the journal one look a shop:
-- as a plain join, or with a LIMIT, plans made without statistics met all of a shop for each read. Not sorted here: a
-- row's place follows from its seq.
SELECT p.place, h.epoch, h.seq, e.seq, e.event_id, e.kind, e.event_time, e.received_at, e.origin,
	CASE WHEN NOT $7 THEN e.principal END, e.visitor, e.customer, CASE WHEN NOT $7 THEN e.subject END,
	CASE WHEN $6::int4 IS NULL OR octet_length(e.payload) <= $6::int4 THEN e.payload END
FROM unnest($1::int4[], $2::int8[], $3::int8[], $4::int8[]) WITH ORDINALITY AS p (shop_id, epoch, seq, most, place)
JOIN journal.head AS h ON h.shop_id = p.shop_id
CROSS JOIN LATERAL (SELECT CASE WHEN h.epoch = p.epoch THEN p.seq ELSE 0 END AS seq) AS f
LEFT JOIN LATERAL (
	SELECT v.*
	FROM journal.event AS v
	WHERE v.shop_id = p.shop_id AND v.seq > f.seq AND v.seq <= f.seq + p.most
		AND ($5::int2[] IS NULL OR v.kind = ANY ($5::int2[]) OR v.seq = least(h.seq, f.seq + p.most))
	OFFSET 0
) AS e ON true
