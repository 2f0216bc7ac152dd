-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Which of these coupons were applied.
SELECT coupon
FROM campaign.coupon
WHERE shop_id = $1::int4 AND coupon = ANY ($2::text[])
