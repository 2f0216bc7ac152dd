-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- As journal_known, with the shop's epoch: for answering what is committed already without any lock. Events
-- are never taken away, so that what stands here stays true.
SELECT k.place, e.seq, e.payload, h.epoch
FROM unnest($1::uuid[], $2::int4[]) WITH ORDINALITY AS k (event_id, shop_id, place)
CROSS JOIN LATERAL (
	SELECT v.seq, v.payload
	FROM journal.event AS v
	WHERE v.event_id = k.event_id AND v.shop_id + 0 = k.shop_id
	LIMIT 1
) AS e
CROSS JOIN LATERAL (
	SELECT w.epoch
	FROM journal.head AS w
	WHERE w.shop_id = k.shop_id
	LIMIT 1
) AS h
