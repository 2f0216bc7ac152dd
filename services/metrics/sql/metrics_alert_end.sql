-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The open alert of a rule is over.
UPDATE metrics.alert
SET ended_at = $3, version = version + 1
WHERE shop_id = $1 AND rule = $2 AND ended_at IS NULL
RETURNING shop_id, alert_id, rule, kpi, dimension, key, text, raised_at, seen_at, ended_at, acknowledged_at, acknowledged_by,
	version
