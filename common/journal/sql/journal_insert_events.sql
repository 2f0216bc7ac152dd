-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A few rows: as a statement of a pipeline they cost no round trip of their own, which a COPY does.
INSERT INTO journal.event (shop_id, seq, event_id, kind, event_time, received_at, principal, origin, visitor,
	customer, subject, payload)
SELECT n.shop_id, n.seq, n.event_id, n.kind, n.event_time, n.received_at, n.principal, n.origin, n.visitor,
	n.customer, n.subject, n.payload
FROM unnest($1::int4[], $2::int8[], $3::uuid[], $4::int2[], $5::timestamptz[], $6::timestamptz[], $7::text[],
	$8::int2[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[])
	AS n (shop_id, seq, event_id, kind, event_time, received_at, principal, origin, visitor, customer, subject,
		payload)
