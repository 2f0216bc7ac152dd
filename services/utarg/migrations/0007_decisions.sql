-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Offers, campaigns, messages, directives, affiliates, and what they bring: attribution and marketing figures.

-- attribution and marketing figures: entities have more state and there are more cells, so the figures of every shop
-- are made again from its journal ---------------------------------------------------------------------------------
TRUNCATE metrics.cell, metrics.entity, metrics.position, metrics.day_history;

-- offers and prices ------------------------------------------------------------------------------------------------
-- Price facts say whether the goods are perishable, and kinds of events have a meaning that had none: what campaign
-- keeps is made again from the journals.
TRUNCATE campaign.position, campaign.price, campaign.offer, campaign.stock, campaign.spend, campaign.campaign, campaign.target;

ALTER TABLE campaign.price ADD COLUMN perishable boolean NOT NULL;

CREATE TABLE campaign.supplier (
	shop_id    integer NOT NULL,
	supplier   text COLLATE "C" NOT NULL,
	event_time timestamptz NOT NULL,
	event_id   uuid NOT NULL,
	latest     bytea NOT NULL,             -- packed utarg.v1.SupplierUpdated with the greatest (time, id)
	revision   bigint NOT NULL,
	PRIMARY KEY (shop_id, supplier)
);

-- Announced reductions. Whether their prior price still holds is computed from price facts whenever it is asked for.
CREATE TABLE campaign.reduction (
	shop_id    integer NOT NULL,
	reduction  text COLLATE "C" NOT NULL,
	event_time timestamptz NOT NULL,       -- of the announcement
	event_id   uuid NOT NULL,
	sku        text COLLATE "C" NOT NULL,
	from_time  timestamptz NOT NULL,       -- its price applies from here...
	until_time timestamptz,                -- ...until here; null: until it is ended
	ended_time timestamptz,                -- by a decision
	chain      text[] NOT NULL,            -- slugs of other shops it is advertised for together
	announced  bytea NOT NULL,             -- packed utarg.v1.Reduction
	revision   bigint NOT NULL,
	PRIMARY KEY (shop_id, reduction)
);
CREATE INDEX reduction_by_sku ON campaign.reduction (shop_id, sku);
CREATE INDEX reduction_by_from ON campaign.reduction (from_time);
CREATE INDEX reduction_by_until ON campaign.reduction (until_time);
CREATE INDEX reduction_of_chain ON campaign.reduction (sku) WHERE chain <> '{}';

GRANT SELECT, INSERT, UPDATE, DELETE ON campaign.supplier, campaign.reduction TO utarg_campaign;
GRANT SELECT ON campaign.supplier, campaign.reduction TO utarg_operator, utarg_readonly;

DO $$
DECLARE
	t regclass;
BEGIN
	FOREACH t IN ARRAY ARRAY['campaign.supplier'::regclass, 'campaign.reduction'::regclass] LOOP
		EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
		EXECUTE pg_catalog.format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', t);
		EXECUTE pg_catalog.format(
			'CREATE POLICY one_shop ON %s FOR SELECT TO utarg_readonly USING (shop_id = (SELECT office.reader_shop()))', t);
	END LOOP;
END
$$;

-- campaigns --------------------------------------------------------------------------------------------------------
-- More is kept of each event than before: all journals are folded again.
TRUNCATE campaign.campaign, campaign.position;
ALTER TABLE campaign.campaign ADD COLUMN state smallint NOT NULL; -- utarg.v1.CampaignState, as in latest
ALTER TABLE campaign.campaign ADD COLUMN skus text NOT NULL;      -- offers it advertises, one a line
CREATE INDEX campaign_live ON campaign.campaign (shop_id, campaign) WHERE state BETWEEN 2 AND 5;

-- What was said about how visits are told apart; which version counts at an instant, metrics knows.
CREATE TABLE campaign.channel_rules (
	shop_id    integer NOT NULL,
	event_time timestamptz NOT NULL,
	event_id   uuid NOT NULL,
	revision   bigint NOT NULL,
	valid_from timestamptz NOT NULL,
	version    bigint NOT NULL,
	latest     bytea NOT NULL,             -- ChannelRules
	PRIMARY KEY (shop_id, event_time, event_id)
);
GRANT SELECT, INSERT, DELETE ON campaign.channel_rules TO utarg_campaign;
GRANT SELECT ON campaign.channel_rules TO utarg_operator, utarg_readonly;
ALTER TABLE campaign.channel_rules ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON campaign.channel_rules TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY one_shop ON campaign.channel_rules FOR SELECT TO utarg_readonly
	USING (shop_id = (SELECT office.reader_shop()));


