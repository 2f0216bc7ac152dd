-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Which of these shops have something due.
SELECT u.shop_id
FROM unnest($1::int4[]) AS u (shop_id)
WHERE EXISTS (
	SELECT FROM metrics.entity e WHERE e.shop_id = u.shop_id AND e.due IS NOT NULL AND e.due <= $2
)
