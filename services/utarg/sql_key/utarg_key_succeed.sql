-- A new key ($1) with all that another ($2) may, under the same name; the other ends at $3 at the latest.
WITH old AS (
	UPDATE office.key AS k
	SET expires_at = LEAST(k.expires_at, $3)
	WHERE k.key_id = $2 AND k.revoked_at IS NULL
	RETURNING k.name, k.kind, k.shop_ids, k.may, k.origin
)
INSERT INTO office.key (public_key, name, kind, shop_ids, may, origin, expires_at)
SELECT $1, old.name, old.kind, old.shop_ids, old.may, old.origin, $4
FROM old
RETURNING key_id
