-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Stock of offers by location.
SELECT sku, location, quantity, event_time, revision
FROM campaign.stock
WHERE shop_id = $1::int4 AND sku = ANY ($2::text[])
ORDER BY sku, location
