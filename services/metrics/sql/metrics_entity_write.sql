-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- In key order, so that two instances wait for each other instead of locking each other out.
INSERT INTO metrics.entity AS e (shop_id, kind, key, state, due)
SELECT $1::int4, u.kind, u.key, u.state, u.due
FROM unnest($2::int2[], $3::bytea[], $4::bytea[], $5::timestamptz[]) AS u (kind, key, state, due)
ORDER BY u.kind, u.key
ON CONFLICT (shop_id, kind, key) DO UPDATE SET state = EXCLUDED.state, due = EXCLUDED.due
