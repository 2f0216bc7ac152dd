-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Which of these figures metrics keeps by campaign, and by which windows.
SELECT kpi, ('day' = ANY (windows))::int, ('week' = ANY (windows))::int, ('month' = ANY (windows))::int
FROM metrics.kpi
WHERE kpi = ANY ($1::text[]) AND 'campaign' = ANY (dimensions)
