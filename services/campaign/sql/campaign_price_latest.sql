-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What was said last about the prices of offers, by market, audience and currency; no currency: of all of them. A
-- null price: out of sale.
SELECT DISTINCT ON (sku, market, audience, currency)
	sku, market, audience, currency, event_time, event_id, seq, price_gross_minor
FROM campaign.price
WHERE shop_id = $1::int4 AND sku = ANY ($2::text[])
ORDER BY sku, market, audience, currency, event_time DESC, event_id DESC
