-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Messages by name behind $2.
SELECT m.message, m.latest, m.state, m.event_time, m.revision, p.seq
FROM campaign.message m
JOIN campaign.position p ON p.shop_id = m.shop_id
WHERE m.shop_id = $1::int4 AND m.message > $2::text
ORDER BY m.message
LIMIT $3::int4
