-- One shop by its slug, and where its journal stands.
SELECT s.shop_id, h.seq, h.epoch
FROM office.shop AS s
JOIN journal.head AS h ON h.shop_id = s.shop_id
WHERE s.slug = $1
