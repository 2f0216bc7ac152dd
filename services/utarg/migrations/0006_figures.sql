-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- All figures: cells of histograms have a level. Definitions and states of entities are new, so the figures of
-- every shop are made again from its journal.
TRUNCATE metrics.cell, metrics.entity, metrics.position; -- first: no index is made of what goes

ALTER TABLE metrics.cell ADD COLUMN level bigint NOT NULL DEFAULT 0; -- of a level measure; else 0
ALTER TABLE metrics.cell ALTER COLUMN level DROP DEFAULT;
ALTER TABLE metrics.cell DROP CONSTRAINT cell_pkey;
ALTER TABLE metrics.cell ADD PRIMARY KEY (shop_id, measure, dimension, grain, bucket, key, level);

-- targets and alerts -----------------------------------------------------------------------------------------------
-- Thresholds that somebody has set; built-in rules stand in the program.
CREATE TABLE metrics.alert_rule (
	shop_id   integer NOT NULL,
	rule      text COLLATE "C" NOT NULL,
	kpi       text COLLATE "C" NOT NULL,
	dimension smallint NOT NULL,           -- enum fold_dimension
	key       text COLLATE "C" NOT NULL,
	direction smallint NOT NULL,           -- enum alert_direction
	value     text NOT NULL,               -- decimal, in the figure's unit
	"window"  smallint NOT NULL,           -- enum window
	PRIMARY KEY (shop_id, rule)
);

CREATE TABLE metrics.alert (
	shop_id         integer NOT NULL,
	alert_id        bigint GENERATED ALWAYS AS IDENTITY,
	rule            text COLLATE "C" NOT NULL,
	kpi             text COLLATE "C" NOT NULL,
	dimension       smallint NOT NULL,
	key             text COLLATE "C" NOT NULL,
	text            text NOT NULL,         -- what was seen when it was raised
	raised_at       timestamptz NOT NULL,  -- as-of minute
	seen_at         timestamptz NOT NULL,  -- its condition held last
	ended_at        timestamptz,
	acknowledged_at timestamptz,
	acknowledged_by text,
	version         bigint NOT NULL DEFAULT 1,
	PRIMARY KEY (shop_id, alert_id)
);
-- Raised once: a rule has one open alert.
CREATE UNIQUE INDEX alert_open ON metrics.alert (shop_id, rule) WHERE ended_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON metrics.alert_rule TO utarg_metrics;
GRANT SELECT, INSERT, UPDATE ON metrics.alert TO utarg_metrics;
GRANT SELECT ON metrics.alert_rule, metrics.alert TO utarg_operator, utarg_readonly;

DO $$
DECLARE
	t regclass;
BEGIN
	FOREACH t IN ARRAY ARRAY['metrics.alert_rule'::regclass, 'metrics.alert'::regclass] LOOP
		EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
		EXECUTE pg_catalog.format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', t);
		EXECUTE pg_catalog.format(
			'CREATE POLICY one_shop ON %s FOR SELECT TO utarg_readonly USING (shop_id = (SELECT office.reader_shop()))', t);
	END LOOP;
END
$$;

-- History of closed days: for each event that changed a day which was over when it was received, what it changed of
-- all its figures (services/metrics/core/history.h has the bytes; no names of persons are among them).
CREATE TABLE metrics.day_history (
	shop_id     integer NOT NULL,
	day         timestamptz NOT NULL,      -- local midnight it began at
	seq         bigint NOT NULL,           -- of the event
	received_at timestamptz NOT NULL,
	reason      smallint NOT NULL,         -- utarg.v1.Reason
	changes     bytea NOT NULL,
	PRIMARY KEY (shop_id, day, seq)
);
CREATE INDEX day_history_by_seq ON metrics.day_history (shop_id, seq); -- many days are read latest event first
GRANT SELECT, INSERT, DELETE ON metrics.day_history TO utarg_metrics;
GRANT SELECT ON metrics.day_history TO utarg_operator, utarg_readonly;
ALTER TABLE metrics.day_history ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON metrics.day_history TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY one_shop ON metrics.day_history FOR SELECT TO utarg_readonly
	USING (shop_id = (SELECT office.reader_shop()));

