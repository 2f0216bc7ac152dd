-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Where this service stands in every shop.
SELECT shop_id, epoch, seq
FROM campaign.position
ORDER BY shop_id
