-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
DELETE FROM metrics.entity e
USING unnest($2::int2[], $3::bytea[]) AS u (kind, key)
WHERE e.shop_id = $1 AND e.kind = u.kind AND e.key = u.key
