-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- One page of a shop's batches: $1 shop, those behind $2, at most $3.
SELECT b.first_seq, b.last_seq, b.digest, b.subject_digest, b.chain
FROM journal.batch AS b
WHERE b.shop_id = $1 AND b.last_seq > $2
ORDER BY b.last_seq
LIMIT $3::int8
