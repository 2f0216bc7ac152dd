-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Minutes are kept for 48 hours; grain 1 is FOLD_MINUTE.
DELETE FROM metrics.cell WHERE shop_id = ANY ($1::int4[]) AND grain = 1 AND bucket < $2
