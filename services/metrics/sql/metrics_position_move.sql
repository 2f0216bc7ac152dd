-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Compare and set. The as-of minute is compared too: two instances that only move the clock must not both
-- add what the clock changed. No row: another instance has been here.
UPDATE metrics.position SET epoch = $5, seq = $6, as_of = $7, rebuild_seq = $8
WHERE shop_id = $1 AND epoch = $2 AND seq = $3 AND as_of = $4
RETURNING shop_id
