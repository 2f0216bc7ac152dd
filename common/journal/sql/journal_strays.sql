-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- An event of shop $1 that no batch up to seq $2 can hold; null: there is none.
SELECT min(e.seq)
FROM journal.event AS e
WHERE e.shop_id = $1 AND (e.seq < 1 OR e.seq > $2)