-- directives -------------------------------------------------------------------------------------------------------
-- Keys that may do all their kind may, may do this too.
UPDATE office.key SET may = may || 'directive.confirm'::text
WHERE kind IN ('service', 'operator') AND 'decide' = ANY (may)
	OR kind = 'tool' AND may = ARRAY['kpi.read', 'offer.read', 'campaign.read', 'shop.read'];

CREATE TABLE campaign.directive (
	shop_id      integer NOT NULL,
	event_time   timestamptz NOT NULL,
	event_id     uuid NOT NULL,
	revision     bigint NOT NULL,
	directive_id text COLLATE "C" NOT NULL,
	campaign     text COLLATE "C" NOT NULL,
	action       smallint NOT NULL,        -- utarg.v1.DirectiveAction
	sku          text COLLATE "C" NOT NULL,
	state        smallint NOT NULL,        -- utarg.v1.DirectiveState
	issued_at    timestamptz NOT NULL,
	latest       bytea NOT NULL,           -- Directive
	PRIMARY KEY (shop_id, directive_id)
);
CREATE INDEX directive_by_campaign ON campaign.directive (shop_id, campaign, revision);
CREATE INDEX directive_open ON campaign.directive (shop_id, campaign) WHERE state BETWEEN 1 AND 3 OR state = 5 AND action = 4;
GRANT SELECT, INSERT, UPDATE, DELETE ON campaign.directive TO utarg_campaign;
GRANT SELECT ON campaign.directive TO utarg_operator, utarg_readonly;
ALTER TABLE campaign.directive ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON campaign.directive TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY one_shop ON campaign.directive FOR SELECT TO utarg_readonly
	USING (shop_id = (SELECT office.reader_shop()));


-- messages ---------------------------------------------------------------------------------------------------------
CREATE TABLE campaign.message (
	shop_id    integer NOT NULL,
	message    text COLLATE "C" NOT NULL,
	event_time timestamptz NOT NULL,
	event_id   uuid NOT NULL,
	revision   bigint NOT NULL,            -- seq of the event that made it so
	state      smallint NOT NULL,          -- utarg.v1.MessageState
	latest     bytea NOT NULL,             -- utarg.v1.MarketingMessage
	due_ms     bigint,                     -- when it is to be judged again, ms since 1970; 0: at once; null: when a fact changes
	PRIMARY KEY (shop_id, message)
);
CREATE INDEX message_due ON campaign.message (due_ms) WHERE due_ms IS NOT NULL;

-- What some version of a message has claimed something about, so that a new fact finds the messages to judge.
CREATE TABLE campaign.message_claim (
	shop_id integer NOT NULL,
	about   smallint NOT NULL,             -- 1: an offer, 2: a coupon
	key     text COLLATE "C" NOT NULL,
	message text COLLATE "C" NOT NULL,
	PRIMARY KEY (shop_id, about, key, message)
);

-- Coupons that were applied.
CREATE TABLE campaign.coupon (
	shop_id integer NOT NULL,
	coupon  text COLLATE "C" NOT NULL,
	PRIMARY KEY (shop_id, coupon)
);

-- What each placement has said last about a message, whether or not that is known yet.
CREATE TABLE campaign.message_shown (
	shop_id           integer NOT NULL,
	message           text COLLATE "C" NOT NULL,
	placement         text COLLATE "C" NOT NULL,
	event_time        timestamptz NOT NULL,
	event_id          uuid NOT NULL,
	version           bigint NOT NULL,     -- 0: it shows nothing of it
	price_gross_minor bigint,
	currency          text NOT NULL,
	PRIMARY KEY (shop_id, message, placement)
);

