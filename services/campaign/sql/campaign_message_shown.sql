-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What placements have said last about these messages.
SELECT message, placement, version, price_gross_minor, currency, event_time
FROM campaign.message_shown
WHERE shop_id = $1::int4 AND message = ANY ($2::text[])
ORDER BY message, placement
