-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Of all shops; the table has no bound, so the count has one.
SELECT count(*) FROM (SELECT FROM journal.quarantine LIMIT 100000) AS q
