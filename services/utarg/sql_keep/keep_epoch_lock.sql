-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- $1 slug, '' for all shops. Heads are locked in shop order, as every append does; nobody appends until commit.
SELECT h.shop_id
FROM journal.head AS h
WHERE $1::text = '' OR h.shop_id = (SELECT s.shop_id FROM office.shop AS s WHERE s.slug = $1)
ORDER BY h.shop_id
FOR UPDATE OF h
