-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Each statement of a key.
INSERT INTO campaign.affiliate_key (shop_id, event_time, event_id, valid_from, public_key)
SELECT DISTINCT ON (shop_id, event_id) *
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::timestamptz[], $5::bytea[])
	AS r (shop_id, event_time, event_id, valid_from, public_key)
ORDER BY shop_id, event_id
ON CONFLICT (shop_id, event_id) DO NOTHING
