-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Moves the as-of minute of many shops that have nothing due. Shops that are not returned have been moved
-- by another instance. Rows are locked in shop order.
WITH mine AS (
	SELECT p.shop_id
	FROM unnest($1::int4[], $2::int8[], $3::int8[], $4::timestamptz[]) AS u (shop_id, epoch, seq, as_of)
	JOIN metrics.position p
		ON p.shop_id = u.shop_id AND p.epoch = u.epoch AND p.seq = u.seq AND p.as_of = u.as_of
	ORDER BY p.shop_id
	FOR UPDATE OF p
)
UPDATE metrics.position p SET as_of = $5 FROM mine WHERE p.shop_id = mine.shop_id
RETURNING p.shop_id
