-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Coupons that were applied are a set; messages that claim a new one are to be judged.
WITH new AS (
	INSERT INTO campaign.coupon (shop_id, coupon)
	SELECT DISTINCT shop_id, coupon
	FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::text[]) AS r (shop_id, event_time, event_id, coupon)
	ON CONFLICT DO NOTHING
	RETURNING shop_id, coupon
)
UPDATE campaign.message m
SET due_ms = 0
FROM new n
JOIN campaign.message_claim c ON c.shop_id = n.shop_id AND c.about = 2 AND c.key = n.coupon
WHERE m.shop_id = c.shop_id AND m.message = c.message
