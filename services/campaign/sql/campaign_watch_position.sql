-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Up to what event a shop's tables are true.
SELECT seq
FROM campaign.position
WHERE shop_id = $1::int4
