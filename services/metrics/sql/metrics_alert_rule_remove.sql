-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A rule goes, and what it had raised is over. One row when there was such a rule; alert 0: none was open.
WITH gone AS (
	DELETE FROM metrics.alert_rule WHERE shop_id = $1 AND rule = $2 RETURNING shop_id, rule
), over AS (
	UPDATE metrics.alert a
	SET ended_at = $3, version = a.version + 1
	FROM gone
	WHERE a.shop_id = gone.shop_id AND a.rule = gone.rule AND a.ended_at IS NULL
	RETURNING a.*
)
SELECT g.shop_id, coalesce(o.alert_id, 0), g.rule, o.kpi, coalesce(o.dimension, 0::int2), o.key, o.text, o.raised_at,
	o.seen_at, o.ended_at, o.acknowledged_at, o.acknowledged_by, coalesce(o.version, 0)
FROM gone g
LEFT JOIN over o ON true
