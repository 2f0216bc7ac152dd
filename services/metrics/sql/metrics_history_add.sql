-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What events changed of days that were over. An event is folded once: a row that is there is a mistake (23505).
INSERT INTO metrics.day_history (shop_id, day, seq, received_at, reason, changes)
SELECT $1::int4, u.day, u.seq, u.received_at, u.reason, u.changes
FROM unnest($2::timestamptz[], $3::int8[], $4::timestamptz[], $5::int2[], $6::bytea[])
	AS u (day, seq, received_at, reason, changes)
