-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Running campaigns of a shop that advertise one of these offers.
SELECT campaign
FROM campaign.campaign
WHERE shop_id = $1::int4 AND state = 3 AND string_to_array(skus, E'\n') && $2::text[]
