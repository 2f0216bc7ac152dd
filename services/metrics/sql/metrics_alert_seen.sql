-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The conditions of open alerts of any shops hold still.
UPDATE metrics.alert a
SET seen_at = s.seen_at
FROM unnest($1::int4[], $2::int8[], $3::timestamptz[]) AS s (shop_id, alert_id, seen_at)
WHERE a.shop_id = s.shop_id AND a.alert_id = s.alert_id AND a.ended_at IS NULL
RETURNING a.shop_id, a.alert_id, a.rule, a.kpi, a.dimension, a.key, a.text, a.raised_at, a.seen_at, a.ended_at,
	a.acknowledged_at, a.acknowledged_by, a.version
