-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- $1 shops, whose heads this transaction has locked; $2 the least the new epoch may be; $3 who, $4 why.
WITH raised AS (
	UPDATE journal.head AS h
	SET epoch = greatest(h.epoch + 1, $2::int8)
	FROM journal.head AS old
	WHERE h.shop_id = ANY ($1::int4[]) AND old.shop_id = h.shop_id
	RETURNING h.shop_id, old.epoch AS from_epoch, h.epoch, h.seq, h.chain
), noted AS (
	INSERT INTO journal.epoch (shop_id, epoch, from_epoch, seq, chain, raised_by, why)
	SELECT r.shop_id, r.epoch, r.from_epoch, r.seq, r.chain, $3, $4 FROM raised AS r
)
SELECT s.slug, r.from_epoch, r.epoch, r.seq
FROM raised AS r
JOIN office.shop AS s ON s.shop_id = r.shop_id
ORDER BY s.slug
