-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A transaction that begins with its rows: one round trip instead of two.
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
COPY journal.event (shop_id, seq, event_id, kind, event_time, received_at, principal, origin, visitor, customer,
	subject, payload)
FROM STDIN (FORMAT BINARY)
