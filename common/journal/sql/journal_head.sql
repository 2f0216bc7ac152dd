-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- $1 shop; without a lock
SELECT h.seq, h.epoch, h.chain FROM journal.head AS h WHERE h.shop_id = $1
