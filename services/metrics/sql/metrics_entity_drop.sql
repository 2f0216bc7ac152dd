-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- All of a shop's state but one kind (0: nothing is kept).
DELETE FROM metrics.entity WHERE shop_id = $1 AND kind <> $2
