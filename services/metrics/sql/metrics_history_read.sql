-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What changed days from $2 on, before $3, when $3 had come: latest first, with what the journal knows of the event.
SELECT h.day, h.seq, h.received_at, h.reason, h.changes, e.kind, e.event_id
FROM metrics.day_history h
LEFT JOIN LATERAL (
	SELECT j.kind, j.event_id FROM journal.event j WHERE j.shop_id = $1 AND j.seq = h.seq
) e ON true
WHERE h.shop_id = $1 AND h.day >= $2 AND h.day < $3 AND h.received_at >= $3
ORDER BY h.seq DESC, h.day DESC
LIMIT $4
