-- The shops among these slugs.
SELECT s.slug, s.shop_id
FROM office.shop AS s
WHERE s.slug = ANY ($1::text[])
ORDER BY s.shop_id
