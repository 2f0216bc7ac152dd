-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The thresholds of these shops.
SELECT shop_id, rule, kpi, dimension, key, direction, value, "window"
FROM metrics.alert_rule
WHERE shop_id = ANY ($1::int4[])
ORDER BY shop_id, rule
