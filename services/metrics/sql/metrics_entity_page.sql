-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- All entities of a shop behind a key, in key order.
SELECT kind, key, state, due
FROM metrics.entity
WHERE shop_id = $1 AND (kind, key) > ($2::int2, $3::bytea)
ORDER BY kind, key
LIMIT $4