-- What is wrong now, a function of the other tables and of the clock; what is right again is gone.
CREATE TABLE campaign.message_alert (
	shop_id    integer NOT NULL,
	message    text COLLATE "C" NOT NULL,
	fault      smallint NOT NULL,          -- utarg.v1.MessageFault
	claim      integer NOT NULL,           -- from 1 on; 0: of placements
	version    bigint NOT NULL,
	sku        text COLLATE "C" NOT NULL,
	since      timestamptz NOT NULL,
	text       text NOT NULL,
	placements text[] NOT NULL,
	PRIMARY KEY (shop_id, message, fault, claim)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON campaign.message, campaign.message_shown, campaign.message_alert TO utarg_campaign;
GRANT SELECT, INSERT, DELETE ON campaign.message_claim, campaign.coupon TO utarg_campaign;
GRANT SELECT ON campaign.message, campaign.message_claim, campaign.coupon, campaign.message_shown, campaign.message_alert
	TO utarg_operator, utarg_readonly;

DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['campaign.message', 'campaign.message_claim', 'campaign.coupon', 'campaign.message_shown',
		'campaign.message_alert'] LOOP
		EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
		EXECUTE pg_catalog.format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', t);
		EXECUTE pg_catalog.format('CREATE POLICY one_shop ON %s FOR SELECT TO utarg_readonly'
			' USING (shop_id = (SELECT office.reader_shop()))', t);
	END LOOP;
END
$$;

-- affiliates -------------------------------------------------------------------------------------------------------
-- Partners, each as it was decided last.
CREATE TABLE campaign.affiliate (
	shop_id    integer NOT NULL,
	affiliate  text COLLATE "C" NOT NULL,
	event_time timestamptz NOT NULL,
	event_id   uuid NOT NULL,
	revision   bigint NOT NULL,            -- seq of the event
	latest     bytea NOT NULL,             -- utarg.v1.Affiliate
	PRIMARY KEY (shop_id, affiliate)
);
-- Public halves of the keys that sign links; the secret ones are with whoever makes links.
CREATE TABLE campaign.affiliate_key (
	shop_id    integer NOT NULL,
	event_id   uuid NOT NULL,
	event_time timestamptz NOT NULL,
	valid_from timestamptz NOT NULL,
	public_key bytea NOT NULL,
	PRIMARY KEY (shop_id, event_id)
);
-- Every statement of a rule: which is in force depends on when one asks.
CREATE TABLE campaign.commission (
	shop_id    integer NOT NULL,
	event_id   uuid NOT NULL,
	event_time timestamptz NOT NULL,
	affiliate  text COLLATE "C" NOT NULL,
	category   text COLLATE "C" NOT NULL,
	rule_id    text COLLATE "C" NOT NULL,
	valid_from timestamptz NOT NULL,
	rule       bytea NOT NULL,             -- utarg.v1.CommissionRule
	PRIMARY KEY (shop_id, event_id)
);
CREATE INDEX commission_by_affiliate ON campaign.commission (shop_id, affiliate, category);
-- Lines of payouts, so that none is paid twice.
CREATE TABLE campaign.affiliate_paid (
	shop_id      integer NOT NULL,
	affiliate    text COLLATE "C" NOT NULL,
	order_id     text COLLATE "C" NOT NULL,
	rule_id      text COLLATE "C" NOT NULL,
	event_id     uuid NOT NULL,
	event_time   timestamptz NOT NULL,
	currency     text COLLATE "C" NOT NULL,
	amount_minor bigint NOT NULL,
	PRIMARY KEY (shop_id, affiliate, order_id, rule_id, event_id)
);
GRANT SELECT, INSERT, DELETE ON campaign.affiliate_key, campaign.commission, campaign.affiliate_paid TO utarg_campaign;
GRANT SELECT, INSERT, UPDATE, DELETE ON campaign.affiliate TO utarg_campaign;
GRANT SELECT ON campaign.affiliate, campaign.affiliate_key, campaign.commission, campaign.affiliate_paid
	TO utarg_operator, utarg_readonly;

DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['campaign.affiliate', 'campaign.affiliate_key', 'campaign.commission',
		'campaign.affiliate_paid'] LOOP
		EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
		EXECUTE pg_catalog.format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', t);
		EXECUTE pg_catalog.format('CREATE POLICY one_shop ON %s FOR SELECT TO utarg_readonly'
			' USING (shop_id = (SELECT office.reader_shop()))', t);
	END LOOP;
END
$$;
