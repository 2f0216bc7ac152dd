-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What a batch's subject digest covers.
SELECT e.seq, e.visitor, e.customer, e.subject
FROM journal.event AS e
WHERE e.shop_id = $1 AND e.seq BETWEEN $2::int8 AND $3::int8
ORDER BY e.seq
