-- Makes a key known. The same public key again changes nothing and gives no row.
INSERT INTO office.key (public_key, name, kind, shop_ids, may, origin, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (public_key) DO NOTHING
RETURNING key_id
