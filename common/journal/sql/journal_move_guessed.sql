-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- $1 shops, $2 first seqs, $3 last seqs, $4 digests, $5 subject digests, $6 chains, $7 epochs, $8 chains before.
-- The heads are locked by the statement before this one, so that what is compared here is what is committed:
-- without that lock READ COMMITTED would compare an older row and not wait. When a head is elsewhere and does not
-- move, no batch has a shop, and NOT NULL refuses them (23502) and with them the COMMIT that is on its way.
WITH n AS MATERIALIZED (
	SELECT *
	FROM unnest($1::int4[], $2::int8[], $3::int8[], $4::bytea[], $5::bytea[], $6::bytea[], $7::int8[], $8::bytea[])
		AS u (shop_id, first_seq, last_seq, digest, subject_digest, chain, epoch, previous)
), moved AS (
	UPDATE journal.head AS h
	SET seq = n.last_seq, chain = n.chain
	FROM n
	WHERE h.shop_id = n.shop_id AND h.seq = n.first_seq - 1 AND h.epoch = n.epoch AND h.chain = n.previous
	RETURNING h.shop_id
)
INSERT INTO journal.batch (shop_id, first_seq, last_seq, digest, subject_digest, chain)
SELECT CASE WHEN (SELECT count(*) FROM moved) = (SELECT count(*) FROM n) THEN n.shop_id END, n.first_seq,
	n.last_seq, n.digest, n.subject_digest, n.chain
FROM n
