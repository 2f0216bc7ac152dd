-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The first time this shop is met, or its position was deleted: nothing read yet. No row: another instance was here.
INSERT INTO metrics.position (shop_id, epoch, seq, as_of, rebuild_seq)
SELECT shop_id, epoch, 0, $2, 0 FROM journal.head WHERE shop_id = $1
ON CONFLICT (shop_id) DO NOTHING
RETURNING shop_id
