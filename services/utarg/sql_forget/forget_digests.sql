-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
UPDATE journal.batch AS b
SET subject_digest = n.digest
FROM ROWS FROM (pg_catalog.unnest($2::int8[]), pg_catalog.unnest($3::bytea[])) AS n (last_seq, digest)
WHERE b.shop_id = $1 AND b.last_seq = n.last_seq
