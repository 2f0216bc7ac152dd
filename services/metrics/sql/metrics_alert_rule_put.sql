-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A rule of that name is replaced.
INSERT INTO metrics.alert_rule (shop_id, rule, kpi, dimension, key, direction, value, "window")
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (shop_id, rule) DO UPDATE
SET kpi = EXCLUDED.kpi, dimension = EXCLUDED.dimension, key = EXCLUDED.key, direction = EXCLUDED.direction,
	value = EXCLUDED.value, "window" = EXCLUDED."window"
