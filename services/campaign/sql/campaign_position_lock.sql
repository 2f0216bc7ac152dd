-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Positions of these shops, held until commit: all who write a shop's state come by here first.
SELECT shop_id, epoch, seq
FROM campaign.position
WHERE shop_id = ANY ($1::int4[])
ORDER BY shop_id
FOR UPDATE
