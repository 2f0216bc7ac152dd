-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What became of a command that was sent before: its id is its event's.
SELECT seq, kind, event_time, payload
FROM journal.event
WHERE event_id = $1::uuid AND shop_id = $2::int4
