-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- An offer's reductions by their beginning.
SELECT announced, event_time, ended_time, revision
FROM campaign.reduction
WHERE shop_id = $1::int4 AND sku = $2::text
ORDER BY from_time, event_time, event_id
