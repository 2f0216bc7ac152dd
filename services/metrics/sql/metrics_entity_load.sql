-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One row a key, in the order asked; state is null where there is none.
SELECT e.state, e.due
FROM unnest($2::int2[], $3::bytea[]) WITH ORDINALITY AS k (kind, key, n)
LEFT JOIN metrics.entity e ON e.shop_id = $1 AND e.kind = k.kind AND e.key = k.key
ORDER BY k.n
