-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Which targets there are; what they say is metrics' matter.
INSERT INTO campaign.target (shop_id, kpi, dimension, key, first_day, last_day)
SELECT DISTINCT shop_id, kpi, dimension, key, first_day, last_day
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
	AS r (shop_id, event_time, event_id, kpi, dimension, key, first_day, last_day)
ON CONFLICT (shop_id, kpi, dimension, key, first_day, last_day) DO NOTHING
