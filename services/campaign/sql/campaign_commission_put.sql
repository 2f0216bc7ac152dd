-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Each statement of a rule.
INSERT INTO campaign.commission (shop_id, event_time, event_id, affiliate, category, rule_id, valid_from, rule)
SELECT DISTINCT ON (shop_id, event_id) *
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::bytea[])
	AS r (shop_id, event_time, event_id, affiliate, category, rule_id, valid_from, rule)
ORDER BY shop_id, event_id
ON CONFLICT (shop_id, event_id) DO NOTHING
