-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
INSERT INTO metrics.dimension (dimension, name)
SELECT u.* FROM unnest($1::int2[], $2::text[]) AS u (dimension, name)
