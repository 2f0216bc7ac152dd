-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What is wrong with these messages. No name of a placement holds a line break.
SELECT message, fault, claim, version, sku, since, text, array_to_string(placements, E'\n')
FROM campaign.message_alert
WHERE shop_id = $1::int4 AND message = ANY ($2::text[])
ORDER BY message, fault, claim
