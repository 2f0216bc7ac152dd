-- Ends one key.
UPDATE office.key
SET revoked_at = pg_catalog.now()
WHERE key_id = $1 AND revoked_at IS NULL
RETURNING key_id