-- For people who analyse: sessions, carts, orders and their lines as rows, written by metrics in the transaction of their
-- checkpoint; visitors and customers by their pseudonyms. docs/ANALYSTS.md says what the views mean. No statistics of
-- what names people, as in 0005.
CREATE TABLE metrics.session (
	shop_id           integer NOT NULL,
	visitor           text COLLATE "C" NOT NULL,
	first_at          timestamptz NOT NULL,
	last_at           timestamptz NOT NULL,
	engaged_ms        bigint NOT NULL,
	views             bigint NOT NULL,
	orders            bigint NOT NULL,
	valid_orders      bigint NOT NULL,
	is_bounce         boolean NOT NULL,
	sales_channel     text NOT NULL,
	marketing_channel text NOT NULL,
	campaign          text NOT NULL,
	device            text NOT NULL,
	country           text NOT NULL,
	PRIMARY KEY (shop_id, visitor, first_at)
) WITH (fillfactor = 80);

CREATE TABLE metrics.cart (
	shop_id           integer NOT NULL,
	cart              text COLLATE "C" NOT NULL,
	first_at          timestamptz NOT NULL,
	abandoned_at      timestamptz,         -- of one that is open: from when on it counts as abandoned
	state             smallint NOT NULL,   -- 1 open, 2 emptied, 3 ordered, 4 ordered after a lapse
	visitor           text COLLATE "C" NOT NULL,
	sales_channel     text NOT NULL,
	marketing_channel text NOT NULL,
	campaign          text NOT NULL,
	device            text NOT NULL,
	country           text NOT NULL,
	PRIMARY KEY (shop_id, cart)
) WITH (fillfactor = 80);

CREATE TABLE metrics."order" (
	shop_id           integer NOT NULL,
	order_id          text COLLATE "C" NOT NULL,
	placed_at         timestamptz NOT NULL,
	version           bigint NOT NULL,
	is_cancelled      boolean NOT NULL,
	is_valid          boolean NOT NULL,
	is_refunded       boolean NOT NULL,
	is_foreign        boolean NOT NULL,    -- another currency without a rate: all money is 0
	units             bigint NOT NULL,
	before_net        numeric(39, 0) NOT NULL, -- minor units of the shop's currency, as the rest
	after_net         numeric(39, 0) NOT NULL,
	current_net       numeric(39, 0) NOT NULL,
	current_shipping  numeric(39, 0) NOT NULL,
	current_tax       numeric(39, 0) NOT NULL,
	refunded_net      numeric(39, 0) NOT NULL,
	currency          text NOT NULL,       -- the order's own
	visitor           text COLLATE "C" NOT NULL,
	customer          text COLLATE "C" NOT NULL,
	cart              text COLLATE "C" NOT NULL,
	session_visitor   text COLLATE "C" NOT NULL, -- its session is this visitor's last one that begins...
	session_at        timestamptz,         -- ...at or before; null: it has none
	sales_channel     text NOT NULL,
	marketing_channel text NOT NULL,
	campaign          text NOT NULL,
	device            text NOT NULL,
	country           text NOT NULL,
	PRIMARY KEY (shop_id, order_id)
) WITH (fillfactor = 80);

CREATE TABLE metrics.order_item (
	shop_id           integer NOT NULL,
	order_id          text COLLATE "C" NOT NULL,
	line              integer NOT NULL,    -- from 1 on, as the order states them
	sku               text COLLATE "C" NOT NULL,
	category          text NOT NULL,
	quantity          bigint NOT NULL,
	before_net        numeric(39, 0) NOT NULL, -- minor units of the shop's currency, as the rest
	after_net         numeric(39, 0) NOT NULL,
	tax               numeric(39, 0) NOT NULL,
	current_net       numeric(39, 0) NOT NULL,
	current_cost      numeric(39, 0),      -- of what is left; null: nobody knows
	PRIMARY KEY (shop_id, order_id, line)
) WITH (fillfactor = 80);

