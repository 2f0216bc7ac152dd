-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
SELECT pg_catalog.count(*)
FROM pg_catalog.pg_stat_activity
WHERE usename IN ('utarg_metrics', 'utarg_campaign') AND xact_start IS NOT NULL
