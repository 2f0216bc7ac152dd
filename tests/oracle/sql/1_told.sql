-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What was told, as rows: said_in_sql.py fills them. Ids are hexadecimal, compared byte by byte.
CREATE TEMP TABLE event (
	t bigint,
	id text COLLATE "C",
	kind text,
	is_client boolean, -- a browsing, cart, checkout or purchase event of origin client
	visitor text COLLATE "C", -- NULL: unknown or not agreed to
	cart text COLLATE "C",
	other_cart text COLLATE "C", -- into which it was merged
	sku text COLLATE "C",
	quantity bigint
);
-- One telling of an order. Money is in the shop's currency (NULL: cannot be converted), as if this were the content.
CREATE TEMP TABLE copy (
	order_id text COLLATE "C",
	version bigint,
	t bigint,
	id text COLLATE "C",
	is_of_client boolean,
	placed_at bigint,
	visitor text COLLATE "C",
	customer text COLLATE "C",
	cart text COLLATE "C",
	is_cancelled boolean,
	units bigint,
	gmv bigint,
	net bigint,
	refunded bigint,
	is_all_back boolean -- there were items, and all of them were refunded
);
CREATE TEMP TABLE cancelled (order_id text COLLATE "C");
CREATE TEMP TABLE shop (zone text, gap bigint, as_of bigint);
