-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The greatest version that was stated, and when anything was stated last.
SELECT coalesce(max(version), 0), max(event_time)
FROM campaign.channel_rules
WHERE shop_id = $1::int4
