-- Where the journals of these shops stand.
SELECT h.shop_id, h.seq, h.epoch, h.chain
FROM journal.head AS h
WHERE h.shop_id = ANY ($1::integer[])
