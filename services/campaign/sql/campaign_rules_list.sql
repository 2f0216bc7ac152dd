-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- All statements about channel rules; the first that is valid at an instant counts then.
SELECT latest, revision, event_time
FROM campaign.channel_rules
WHERE shop_id = $1::int4
ORDER BY valid_from DESC, event_time DESC, event_id DESC
LIMIT $2::int4
