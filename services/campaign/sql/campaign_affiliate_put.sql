-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The partner with the greatest (time, id) counts.
INSERT INTO campaign.affiliate (shop_id, event_time, event_id, revision, affiliate, latest)
SELECT DISTINCT ON (shop_id, affiliate) *
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::int8[], $5::text[], $6::bytea[])
	AS r (shop_id, event_time, event_id, seq, affiliate, latest)
ORDER BY shop_id, affiliate, event_time DESC, event_id DESC
ON CONFLICT (shop_id, affiliate) DO UPDATE
SET event_time = EXCLUDED.event_time, event_id = EXCLUDED.event_id, revision = EXCLUDED.revision,
    latest = EXCLUDED.latest
WHERE (EXCLUDED.event_time, EXCLUDED.event_id) > (affiliate.event_time, affiliate.event_id)
