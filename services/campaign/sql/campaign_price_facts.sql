-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- All price facts of an offer.
SELECT market, audience, currency, event_time, event_id, seq, price_gross_minor, perishable
FROM campaign.price
WHERE shop_id = $1::int4 AND sku = $2::text
LIMIT $3::int4
