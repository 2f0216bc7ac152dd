-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- All history of a shop behind a key, in key order.
SELECT day, seq, received_at, reason, changes
FROM metrics.day_history
WHERE shop_id = $1 AND (day, seq) > ($2::timestamptz, $3::int8)
ORDER BY day, seq
LIMIT $4
