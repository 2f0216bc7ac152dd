-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
DELETE FROM metrics.cart t USING unnest($2::text[]) AS u (cart) WHERE t.shop_id = $1 AND t.cart = u.cart
