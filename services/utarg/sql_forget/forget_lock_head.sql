-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Nobody appends to the shop until commit; waits its turn.
SELECT h.seq FROM journal.head AS h WHERE h.shop_id = $1 FOR UPDATE
