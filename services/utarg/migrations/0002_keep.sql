-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What operators keep an eye on: events in quarantine, which now know the time they were given on acceptance
-- (null: kept before this version), and the epochs of journals.
ALTER TABLE journal.quarantine ADD COLUMN event_time timestamptz;

-- One row a raise; a shop begins in epoch 1. Everything acknowledged in from_epoch beyond seq may be lost.
CREATE TABLE journal.epoch (
	shop_id    integer NOT NULL,
	epoch      bigint NOT NULL,
	from_epoch bigint NOT NULL,
	seq        bigint NOT NULL,            -- the head when it was raised
	chain      bytea NOT NULL,
	raised_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	raised_by  text NOT NULL,
	why        text NOT NULL,
	PRIMARY KEY (shop_id, epoch)
);
GRANT SELECT ON journal.epoch TO utarg_readonly;
