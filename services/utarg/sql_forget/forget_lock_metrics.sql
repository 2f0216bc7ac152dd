-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Locks the place where metrics stands, and makes it when there is none: a place made meanwhile would be of the epoch
-- before, and what is read in that epoch still has the names.
INSERT INTO metrics.position AS p (shop_id, epoch, seq, as_of, rebuild_seq)
SELECT h.shop_id, h.epoch, 0, pg_catalog.date_trunc('minute', pg_catalog.clock_timestamp()), 0
FROM journal.head AS h
WHERE h.shop_id = $1
ON CONFLICT (shop_id) DO UPDATE SET epoch = p.epoch
