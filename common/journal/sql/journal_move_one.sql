-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Locks, compares and moves one shop's head and writes its batch, in one statement: $1 shop, $2 first seq,
-- $3 last seq, $4 digest, $5 subject digest, $6 chain, $7 epoch, $8 chain before.
-- Keyed by shop only, the UPDATE waits for whoever holds the row and then works on what that one committed: the
-- comparison stands in SET, which is computed again from the newer row, and not in WHERE, which would be tested on
-- the older one. A head that is elsewhere would get no seq, and NOT NULL refuses that (23502).
WITH moved AS (
	UPDATE journal.head AS h
	SET seq = CASE WHEN h.seq = $2::int8 - 1 AND h.epoch = $7::int8 AND h.chain = $8::bytea THEN $3::int8 END,
		chain = $6::bytea
	WHERE h.shop_id = $1::int4
	RETURNING h.shop_id
)
INSERT INTO journal.batch (shop_id, first_seq, last_seq, digest, subject_digest, chain)
SELECT (SELECT m.shop_id FROM moved AS m), $2, $3, $4::bytea, $5::bytea, $6
