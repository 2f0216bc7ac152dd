-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- $1 shops, $2 first seqs, $3 last seqs, $4 digests, $5 subject digests, $6 chains
INSERT INTO journal.batch (shop_id, first_seq, last_seq, digest, subject_digest, chain)
SELECT n.shop_id, n.first_seq, n.last_seq, n.digest, n.subject_digest, n.chain
FROM unnest($1::int4[], $2::int8[], $3::int8[], $4::bytea[], $5::bytea[], $6::bytea[])
	AS n (shop_id, first_seq, last_seq, digest, subject_digest, chain)
