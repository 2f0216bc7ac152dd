-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What was paid before for lines of the ledger, by their place in the lists. A sum beyond 64 bits stops at the edge.
SELECT r.place::int8, least(greatest(sum(p.amount_minor), -9223372036854775807), 9223372036854775807)::int8
FROM unnest($4::text[], $5::text[]) WITH ORDINALITY AS r (order_id, rule_id, place)
JOIN campaign.affiliate_paid p ON p.shop_id = $1::int4 AND p.affiliate = $2::text AND p.order_id = r.order_id
	AND p.rule_id = r.rule_id AND p.currency = $3::text
GROUP BY r.place
