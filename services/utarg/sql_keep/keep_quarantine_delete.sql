-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
DELETE FROM journal.quarantine WHERE quarantine_id = $1
