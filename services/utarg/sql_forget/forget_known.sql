-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Whether a shop's journal holds this erasure.
SELECT EXISTS (SELECT FROM journal.event AS e WHERE e.event_id = $2 AND e.shop_id + 0 = $1)
