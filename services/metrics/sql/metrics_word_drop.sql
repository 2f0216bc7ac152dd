-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What the numbers meant to another version.
WITH term AS (DELETE FROM metrics.kpi_term), dimension AS (DELETE FROM metrics.dimension)
DELETE FROM metrics.kpi
