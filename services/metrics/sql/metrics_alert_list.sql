-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The latest alerts of a shop; $2: those that are over, too.
SELECT shop_id, alert_id, rule, kpi, dimension, key, text, raised_at, seen_at, ended_at, acknowledged_at, acknowledged_by,
	version
FROM metrics.alert
WHERE shop_id = $1 AND ($2::bool OR ended_at IS NULL)
ORDER BY alert_id DESC
LIMIT $3
