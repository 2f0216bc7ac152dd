-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- $1 slug, '' for all shops; those behind id $2, at most $3. A shop that is gone leaves its slug empty.
SELECT q.quarantine_id, coalesce(s.slug, ''), q.event_id, q.received_at, q.event_time, q.principal, q.origin, q.code,
	q.sentence, q.subject, q.payload
FROM journal.quarantine AS q
LEFT JOIN office.shop AS s ON s.shop_id = q.shop_id
WHERE ($1::text = '' OR s.slug = $1) AND q.quarantine_id > $2
ORDER BY q.quarantine_id
LIMIT $3::int8
