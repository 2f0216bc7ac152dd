-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Shops with messages that are to be judged, going round: those behind $2 first.
SELECT shop_id
FROM campaign.message
WHERE due_ms <= $1::int8
GROUP BY shop_id
ORDER BY shop_id <= $2::int4, shop_id
LIMIT $3::int4
