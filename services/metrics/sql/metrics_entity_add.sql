-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Entities that have no row yet. One that has: 23505, and the checkpoint does not succeed.
INSERT INTO metrics.entity (shop_id, kind, key, state, due)
SELECT $1::int4, u.kind, u.key, u.state, u.due
FROM unnest($2::int2[], $3::bytea[], $4::bytea[], $5::timestamptz[]) AS u (kind, key, state, due)
