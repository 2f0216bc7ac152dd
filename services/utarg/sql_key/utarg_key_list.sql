-- All keys, or those of one name.
SELECT k.key_id, k.public_key, k.name, k.kind, k.origin, k.created_at, k.expires_at, k.revoked_at, k.shop_ids IS NULL,
	COALESCE((SELECT pg_catalog.string_agg(s.slug, ',' ORDER BY s.slug)
		FROM office.shop AS s WHERE s.shop_id = ANY (k.shop_ids)), ''),
	pg_catalog.array_to_string(k.may, ',')
FROM office.key AS k
WHERE $1::text IS NULL OR k.name = $1
ORDER BY k.key_id
