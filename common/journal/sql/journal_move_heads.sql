-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- $1 shops, $2 last seqs, $3 chains; the heads are locked by this transaction.
UPDATE journal.head AS h
SET seq = n.seq, chain = n.chain
FROM unnest($1::int4[], $2::int8[], $3::bytea[]) AS n (shop_id, seq, chain)
WHERE h.shop_id = n.shop_id
