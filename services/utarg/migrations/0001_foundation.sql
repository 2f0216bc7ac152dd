-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One schema and one login role a service. Passwords are set by `utarg migrate --role-passwords`, never here.
-- Roles belong to the cluster, so another database of it may have made them already.
DO $$
DECLARE
	r text;
BEGIN
	FOREACH r IN ARRAY ARRAY['utarg_ingest', 'utarg_metrics', 'utarg_campaign', 'utarg_readonly'] LOOP
		IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = r) THEN
			EXECUTE pg_catalog.format('CREATE ROLE %I LOGIN', r);
		END IF;
	END LOOP;
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA journal;
CREATE SCHEMA office;
CREATE SCHEMA metrics;
CREATE SCHEMA campaign;

-- office: shops, as the projection of shop_settings_changed; campaign owns it -----------------------------
CREATE TABLE office.shop (
	shop_id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	slug         text NOT NULL UNIQUE,
	name         text NOT NULL,
	currency     text NOT NULL,
	zone         text NOT NULL,
	settings     bytea NOT NULL,           -- packed utarg.v1.ShopSettings
	settings_time timestamptz NOT NULL,    -- (time, id) of the event they come from: the greatest counts
	settings_id  uuid NOT NULL,
	settings_seq bigint NOT NULL,
	created_at   timestamptz NOT NULL
);

