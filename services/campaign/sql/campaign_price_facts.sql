-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Price facts of an offer, those that matter: one of a market, audience and currency
-- that says what the last one said changes nothing and is left out, unless it comes at the same instant, where the last
-- one counts. In between may be a word about all currencies (''), and what is perishable is asked of an audience and of
-- all open ones (not 4, AUDIENCE_CLOSED) together.
WITH numbered AS (
	SELECT market, audience, currency, event_time, event_id, seq, price_gross_minor, perishable,
		count(*) FILTER (WHERE currency = '') OVER area AS stretch,
		lag(currency) OVER area AS area_currency,
		lag(perishable) OVER area AS area_perishable,
		lag(perishable) OVER (PARTITION BY market, audience = 4 ORDER BY event_time, event_id) AS open_perishable
	FROM campaign.price
	WHERE shop_id = $1::int4 AND sku = $2::text
	WINDOW area AS (PARTITION BY market, audience ORDER BY event_time, event_id)
), compared AS (
	SELECT *, lag(event_time) OVER series AS series_time, lag(price_gross_minor) OVER series AS series_price
	FROM numbered
	WINDOW series AS (PARTITION BY market, audience, currency, stretch ORDER BY event_time, event_id)
)
SELECT market, audience, currency, event_time, event_id, seq, price_gross_minor, perishable
FROM compared
WHERE CASE WHEN currency = '' THEN area_currency IS DISTINCT FROM ''
		ELSE series_time IS NULL OR series_price IS DISTINCT FROM price_gross_minor OR series_time = event_time END
	OR area_perishable IS DISTINCT FROM perishable OR open_perishable IS DISTINCT FROM perishable
LIMIT $3::int4
