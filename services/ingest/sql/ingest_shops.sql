-- The shops among these slugs, with what they say of themselves.
SELECT s.slug, s.shop_id, s.settings
FROM office.shop AS s
WHERE s.slug = ANY ($1::text[])
