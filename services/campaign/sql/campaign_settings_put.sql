-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The projection of shop_settings_changed: the greatest (time, id) counts. Another zone or currency is another fact
-- for all that messages claim: they are to be judged.
WITH put AS (
UPDATE office.shop s
SET name = n.name, currency = n.currency, zone = n.zone, settings = n.settings, settings_time = n.event_time,
    settings_id = n.event_id, settings_seq = n.seq
FROM (
	SELECT DISTINCT ON (shop_id) *
	FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::int8[], $5::text[], $6::text[], $7::text[],
	            $8::bytea[]) AS r (shop_id, event_time, event_id, seq, name, currency, zone, settings)
	ORDER BY shop_id, event_time DESC, event_id DESC
) n
WHERE s.shop_id = n.shop_id AND (n.event_time, n.event_id) > (s.settings_time, s.settings_id)
RETURNING s.shop_id, s.slug
), due AS (
UPDATE campaign.message m SET due_ms = 0 FROM put p WHERE m.shop_id = p.shop_id AND m.state = 1
)
SELECT shop_id, slug FROM put
