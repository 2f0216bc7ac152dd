-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- One page of heads: shops above $1, at most $2.
SELECT h.shop_id, h.seq, h.epoch, h.chain
FROM journal.head AS h
WHERE h.shop_id > $1
ORDER BY h.shop_id
LIMIT $2::int8
