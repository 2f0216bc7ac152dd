-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Shops by slug, or the one of that slug when it is not empty.
SELECT s.shop_id, s.slug, s.settings, s.created_at, h.epoch, h.seq
FROM office.shop s
JOIN journal.head h ON h.shop_id = s.shop_id
WHERE $1::text = '' OR s.slug = $1::text
ORDER BY s.slug
LIMIT 10001
