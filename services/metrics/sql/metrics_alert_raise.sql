-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- No row when the rule has an open alert already.
INSERT INTO metrics.alert (shop_id, rule, kpi, dimension, key, text, raised_at, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
ON CONFLICT (shop_id, rule) WHERE ended_at IS NULL DO NOTHING
RETURNING shop_id, alert_id, rule, kpi, dimension, key, text, raised_at, seen_at, ended_at, acknowledged_at, acknowledged_by,
	version
