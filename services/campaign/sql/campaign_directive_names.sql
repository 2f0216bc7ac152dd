-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Campaigns behind $2 that have directives.
SELECT DISTINCT campaign
FROM campaign.directive
WHERE shop_id = $1::int4 AND campaign > $2::text
ORDER BY campaign
LIMIT $3::int4
