-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A shop by its slug and where its journal ends.
SELECT s.shop_id, s.settings, h.seq
FROM office.shop AS s
JOIN journal.head AS h ON h.shop_id = s.shop_id
WHERE s.slug = $1
