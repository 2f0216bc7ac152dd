-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- $1 shop, $2 first link of its chain
INSERT INTO journal.head (shop_id, seq, epoch, chain) VALUES ($1, 0, 1, $2)
