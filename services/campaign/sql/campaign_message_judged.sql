-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The verdict on one message takes the place of the one before; tells how many alerts are other ones. $3: when it is
-- to be judged again. Placements come joined by line breaks, which none of their names holds.
WITH found AS (
	SELECT fault, claim, version, sku, since, text, string_to_array(placements, E'\n') AS placements
	FROM unnest($4::int2[], $5::int4[], $6::int8[], $7::text[], $8::timestamptz[], $9::text[], $10::text[])
		AS r (fault, claim, version, sku, since, text, placements)
), gone AS (
	DELETE FROM campaign.message_alert a
	WHERE a.shop_id = $1::int4 AND a.message = $2::text
		AND NOT EXISTS (SELECT FROM found f WHERE f.fault = a.fault AND f.claim = a.claim)
	RETURNING 1
), put AS (
	INSERT INTO campaign.message_alert AS a (shop_id, message, fault, claim, version, sku, since, text, placements)
	SELECT $1::int4, $2::text, fault, claim, version, sku, since, text, placements
	FROM found
	ON CONFLICT (shop_id, message, fault, claim) DO UPDATE
	SET version = EXCLUDED.version, sku = EXCLUDED.sku, since = EXCLUDED.since, text = EXCLUDED.text,
	    placements = EXCLUDED.placements
	WHERE (a.version, a.sku, a.since, a.text, a.placements) IS DISTINCT FROM
		(EXCLUDED.version, EXCLUDED.sku, EXCLUDED.since, EXCLUDED.text, EXCLUDED.placements)
	RETURNING 1
), judged AS (
	UPDATE campaign.message m SET due_ms = $3::int8 WHERE m.shop_id = $1::int4 AND m.message = $2::text
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put)
