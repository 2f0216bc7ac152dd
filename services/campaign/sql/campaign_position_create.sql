-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Shops not read before begin at the beginning of the epoch they are in.
INSERT INTO campaign.position (shop_id, epoch, seq)
SELECT h.shop_id, h.epoch, 0
FROM journal.head h
WHERE h.shop_id = ANY ($1::int4[])
ON CONFLICT DO NOTHING
