-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A page of what is open in these shops: what comes after ($2, $3), at most $4.
SELECT shop_id, alert_id, rule, kpi, dimension, key, text, raised_at, seen_at, ended_at, acknowledged_at, acknowledged_by,
	version
FROM metrics.alert
WHERE shop_id = ANY ($1::int4[]) AND ended_at IS NULL AND (shop_id, rule) > ($2::int4, $3::text)
ORDER BY shop_id, rule
LIMIT $4
