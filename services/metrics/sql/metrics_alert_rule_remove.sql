-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
DELETE FROM metrics.alert_rule WHERE shop_id = $1 AND rule = $2 RETURNING rule
