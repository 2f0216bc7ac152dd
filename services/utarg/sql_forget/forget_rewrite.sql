-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Gives events other names and subjects that hold no more than these. The only UPDATE of journal.event there is.
UPDATE journal.event AS e
SET visitor = n.visitor, customer = n.customer, subject = n.subject
FROM ROWS FROM (pg_catalog.unnest($2::int8[]), pg_catalog.unnest($3::bytea[]), pg_catalog.unnest($4::bytea[]),
	pg_catalog.unnest($5::bytea[])) AS n (seq, visitor, customer, subject)
WHERE e.shop_id = $1 AND e.seq = n.seq
