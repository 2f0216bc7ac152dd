-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The directive's word with the greatest (time, id) counts.
INSERT INTO campaign.directive (shop_id, event_time, event_id, revision, directive_id, campaign, action, sku, state,
                                issued_at, latest)
SELECT DISTINCT ON (shop_id, directive_id) *
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::int8[], $5::text[], $6::text[], $7::int2[], $8::text[],
            $9::int2[], $10::timestamptz[], $11::bytea[])
	AS r (shop_id, event_time, event_id, seq, directive_id, campaign, action, sku, state, issued_at, latest)
ORDER BY shop_id, directive_id, event_time DESC, event_id DESC
ON CONFLICT (shop_id, directive_id) DO UPDATE
SET event_time = EXCLUDED.event_time, event_id = EXCLUDED.event_id, revision = EXCLUDED.revision,
    campaign = EXCLUDED.campaign, action = EXCLUDED.action, sku = EXCLUDED.sku, state = EXCLUDED.state,
    issued_at = EXCLUDED.issued_at, latest = EXCLUDED.latest
WHERE (EXCLUDED.event_time, EXCLUDED.event_id) > (directive.event_time, directive.event_id)
RETURNING shop_id, campaign
