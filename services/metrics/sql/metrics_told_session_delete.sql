-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
DELETE FROM metrics.session t
USING unnest($2::text[], $3::timestamptz[]) AS u (visitor, first_at)
WHERE t.shop_id = $1 AND t.visitor = u.visitor AND t.first_at = u.first_at
