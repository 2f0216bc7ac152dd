-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Shops beyond a number; a page at a time.
SELECT shop_id, slug FROM office.shop WHERE shop_id > $1 ORDER BY shop_id LIMIT $2
