-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Price facts are a set. Returned are the offers whose prices changed, and those of other shops that are advertised
-- together with them: their prior price may be another now.
WITH added AS (
	INSERT INTO campaign.price
		(shop_id, event_time, event_id, seq, sku, market, audience, currency, price_gross_minor, perishable)
	SELECT *
	FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::int8[], $5::text[], $6::text[], $7::int2[], $8::text[],
	            $9::int8[], $10::bool[])
	ON CONFLICT DO NOTHING
	RETURNING shop_id, sku
)
SELECT shop_id, sku
FROM added
UNION
SELECT r.shop_id, r.sku
FROM added a
JOIN office.shop s ON s.shop_id = a.shop_id
JOIN campaign.reduction r ON r.sku = a.sku AND r.chain <> '{}' AND s.slug = ANY (r.chain)
