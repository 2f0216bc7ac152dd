-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Consumers that stood in the epoch before ($2) stand in this one ($3): what they know is right as it is.
WITH metrics AS (UPDATE metrics.position AS p SET epoch = $3 WHERE p.shop_id = $1 AND p.epoch = $2)
UPDATE campaign.position AS p SET epoch = $3 WHERE p.shop_id = $1 AND p.epoch = $2
