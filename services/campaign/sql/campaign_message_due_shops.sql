-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- All published messages of these shops are to be judged: their zone or currency may be another one.
UPDATE campaign.message m
SET due_ms = 0
WHERE m.shop_id = ANY ($1::int4[]) AND m.state = 1 AND m.due_ms IS DISTINCT FROM 0
