-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
UPDATE journal.quarantine AS q
SET visitor = n.visitor, customer = n.customer, subject = n.subject
FROM ROWS FROM (pg_catalog.unnest($2::int8[]), pg_catalog.unnest($3::bytea[]), pg_catalog.unnest($4::bytea[]),
	pg_catalog.unnest($5::bytea[])) AS n (quarantine_id, visitor, customer, subject)
WHERE q.shop_id = $1 AND q.quarantine_id = n.quarantine_id
