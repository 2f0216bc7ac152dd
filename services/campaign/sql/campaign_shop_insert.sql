-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A new shop; no row when the slug is taken.
INSERT INTO office.shop (slug, name, currency, zone, settings, settings_time, settings_id, settings_seq, created_at)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::bytea, $6::timestamptz, $7::uuid, 1, $6::timestamptz)
ON CONFLICT (slug) DO NOTHING
RETURNING shop_id
