-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The key figures there are in this version, and no others.
WITH told AS (
	SELECT u.name, u.version, nullif(u.decimals, -1) AS decimals, u.sums, string_to_array(u.dimensions, ',') AS dimensions,
		string_to_array(u.windows, ',') AS windows
	FROM unnest($1::text[], $2::int4[], $3::int2[], $4::bool[], $5::text[], $6::text[])
		AS u (name, version, decimals, sums, dimensions, windows)
), gone AS (
	DELETE FROM metrics.figure WHERE name <> ALL ($1::text[])
)
INSERT INTO metrics.figure AS f (name, version, decimals, sums, dimensions, windows)
SELECT name, version, decimals, sums, dimensions, windows
FROM told
ORDER BY name
ON CONFLICT (name) DO UPDATE
SET version = EXCLUDED.version, decimals = EXCLUDED.decimals, sums = EXCLUDED.sums, dimensions = EXCLUDED.dimensions,
	windows = EXCLUDED.windows
WHERE (f.version, f.decimals, f.sums, f.dimensions, f.windows)
	IS DISTINCT FROM (EXCLUDED.version, EXCLUDED.decimals, EXCLUDED.sums, EXCLUDED.dimensions, EXCLUDED.windows)
