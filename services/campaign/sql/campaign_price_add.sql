-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Price facts are a set.
INSERT INTO campaign.price (shop_id, event_time, event_id, seq, sku, market, audience, currency, price_gross_minor)
SELECT *
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::int8[], $5::text[], $6::text[], $7::int2[], $8::text[],
            $9::int8[])
ON CONFLICT DO NOTHING
