-- Who wrote these events and when, by their place in the question: to tell our own rows from a resend's.
SELECT q.place, e.seq, e.received_at, e.principal
FROM ROWS FROM (pg_catalog.unnest($1::integer[]), pg_catalog.unnest($2::uuid[])) WITH ORDINALITY AS q (shop_id, event_id, place)
JOIN journal.event AS e ON e.event_id = q.event_id AND e.shop_id + 0 = q.shop_id -- by id, as journal_known
