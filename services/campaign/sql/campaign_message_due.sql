-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Shops with messages that are to be judged.
SELECT DISTINCT shop_id
FROM campaign.message
WHERE due_ms <= $1::int8
ORDER BY shop_id
LIMIT $2::int4
