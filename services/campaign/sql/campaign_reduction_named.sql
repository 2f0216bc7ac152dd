-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The offer of a reduction.
SELECT sku
FROM campaign.reduction
WHERE shop_id = $1::int4 AND reduction = $2::text
