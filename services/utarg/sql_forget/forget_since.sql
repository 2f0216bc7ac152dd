-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Events of somebody new who is called as somebody erased was ($4): they came after the erasure ($2), or, when it was
-- done again, happened and came in after it was done first ($3).
SELECT e.seq
FROM journal.event AS e
WHERE e.shop_id = $1 AND (e.visitor = ANY ($4::bytea[]) OR e.customer = ANY ($4::bytea[]))
	AND (e.seq > $2::int8 OR ($3::timestamptz IS NOT NULL AND e.event_time > $3 AND e.received_at > $3))
