-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Offers of which a reduction began or came to the end it was announced with, after $1 and up to $2.
SELECT shop_id, sku
FROM campaign.reduction
WHERE from_time > $1::timestamptz AND from_time <= $2::timestamptz
UNION
SELECT shop_id, sku
FROM campaign.reduction
WHERE until_time > $1::timestamptz AND until_time <= $2::timestamptz
