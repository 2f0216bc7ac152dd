-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Statements about channel rules are a set: each has its own valid-from.
INSERT INTO campaign.channel_rules (shop_id, event_time, event_id, revision, valid_from, version, latest)
SELECT *
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::int8[], $5::timestamptz[], $6::int8[], $7::bytea[])
ON CONFLICT DO NOTHING
