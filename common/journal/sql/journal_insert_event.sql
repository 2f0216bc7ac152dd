-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- One event; see journal_insert_events.
INSERT INTO journal.event (shop_id, seq, event_id, kind, event_time, received_at, principal, origin, visitor,
	customer, subject, payload)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
