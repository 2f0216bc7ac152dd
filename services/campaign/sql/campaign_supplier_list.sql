-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Suppliers by id, or the one of that id when it is not empty.
SELECT latest, event_time, revision
FROM campaign.supplier
WHERE shop_id = $1::int4 AND ($2::text = '' OR supplier = $2::text)
ORDER BY supplier
LIMIT $3::int4
