-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Who starts beside us waits, and then writes the same.
LOCK TABLE metrics.kpi IN SHARE ROW EXCLUSIVE MODE
