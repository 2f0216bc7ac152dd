-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
COPY journal.event (shop_id, seq, event_id, kind, event_time, received_at, principal, origin, visitor, customer,
	subject, payload)
FROM STDIN (FORMAT BINARY)
