-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The campaign with the greatest (time, id) counts.
INSERT INTO campaign.campaign (shop_id, event_time, event_id, revision, campaign, latest, state, skus)
SELECT DISTINCT ON (shop_id, campaign) *
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::int8[], $5::text[], $6::bytea[], $7::int2[],
            $8::text[])
	AS r (shop_id, event_time, event_id, seq, campaign, latest, state, skus)
ORDER BY shop_id, campaign, event_time DESC, event_id DESC
ON CONFLICT (shop_id, campaign) DO UPDATE
SET event_time = EXCLUDED.event_time, event_id = EXCLUDED.event_id, revision = EXCLUDED.revision,
    latest = EXCLUDED.latest, state = EXCLUDED.state, skus = EXCLUDED.skus
WHERE (EXCLUDED.event_time, EXCLUDED.event_id) > (campaign.event_time, campaign.event_id)
RETURNING shop_id, campaign
