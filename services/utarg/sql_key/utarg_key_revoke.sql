-- Ends all keys of a name that are not over yet.
UPDATE office.key
SET revoked_at = pg_catalog.now()
WHERE name = $1 AND revoked_at IS NULL
RETURNING key_id