ALTER TABLE metrics.session ALTER COLUMN visitor SET STATISTICS 0;
ALTER TABLE metrics.cart ALTER COLUMN visitor SET STATISTICS 0;
ALTER TABLE metrics."order" ALTER COLUMN visitor SET STATISTICS 0;
ALTER TABLE metrics."order" ALTER COLUMN customer SET STATISTICS 0;
ALTER TABLE metrics."order" ALTER COLUMN session_visitor SET STATISTICS 0;

-- The key figures there are and what the numbers in metrics.cell mean, written by metrics when it starts, from the rows
-- it computes by. Who decides on a target checks it by metrics.kpi.
CREATE TABLE metrics.kpi (
	kpi        text COLLATE "C" PRIMARY KEY,
	family     text NOT NULL,
	kpi_group  text NOT NULL,
	version    integer NOT NULL,
	unit       text NOT NULL,
	decimals   smallint,                   -- of its value; null: those of the shop's currency
	sums       boolean NOT NULL,           -- days of it add up, so that a period may have any days
	dimensions text[] NOT NULL,
	windows    text[] NOT NULL,
	english    text NOT NULL,
	polish     text NOT NULL
);
-- Of those that are a sum by a sum of the same day.
CREATE TABLE metrics.kpi_term (
	kpi            text COLLATE "C" NOT NULL,
	measure        smallint NOT NULL,
	in_numerator   integer NOT NULL,       -- 1, -1 or 0 times the measure's sum of the window
	in_denominator integer NOT NULL,
	PRIMARY KEY (kpi, measure)
);
CREATE TABLE metrics.dimension (
	dimension smallint PRIMARY KEY,        -- enum fold_dimension
	name      text NOT NULL
);

-- Whoever reads a view reads it with her own rights, under the row level security of the tables.
CREATE VIEW metrics.session_v1 WITH (security_invoker = true) AS
SELECT s.slug AS shop, t.visitor, t.first_at, t.last_at, t.engaged_ms, t.views, t.orders, t.valid_orders, t.is_bounce,
	t.sales_channel, t.marketing_channel, t.campaign, t.device, t.country
FROM metrics.session t JOIN office.shop s ON s.shop_id = t.shop_id;

CREATE VIEW metrics.cart_v1 WITH (security_invoker = true) AS
SELECT s.slug AS shop, t.cart, t.first_at, t.abandoned_at,
	CASE WHEN t.state = 1 AND t.abandoned_at <= p.as_of THEN 'abandoned'
		ELSE (ARRAY['open', 'emptied', 'ordered', 'recovered'])[t.state] END AS state,
	NULLIF(t.visitor, '') AS visitor, t.sales_channel, t.marketing_channel, t.campaign, t.device, t.country
FROM metrics.cart t JOIN office.shop s ON s.shop_id = t.shop_id JOIN metrics.position p ON p.shop_id = t.shop_id;

CREATE VIEW metrics.order_v1 WITH (security_invoker = true) AS
SELECT s.slug AS shop, t.order_id, t.placed_at, t.version,
	CASE WHEN t.is_cancelled THEN 'cancelled' WHEN NOT t.is_valid THEN 'refunded' WHEN t.is_refunded THEN 'partly_refunded'
		ELSE 'placed' END AS status,
	t.is_valid, t.is_foreign, t.units, t.before_net, t.after_net, t.current_net, t.current_shipping, t.current_tax,
	t.refunded_net, s.currency AS money_currency, t.currency AS order_currency, NULLIF(t.visitor, '') AS visitor,
	NULLIF(t.customer, '') AS customer, NULLIF(t.cart, '') AS cart, v.visitor AS session_visitor,
	v.first_at AS session_first_at, t.sales_channel, t.marketing_channel, t.campaign, t.device, t.country
FROM metrics."order" t JOIN office.shop s ON s.shop_id = t.shop_id
LEFT JOIN LATERAL (
	SELECT v.visitor, v.first_at FROM metrics.session v
	WHERE v.shop_id = t.shop_id AND v.visitor = t.session_visitor AND v.first_at <= t.session_at
	ORDER BY v.first_at DESC LIMIT 1
) v ON true;

