-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The same in quarantine.
SELECT q.quarantine_id, q.visitor, q.customer
FROM journal.quarantine AS q
WHERE q.shop_id = $1 AND (q.visitor = ANY ($2::bytea[]) OR q.customer = ANY ($3::bytea[]))
ORDER BY q.quarantine_id
