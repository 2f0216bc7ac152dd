-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The condition of an open alert holds still.
UPDATE metrics.alert
SET seen_at = $3
WHERE shop_id = $1 AND alert_id = $2 AND ended_at IS NULL
RETURNING shop_id, alert_id, rule, kpi, dimension, key, text, raised_at, seen_at, ended_at, acknowledged_at, acknowledged_by,
	version
