-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The key that clicks at $2 are checked with.
SELECT public_key, valid_from
FROM campaign.affiliate_key
WHERE shop_id = $1::int4 AND valid_from <= $2::timestamptz
ORDER BY valid_from DESC, event_time DESC, event_id DESC
LIMIT 1
