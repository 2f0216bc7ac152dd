-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Puts $3 wherever $2 stands in the state of a shop's figures. Both are pseudonyms of one length: sixteen random
-- bytes in base64, which nothing else can be by chance.
UPDATE metrics.entity AS t
SET key = CASE WHEN t.key = $2::bytea THEN $3::bytea ELSE t.key END,
	state = pg_catalog.decode(pg_catalog.replace(pg_catalog.encode(t.state, 'hex'), pg_catalog.encode($2, 'hex'),
		pg_catalog.encode($3, 'hex')), 'hex')
WHERE t.shop_id = $1 AND (t.key = $2 OR position($2 IN t.state) > 0)
