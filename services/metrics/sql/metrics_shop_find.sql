-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
SELECT shop_id, slug FROM office.shop WHERE slug = $1
