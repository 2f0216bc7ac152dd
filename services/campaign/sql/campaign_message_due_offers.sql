-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Published messages that have claimed something about these offers are to be judged.
UPDATE campaign.message m
SET due_ms = 0
FROM (SELECT DISTINCT shop_id, sku FROM unnest($1::int4[], $2::text[]) AS r (shop_id, sku)) o
JOIN campaign.message_claim c ON c.shop_id = o.shop_id AND c.about = 1 AND c.key = o.sku
WHERE m.shop_id = c.shop_id AND m.message = c.message AND m.state = 1 AND m.due_ms IS DISTINCT FROM 0