CREATE VIEW metrics.order_item_v1 WITH (security_invoker = true) AS
SELECT s.slug AS shop, t.order_id, o.placed_at, t.line, NULLIF(t.sku, '') AS sku, NULLIF(t.category, '') AS category, t.quantity,
	t.before_net, t.after_net, t.tax, t.current_net, t.current_cost, s.currency AS money_currency
FROM metrics.order_item t
JOIN metrics."order" o ON o.shop_id = t.shop_id AND o.order_id = t.order_id
JOIN office.shop s ON s.shop_id = t.shop_id;

-- Local days. A null value has nothing to divide by. Figures of other forms than a sum by a sum of the day (standing
-- ones, percentiles) are not here.
CREATE VIEW metrics.kpi_v1 WITH (security_invoker = true) AS
SELECT s.slug AS shop, k.kpi, k.kpi_group, k.version, k.unit, (c.bucket AT TIME ZONE s.zone)::date AS day, d.name AS dimension,
	c.key, sum(c.value * t.in_numerator) AS numerator,
	CASE WHEN bool_or(k.has_denominator) THEN sum(c.value * t.in_denominator) ELSE 1 END AS denominator,
	max(c.revision) AS revision
FROM metrics.cell c
JOIN metrics.kpi_term t ON t.measure = c.measure
JOIN (
	SELECT k.*, EXISTS (SELECT FROM metrics.kpi_term u WHERE u.kpi = k.kpi AND u.in_denominator <> 0) AS has_denominator
	FROM metrics.kpi k
) k ON k.kpi = t.kpi
JOIN metrics.dimension d ON d.dimension = c.dimension AND d.name = ANY (k.dimensions)
JOIN office.shop s ON s.shop_id = c.shop_id
WHERE c.grain = 4
GROUP BY s.slug, k.kpi, k.kpi_group, k.version, k.unit, c.bucket, s.zone, d.name, c.key;

GRANT SELECT, INSERT, UPDATE, DELETE ON metrics.session, metrics.cart, metrics."order", metrics.order_item TO utarg_metrics;
GRANT INSERT, DELETE ON metrics.kpi, metrics.kpi_term, metrics.dimension TO utarg_metrics;
GRANT SELECT ON metrics.session, metrics.cart, metrics."order", metrics.order_item, metrics.kpi, metrics.kpi_term,
	metrics.dimension, metrics.session_v1, metrics.cart_v1, metrics.order_v1, metrics.order_item_v1, metrics.kpi_v1
	TO utarg_operator, utarg_readonly;
GRANT USAGE ON SCHEMA metrics TO utarg_campaign;
GRANT SELECT ON metrics.kpi TO utarg_campaign;

DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['metrics.session', 'metrics.cart', 'metrics."order"', 'metrics.order_item'] LOOP
		EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
		EXECUTE pg_catalog.format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', t);
		EXECUTE pg_catalog.format('CREATE POLICY one_shop ON %s FOR SELECT TO utarg_readonly'
			' USING (shop_id = (SELECT office.reader_shop()))', t);
	END LOOP;
END
$$;

-- Which targets a shop has, so that there can be a bound.
CREATE TABLE campaign.target (
	shop_id   integer NOT NULL,
	kpi       text COLLATE "C" NOT NULL,
	dimension text COLLATE "C" NOT NULL,
	key       text COLLATE "C" NOT NULL,
	first_day text COLLATE "C" NOT NULL,   -- 2026-11-02
	last_day  text COLLATE "C" NOT NULL,
	PRIMARY KEY (shop_id, kpi, dimension, key, first_day, last_day)
);
GRANT SELECT, INSERT, DELETE ON campaign.target TO utarg_campaign;
GRANT SELECT ON campaign.target TO utarg_operator, utarg_readonly;
ALTER TABLE campaign.target ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON campaign.target TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY one_shop ON campaign.target FOR SELECT TO utarg_readonly
	USING (shop_id = (SELECT office.reader_shop()));
