-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
INSERT INTO metrics.kpi (kpi, family, kpi_group, unit, english, polish, dimensions, windows, version, decimals, sums)
SELECT u.kpi, u.family, u.kpi_group, u.unit, u.english, u.polish, string_to_array(u.dimensions, ','),
	string_to_array(u.windows, ','), u.version, nullif(u.decimals, -1), u.sums
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int4[],
	$10::int2[], $11::bool[])
	AS u (kpi, family, kpi_group, unit, english, polish, dimensions, windows, version, decimals, sums)
