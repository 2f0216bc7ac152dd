-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A shop and others by slug, in the order of the slugs: zone, currency, where its prices are known up to, its head.
SELECT s.shop_id, s.slug, s.zone, s.currency, coalesce(p.seq, 0), h.seq
FROM office.shop s
JOIN journal.head h ON h.shop_id = s.shop_id
LEFT JOIN campaign.position p ON p.shop_id = s.shop_id
WHERE s.shop_id = $1::int4 OR s.slug = ANY ($2::text[])
ORDER BY s.shop_id <> $1::int4, array_position($2::text[], s.slug)
