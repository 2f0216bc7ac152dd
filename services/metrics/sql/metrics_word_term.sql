-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
INSERT INTO metrics.kpi_term (kpi, measure, in_numerator, in_denominator)
SELECT u.* FROM unnest($1::text[], $2::int2[], $3::int4[], $4::int4[]) AS u
