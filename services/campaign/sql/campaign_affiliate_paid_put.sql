-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Each line of a payout, once.
INSERT INTO campaign.affiliate_paid (shop_id, event_time, event_id, affiliate, order_id, rule_id, currency, amount_minor)
SELECT DISTINCT ON (shop_id, affiliate, order_id, rule_id, event_id) *
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int8[])
	AS r (shop_id, event_time, event_id, affiliate, order_id, rule_id, currency, amount_minor)
ORDER BY shop_id, affiliate, order_id, rule_id, event_id
ON CONFLICT (shop_id, affiliate, order_id, rule_id, event_id) DO NOTHING
