-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Until the end of the transaction: an append that must wait longer gives up, backs off and comes again.
SELECT pg_catalog.set_config('lock_timeout', '200ms', true)
