-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Where and in what money a shop counts.
SELECT zone, currency
FROM office.shop
WHERE shop_id = $1::int4
