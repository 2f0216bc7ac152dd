-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
SELECT COALESCE((SELECT pg_catalog.sum(seq) FROM metrics.position), 0)::bigint,
	COALESCE((SELECT pg_catalog.sum(seq) FROM journal.head), 0)::bigint
