-- Keeps what the database refused, for a person to look at. The same event again does not add a row.
INSERT INTO journal.quarantine
	(shop_id, event_id, received_at, principal, origin, code, sentence, visitor, customer, subject, payload, event_time)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
WHERE NOT EXISTS (SELECT FROM journal.quarantine AS q WHERE q.shop_id = $1 AND q.event_id = $2 AND q.payload = $11)
