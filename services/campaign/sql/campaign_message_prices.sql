-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- All price facts of these offers, by sku.
SELECT sku, market, audience, currency, event_time, event_id, seq, price_gross_minor, perishable::int
FROM campaign.price
WHERE shop_id = $1::int4 AND sku = ANY ($2::text[])
ORDER BY sku
LIMIT $3::int4
