-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
WITH session AS (DELETE FROM metrics.session AS t WHERE t.shop_id = $1),
	cart AS (DELETE FROM metrics.cart AS t WHERE t.shop_id = $1),
	item AS (DELETE FROM metrics.order_item AS t WHERE t.shop_id = $1)
DELETE FROM metrics."order" AS t WHERE t.shop_id = $1
