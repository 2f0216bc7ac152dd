-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
DELETE FROM metrics.day_history WHERE shop_id = $1
