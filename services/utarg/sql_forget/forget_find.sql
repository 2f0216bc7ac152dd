-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Events above $2 up to $3 that name one of these visitors ($4) or customers ($5); $6 as $5 of forget_beside.
SELECT e.seq, e.visitor, e.customer
FROM journal.event AS e
WHERE e.shop_id = $1 AND e.seq > $2::int8 AND e.seq <= $3::int8
	AND (e.visitor = ANY ($4::bytea[]) OR e.customer = ANY ($5::bytea[]))
	AND ($6::timestamptz IS NULL OR e.event_time <= $6 OR e.received_at <= $6)
ORDER BY e.seq
