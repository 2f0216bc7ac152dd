-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Whoever is first has acknowledged it.
UPDATE metrics.alert
SET version = version + (acknowledged_at IS NULL)::int, acknowledged_at = coalesce(acknowledged_at, $3),
	acknowledged_by = coalesce(acknowledged_by, $4)
WHERE shop_id = $1 AND alert_id = $2
RETURNING shop_id, alert_id, rule, kpi, dimension, key, text, raised_at, seen_at, ended_at, acknowledged_at, acknowledged_by,
	version
