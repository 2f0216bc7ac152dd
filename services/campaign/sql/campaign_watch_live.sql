-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Campaigns that the clock may move or somebody advertises for: approved, running, paused, exhausted.
SELECT shop_id, campaign
FROM campaign.campaign
WHERE state BETWEEN 2 AND 5
ORDER BY shop_id, campaign
