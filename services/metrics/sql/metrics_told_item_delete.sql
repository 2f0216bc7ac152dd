-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Lines that orders no longer have: beyond these many.
DELETE FROM metrics.order_item t
USING unnest($2::text[], $3::int4[]) AS u (order_id, lines)
WHERE t.shop_id = $1 AND t.order_id = u.order_id AND t.line > u.lines
