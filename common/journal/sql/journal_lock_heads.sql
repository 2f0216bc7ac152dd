-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- $1 shops. Locks are taken in shop order (the sort is below the locking), so that two appends never wait
-- for each other in a circle. The rows returned are those after the wait.
SELECT h.shop_id, h.seq, h.epoch, h.chain
FROM journal.head AS h
WHERE h.shop_id = ANY ($1::int4[])
ORDER BY h.shop_id
FOR UPDATE
