-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What the clock will change up to an instant, earliest first.
SELECT kind, key, state, due
FROM metrics.entity
WHERE shop_id = $1 AND due IS NOT NULL AND due <= $2
ORDER BY due, kind, key
LIMIT $3
