-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
SELECT q.quarantine_id, coalesce(s.slug, ''), q.event_id, q.received_at, q.event_time, q.principal, q.origin, q.code,
	q.sentence, q.subject, q.payload
FROM journal.quarantine AS q
LEFT JOIN office.shop AS s ON s.shop_id = q.shop_id
WHERE q.quarantine_id = $1
