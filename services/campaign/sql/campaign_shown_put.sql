-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The report with the greatest (time, id) of a message and placement counts; its message is to be judged.
WITH put AS (
	INSERT INTO campaign.message_shown (shop_id, event_time, event_id, message, placement, version, price_gross_minor,
	                                    currency)
	SELECT DISTINCT ON (shop_id, message, placement) *
	FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::int8[], $7::int8[], $8::text[])
		AS r (shop_id, event_time, event_id, message, placement, version, price_gross_minor, currency)
	ORDER BY shop_id, message, placement, event_time DESC, event_id DESC
	ON CONFLICT (shop_id, message, placement) DO UPDATE
	SET event_time = EXCLUDED.event_time, event_id = EXCLUDED.event_id, version = EXCLUDED.version,
	    price_gross_minor = EXCLUDED.price_gross_minor, currency = EXCLUDED.currency
	WHERE (EXCLUDED.event_time, EXCLUDED.event_id) > (message_shown.event_time, message_shown.event_id)
	RETURNING shop_id, message
)
UPDATE campaign.message m
SET due_ms = 0
FROM (SELECT DISTINCT shop_id, message FROM put) p
WHERE m.shop_id = p.shop_id AND m.message = p.message
RETURNING m.shop_id, m.message
