-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A rule of that name is replaced. When it says something else now, what the old one had raised is over.
WITH put AS (
	INSERT INTO metrics.alert_rule AS r (shop_id, rule, kpi, dimension, key, direction, value, "window")
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
	ON CONFLICT (shop_id, rule) DO UPDATE
	SET kpi = EXCLUDED.kpi, dimension = EXCLUDED.dimension, key = EXCLUDED.key, direction = EXCLUDED.direction,
		value = EXCLUDED.value, "window" = EXCLUDED."window"
	WHERE (r.kpi, r.dimension, r.key, r.direction, r.value, r."window")
		<> (EXCLUDED.kpi, EXCLUDED.dimension, EXCLUDED.key, EXCLUDED.direction, EXCLUDED.value, EXCLUDED."window")
	RETURNING r.shop_id, r.rule
)
UPDATE metrics.alert a
SET ended_at = $9, version = a.version + 1
FROM put
WHERE a.shop_id = put.shop_id AND a.rule = put.rule AND a.ended_at IS NULL
RETURNING a.shop_id, a.alert_id, a.rule, a.kpi, a.dimension, a.key, a.text, a.raised_at, a.seen_at, a.ended_at,
	a.acknowledged_at, a.acknowledged_by, a.version
