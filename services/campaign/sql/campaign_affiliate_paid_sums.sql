-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What was paid in all, a row a partner and currency. A sum beyond 64 bits stops at the edge.
SELECT affiliate, currency, least(greatest(sum(amount_minor), -9223372036854775807), 9223372036854775807)::int8
FROM campaign.affiliate_paid
WHERE shop_id = $1::int4 AND ($2::text = '' OR affiliate = $2::text)
GROUP BY affiliate, currency
ORDER BY affiliate, currency
