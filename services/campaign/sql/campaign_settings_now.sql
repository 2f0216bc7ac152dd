-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A shop's settings as they are, and when they were said: what is said next has to be later.
SELECT settings, settings_time
FROM office.shop
WHERE shop_id = $1::int4
