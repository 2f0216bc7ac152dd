-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- One page of a shop's events: $1 shop, those behind $2, at most $3 (a range of seqs: no plan meets others).
SELECT e.seq, e.event_id, e.kind, e.event_time, e.received_at, e.principal, e.origin, e.visitor, e.customer,
	e.subject, e.payload
FROM journal.event AS e
WHERE e.shop_id = $1 AND e.seq > $2 AND e.seq <= $2 + $3::int8
ORDER BY e.seq
