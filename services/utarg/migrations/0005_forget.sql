-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- For erasure. No statistics are kept of what names people (the planner has no use for them: nothing is looked up by
-- these columns), so that no name stands in pg_statistic.
ALTER TABLE journal.event ALTER COLUMN visitor SET STATISTICS 0;
ALTER TABLE journal.event ALTER COLUMN customer SET STATISTICS 0;
ALTER TABLE journal.event ALTER COLUMN subject SET STATISTICS 0;
ALTER TABLE journal.quarantine ALTER COLUMN visitor SET STATISTICS 0;
ALTER TABLE journal.quarantine ALTER COLUMN customer SET STATISTICS 0;
ALTER TABLE journal.quarantine ALTER COLUMN subject SET STATISTICS 0;
ALTER TABLE metrics.entity ALTER COLUMN state SET STATISTICS 0;

-- In which columns of which tables one of these runs of bytes stands, and in how many rows; the planner's statistics
-- count as a table. Reads all there is but these events: for proving an erasure.
CREATE FUNCTION journal.find_bytes(needles bytea[], but_shop_ids integer[], but_seqs bigint[])
RETURNS TABLE (place text, hits bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c record;
BEGIN
	FOR c IN
		SELECT n.nspname, t.relname, a.attname, a.atttypid = 'bytea'::regtype AS is_bytes
		FROM pg_class AS t
		JOIN pg_namespace AS n ON n.oid = t.relnamespace
		JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
		JOIN pg_type AS y ON y.oid = a.atttypid
		WHERE t.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
			AND n.nspname NOT LIKE 'pg\_temp%' AND y.typcategory IN ('S', 'U', 'A', 'C')
		ORDER BY n.nspname, t.relname, a.attnum
	LOOP
		place := format('%s.%s.%s', c.nspname, c.relname, c.attname);
		EXECUTE format(
			'SELECT count(*) FROM %I.%I AS t WHERE EXISTS (SELECT FROM unnest($1) AS n WHERE position(n IN %s) > 0)%s',
			c.nspname, c.relname,
			CASE WHEN c.is_bytes THEN format('t.%I', c.attname)
				ELSE format('convert_to(t.%I::text, ''UTF8'')', c.attname) END,
			CASE WHEN c.nspname = 'journal' AND c.relname = 'event'
				THEN ' AND NOT EXISTS (SELECT FROM unnest($2, $3) AS b (shop_id, seq)'
					' WHERE b.shop_id = t.shop_id AND b.seq = t.seq)'
				ELSE '' END)
			INTO hits USING needles, but_shop_ids, but_seqs;
		RETURN NEXT;
	END LOOP;
	SELECT 'pg_statistic', count(*) INTO place, hits
	FROM pg_stats AS s
	CROSS JOIN LATERAL concat_ws(' ', s.most_common_vals::text, s.histogram_bounds::text, s.most_common_elems::text) AS held
	WHERE EXISTS (
		SELECT FROM unnest(needles) AS n
		WHERE strpos(held, encode(n, 'hex')) > 0 OR position(n IN convert_to(held, 'UTF8')) > 0);
	RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION journal.find_bytes(bytea[], integer[], bigint[]) FROM PUBLIC;
