-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The first end counts: a decision looks before it ends one.
UPDATE campaign.reduction r
SET ended_time = n.event_time, revision = n.seq
FROM (
	SELECT DISTINCT ON (shop_id, reduction) *
	FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::int8[], $5::text[])
		AS r (shop_id, event_time, event_id, seq, reduction)
	ORDER BY shop_id, reduction, event_time, event_id
) n
WHERE r.shop_id = n.shop_id AND r.reduction = n.reduction AND r.ended_time IS NULL
RETURNING r.shop_id, r.sku
