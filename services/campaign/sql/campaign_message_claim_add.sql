-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What messages have claimed something about is a set.
INSERT INTO campaign.message_claim (shop_id, about, key, message)
SELECT DISTINCT shop_id, about, key, message
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::int2[], $5::text[], $6::text[])
	AS r (shop_id, event_time, event_id, about, key, message)
ON CONFLICT DO NOTHING
