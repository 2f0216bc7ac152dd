-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
SELECT p.shop_id FROM campaign.position AS p WHERE p.shop_id = $1 FOR UPDATE
