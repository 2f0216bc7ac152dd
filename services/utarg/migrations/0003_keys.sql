-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Who may connect: the public half of each key, whose it is and what it may. Written by the operator
-- (`utarg key`, `utarg up`, `utarg migrate --keys`), read by every service. Keys are revoked, never deleted:
-- the journal names their principals for ever.
CREATE TABLE office.key (
	key_id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- the ZAP user id
	public_key bytea NOT NULL UNIQUE CHECK (pg_catalog.octet_length(public_key) = 32),
	name       text NOT NULL CHECK (pg_catalog.octet_length(name) BETWEEN 1 AND 63),
	kind       text NOT NULL CHECK (kind IN ('frontend', 'tool', 'service', 'operator')),
	shop_ids   integer[],                  -- null: all shops
	may        text[] NOT NULL,            -- permissions, as common/svc/permit.h writes them
	origin     smallint NOT NULL DEFAULT 0 CHECK (origin BETWEEN 0 AND 3), -- utarg.v1.Origin; 0: as requests say
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	expires_at timestamptz,
	revoked_at timestamptz
);
CREATE INDEX key_by_name ON office.key (name);

-- One row; services look at it several times a second.
CREATE TABLE office.key_version (
	one     boolean PRIMARY KEY DEFAULT true CHECK (one),
	version bigint NOT NULL
);
INSERT INTO office.key_version (version) VALUES (1);

CREATE FUNCTION office.key_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	UPDATE office.key_version SET version = version + 1;
	RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION office.key_changed() FROM PUBLIC;
CREATE TRIGGER key_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON office.key
	FOR EACH STATEMENT EXECUTE FUNCTION office.key_changed();

GRANT SELECT ON office.key, office.key_version TO utarg_ingest, utarg_metrics, utarg_campaign, utarg_readonly;