-- journal: one gapless chained sequence a shop -------------------------------------------------------------
CREATE TABLE journal.head (
	shop_id integer PRIMARY KEY,
	seq     bigint NOT NULL,               -- of the last event, 0 when there is none
	epoch   bigint NOT NULL,               -- raised by restore and erasure only
	chain   bytea NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE journal.event (
	shop_id     integer NOT NULL,
	seq         bigint NOT NULL,
	event_id    uuid NOT NULL,
	kind        smallint NOT NULL,         -- field number of utarg.v1.Event.body
	event_time  timestamptz NOT NULL,
	received_at timestamptz NOT NULL,
	principal   text NOT NULL,
	origin      smallint NOT NULL,         -- utarg.v1.Origin
	visitor     bytea,
	customer    bytea,
	subject     bytea,                     -- packed utarg.v1.Subject as received
	payload     bytea NOT NULL             -- packed utarg.v1.Event as received
);
-- (id, shop) rather than (shop, id): UUIDv7 ids then land at the right edge of the index.
CREATE UNIQUE INDEX event_by_id ON journal.event (event_id, shop_id);
CREATE UNIQUE INDEX event_by_seq ON journal.event (shop_id, seq);

CREATE TABLE journal.batch (
	shop_id        integer NOT NULL,
	first_seq      bigint NOT NULL,
	last_seq       bigint NOT NULL,
	digest         bytea NOT NULL,         -- BLAKE2b-256 over the rows
	subject_digest bytea NOT NULL,         -- the same over visitor, customer and subject: outside the chain
	chain          bytea NOT NULL,         -- BLAKE2b-256 over previous chain, seqs and digest
	committed_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	PRIMARY KEY (shop_id, last_seq)
);

CREATE TABLE journal.quarantine (
	quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	shop_id     integer NOT NULL,
	event_id    uuid NOT NULL,
	received_at timestamptz NOT NULL,
	principal   text NOT NULL,
	origin      smallint NOT NULL,
	code        smallint NOT NULL,
	sentence    text NOT NULL,
	visitor     bytea,
	customer    bytea,
	subject     bytea,
	payload     bytea NOT NULL
);

-- metrics: where the fold stands, its entities and its additive cells ----------------------------------------
CREATE TABLE metrics.position (
	shop_id integer PRIMARY KEY,
	epoch   bigint NOT NULL,
	seq     bigint NOT NULL,
	as_of   timestamptz NOT NULL,          -- whole minute the clock figures are true at
	rebuild_seq bigint NOT NULL            -- while seq is below it the figures are being made again
) WITH (fillfactor = 50);

CREATE TABLE metrics.entity (
	shop_id integer NOT NULL,
	kind    smallint NOT NULL,             -- enum fold_entity_kind
	key     bytea NOT NULL,
	state   bytea NOT NULL,
	due     timestamptz,                   -- when the clock will change it
	PRIMARY KEY (shop_id, kind, key)
);
CREATE INDEX entity_by_due ON metrics.entity (shop_id, due) WHERE due IS NOT NULL;

CREATE TABLE metrics.cell (
	shop_id   integer NOT NULL,
	measure   smallint NOT NULL,           -- enum measure
	dimension smallint NOT NULL,           -- enum fold_dimension
	grain     smallint NOT NULL,           -- enum fold_grain
	bucket    timestamptz NOT NULL,
	key       text COLLATE "C" NOT NULL,
	value     numeric(39, 0) NOT NULL,     -- 128-bit sum
	revision  bigint NOT NULL,             -- seq of the last event that changed it by other than zero
	PRIMARY KEY (shop_id, measure, dimension, grain, bucket, key)
);
-- For taking away minutes that are older than 48 hours; grain 1 is FOLD_MINUTE.
CREATE INDEX cell_by_minute ON metrics.cell (shop_id, bucket) WHERE grain = 1;

-- campaign: offers, prices, campaigns --------------------------------------------------------------------------
CREATE TABLE campaign.position (
	shop_id integer PRIMARY KEY,
	epoch   bigint NOT NULL,
	seq     bigint NOT NULL
);

-- Every accepted price fact; intervals are read from it, ordered by (event_time, event_id).
CREATE TABLE campaign.price (
	shop_id           integer NOT NULL,
	sku               text COLLATE "C" NOT NULL,
	market            text COLLATE "C" NOT NULL,
	audience          smallint NOT NULL,
	currency          text COLLATE "C" NOT NULL,
	event_time        timestamptz NOT NULL,
	event_id          uuid NOT NULL,
	seq               bigint NOT NULL,
	price_gross_minor bigint,              -- null: not on offer from here on (delisted, paused, no price)
	PRIMARY KEY (shop_id, sku, market, audience, currency, event_time, event_id)
);

CREATE TABLE campaign.offer (
	shop_id    integer NOT NULL,
	sku        text COLLATE "C" NOT NULL,
	event_time timestamptz NOT NULL,
	event_id   uuid NOT NULL,
	latest     bytea NOT NULL,             -- packed utarg.v1.OfferUpdated with the greatest (time, id)
	revision   bigint NOT NULL,
	PRIMARY KEY (shop_id, sku)
);

CREATE TABLE campaign.stock (
	shop_id    integer NOT NULL,
	sku        text COLLATE "C" NOT NULL,
	location   text COLLATE "C" NOT NULL,
	event_time timestamptz NOT NULL,
	event_id   uuid NOT NULL,
	quantity   bigint NOT NULL,            -- absolute
	revision   bigint NOT NULL,            -- seq of the event
	PRIMARY KEY (shop_id, sku, location)
);

CREATE TABLE campaign.campaign (
	shop_id    integer NOT NULL,
	campaign   text COLLATE "C" NOT NULL,
	event_time timestamptz NOT NULL,
	event_id   uuid NOT NULL,
	latest     bytea NOT NULL,             -- packed utarg.v1.Campaign
	revision   bigint NOT NULL,
	PRIMARY KEY (shop_id, campaign)
);

-- ad_spend rows: the greatest (report_time, id) of a key counts.
CREATE TABLE campaign.spend (
	shop_id     integer NOT NULL,
	platform    text COLLATE "C" NOT NULL,
	account     text COLLATE "C" NOT NULL,
	campaign    text COLLATE "C" NOT NULL,
	day         text COLLATE "C" NOT NULL,
	currency    text COLLATE "C" NOT NULL,
	report_time timestamptz NOT NULL,
	event_id    uuid NOT NULL,
	spend_minor bigint NOT NULL,
	PRIMARY KEY (shop_id, campaign, currency, platform, account, day)
);

-- grants -----------------------------------------------------------------------------------------------------------
GRANT USAGE ON SCHEMA journal, office TO utarg_ingest, utarg_metrics, utarg_campaign, utarg_readonly;
GRANT USAGE ON SCHEMA metrics TO utarg_metrics, utarg_readonly;
GRANT USAGE ON SCHEMA campaign TO utarg_campaign, utarg_readonly;

GRANT SELECT ON office.shop TO utarg_ingest, utarg_metrics, utarg_readonly;
GRANT SELECT, INSERT, UPDATE ON office.shop TO utarg_campaign;

GRANT SELECT ON ALL TABLES IN SCHEMA journal TO utarg_ingest, utarg_metrics, utarg_campaign, utarg_readonly;
GRANT INSERT ON journal.event, journal.batch, journal.quarantine TO utarg_ingest;
GRANT DELETE ON journal.quarantine TO utarg_ingest;
GRANT INSERT ON journal.event, journal.batch, journal.head TO utarg_campaign;
GRANT UPDATE ON journal.head TO utarg_ingest, utarg_campaign;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA metrics TO utarg_metrics;
GRANT SELECT ON ALL TABLES IN SCHEMA metrics TO utarg_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA campaign TO utarg_campaign;
GRANT SELECT ON ALL TABLES IN SCHEMA campaign TO utarg_readonly;
