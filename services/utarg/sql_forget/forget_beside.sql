-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The visitors seen beside these customers ($4), in events above $2 up to $3 and in quarantine. $5: in what happened
-- or came in up to then; null: whenever.
SELECT e.visitor
FROM journal.event AS e
WHERE e.shop_id = $1 AND e.seq > $2::int8 AND e.seq <= $3::int8 AND e.customer = ANY ($4::bytea[]) AND e.visitor IS NOT NULL
	AND ($5::timestamptz IS NULL OR e.event_time <= $5 OR e.received_at <= $5)
UNION
SELECT q.visitor
FROM journal.quarantine AS q
WHERE q.shop_id = $1 AND q.customer = ANY ($4::bytea[]) AND q.visitor IS NOT NULL
