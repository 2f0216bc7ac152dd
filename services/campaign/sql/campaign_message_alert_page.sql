-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What is wrong with the messages of a shop, or with one of them; the row without a message tells the position.
SELECT a.message, a.fault, a.claim, a.version, a.sku, a.since, a.text, array_to_string(a.placements, E'\n'), p.seq
FROM campaign.position p
LEFT JOIN campaign.message_alert a ON a.shop_id = p.shop_id AND ($2::text = '' OR a.message = $2::text)
WHERE p.shop_id = $1::int4
ORDER BY a.message, a.fault, a.claim
LIMIT $3::int4
