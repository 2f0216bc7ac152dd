-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- One erasure at a time: what is read before the heads are locked must not be changed by another one.
SELECT pg_catalog.pg_advisory_lock(6020714215)
