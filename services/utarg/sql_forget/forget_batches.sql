-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The batches in which these events came.
SELECT DISTINCT b.first_seq, b.last_seq
FROM pg_catalog.unnest($2::int8[]) AS n (seq)
CROSS JOIN LATERAL (
	SELECT a.first_seq, a.last_seq
	FROM journal.batch AS a
	WHERE a.shop_id = $1 AND a.last_seq >= n.seq
	ORDER BY a.last_seq
	LIMIT 1
) AS b
ORDER BY b.last_seq
