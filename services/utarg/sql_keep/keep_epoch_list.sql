-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- $1 slug, '' for all shops.
SELECT s.slug, p.from_epoch, p.epoch, p.seq, p.raised_at, p.raised_by, p.why
FROM journal.epoch AS p
JOIN office.shop AS s ON s.shop_id = p.shop_id
WHERE $1::text = '' OR s.slug = $1
ORDER BY s.slug, p.epoch
