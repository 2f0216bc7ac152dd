-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- An announcement. Its id is new: the decision has looked.
INSERT INTO campaign.reduction
	(shop_id, event_time, event_id, revision, reduction, sku, from_time, until_time, chain, announced)
SELECT shop_id, event_time, event_id, seq, reduction, sku, from_time, until_time,
	coalesce(string_to_array(nullif(chain, ''), '/'), '{}'), announced
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::int8[], $5::text[], $6::text[], $7::timestamptz[],
            $8::timestamptz[], $9::text[], $10::bytea[])
	AS r (shop_id, event_time, event_id, seq, reduction, sku, from_time, until_time, chain, announced)
ON CONFLICT DO NOTHING
RETURNING shop_id, sku
