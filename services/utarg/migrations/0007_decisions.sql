-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Offers, campaigns, messages, directives, affiliates, and what they bring: attribution and marketing figures.

-- attribution and marketing figures: entities have more state and there are more cells, so the figures of every shop
-- are made again from its journal ---------------------------------------------------------------------------------
TRUNCATE metrics.cell, metrics.entity, metrics.position, metrics.day_history;

-- offers and prices ------------------------------------------------------------------------------------------------

-- campaigns --------------------------------------------------------------------------------------------------------

-- directives -------------------------------------------------------------------------------------------------------

-- messages ---------------------------------------------------------------------------------------------------------

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
