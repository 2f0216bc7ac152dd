-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The report with the greatest (time, id) of a message and placement counts. Its message is to be judged when it says
-- something else than the one before, or when an alert about placements, which tells since when, names the placement.
WITH given AS (
	SELECT DISTINCT ON (shop_id, message, placement) *
	FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::int8[], $7::int8[], $8::text[])
		AS r (shop_id, event_time, event_id, message, placement, version, price_gross_minor, currency)
	ORDER BY shop_id, message, placement, event_time DESC, event_id DESC
), before AS (
	SELECT s.shop_id, s.message, s.placement, s.version, s.price_gross_minor, s.currency
	FROM given g
	JOIN campaign.message_shown s ON s.shop_id = g.shop_id AND s.message = g.message AND s.placement = g.placement
), put AS (
	INSERT INTO campaign.message_shown (shop_id, event_time, event_id, message, placement, version, price_gross_minor,
	                                    currency)
	SELECT * FROM given
	ON CONFLICT (shop_id, message, placement) DO UPDATE
	SET event_time = EXCLUDED.event_time, event_id = EXCLUDED.event_id, version = EXCLUDED.version,
	    price_gross_minor = EXCLUDED.price_gross_minor, currency = EXCLUDED.currency
	WHERE (EXCLUDED.event_time, EXCLUDED.event_id) > (message_shown.event_time, message_shown.event_id)
	RETURNING shop_id, message, placement, version, price_gross_minor, currency
), changed AS (
	SELECT DISTINCT p.shop_id, p.message
	FROM put p
	LEFT JOIN before b ON b.shop_id = p.shop_id AND b.message = p.message AND b.placement = p.placement
	WHERE b.shop_id IS NULL
		OR (b.version, b.price_gross_minor, b.currency) IS DISTINCT FROM (p.version, p.price_gross_minor, p.currency)
		OR EXISTS (SELECT FROM campaign.message_alert a
			WHERE a.shop_id = p.shop_id AND a.message = p.message AND a.claim = 0 AND p.placement = ANY (a.placements))
), due AS (
	UPDATE campaign.message m
	SET due_ms = 0
	FROM changed c
	WHERE m.shop_id = c.shop_id AND m.message = c.message
)
SELECT DISTINCT m.shop_id, m.message
FROM put p
JOIN campaign.message m ON m.shop_id = p.shop_id AND m.message = p.message
