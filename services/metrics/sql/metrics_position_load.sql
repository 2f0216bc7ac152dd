-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Where the figures stand, and where the journal does.
SELECT p.epoch, p.seq, p.as_of, p.rebuild_seq, h.epoch, h.seq
FROM metrics.position p JOIN journal.head h ON h.shop_id = p.shop_id
WHERE p.shop_id = $1
