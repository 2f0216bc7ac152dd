-- All keys, revoked and expired ones too: they are told apart from unknown ones.
SELECT k.key_id, k.public_key, k.name, k.kind, k.origin, k.expires_at, k.revoked_at IS NOT NULL, k.shop_ids IS NULL,
	COALESCE((SELECT pg_catalog.string_agg(s.slug, E'\n' ORDER BY s.slug)
		FROM office.shop AS s WHERE s.shop_id = ANY (k.shop_ids)), ''),
	pg_catalog.array_to_string(k.may, E'\n'),
	v.version
FROM office.key_version AS v
CROSS JOIN office.key AS k
ORDER BY k.key_id
