-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The campaign's latest directive about an offer ($3 its sku), or about money ($3 empty; 4: STOP_OFFER).
SELECT campaign, latest, event_time, revision
FROM campaign.directive
WHERE shop_id = $1::int4 AND campaign = $2::text AND sku = $3::text AND (action = 4) = ($3::text <> '')
ORDER BY issued_at DESC, revision DESC
LIMIT 1
