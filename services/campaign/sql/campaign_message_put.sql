-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The publication or withdrawal with the greatest (time, id) counts; it is to be judged.
INSERT INTO campaign.message (shop_id, event_time, event_id, revision, message, state, latest, due_ms)
SELECT DISTINCT ON (shop_id, message) *, 0::int8
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::int8[], $5::text[], $6::int2[], $7::bytea[])
	AS r (shop_id, event_time, event_id, seq, message, state, latest)
ORDER BY shop_id, message, event_time DESC, event_id DESC
ON CONFLICT (shop_id, message) DO UPDATE
SET event_time = EXCLUDED.event_time, event_id = EXCLUDED.event_id, revision = EXCLUDED.revision,
    state = EXCLUDED.state, latest = EXCLUDED.latest, due_ms = 0
WHERE (EXCLUDED.event_time, EXCLUDED.event_id) > (message.event_time, message.event_id)
RETURNING shop_id, message
