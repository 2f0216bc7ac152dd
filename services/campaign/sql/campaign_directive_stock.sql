-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What is in stock of the offers a campaign advertises, as far as anybody said.
SELECT s.sku, s.quantity, s.revision
FROM campaign.campaign c
CROSS JOIN LATERAL (
	SELECT sku, sum(quantity)::int8 AS quantity, max(revision) AS revision
	FROM campaign.stock
	WHERE shop_id = c.shop_id AND sku = ANY (string_to_array(c.skus, E'\n'))
	GROUP BY sku
) s
WHERE c.shop_id = $1::int4 AND c.campaign = $2::text
ORDER BY s.sku
