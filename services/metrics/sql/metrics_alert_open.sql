-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What is open in these shops.
SELECT shop_id, alert_id, rule, kpi, dimension, key, text, raised_at, seen_at, ended_at, acknowledged_at, acknowledged_by,
	version
FROM metrics.alert
WHERE shop_id = ANY ($1::int4[]) AND ended_at IS NULL
ORDER BY shop_id, rule
