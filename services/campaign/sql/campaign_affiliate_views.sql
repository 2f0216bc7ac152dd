-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Partners by name; the one of that name when it is not "".
SELECT latest, event_time, revision
FROM campaign.affiliate
WHERE shop_id = $1::int4 AND ($2::text = '' OR affiliate = $2::text)
ORDER BY affiliate
