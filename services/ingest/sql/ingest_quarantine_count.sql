-- Rows in quarantine; the table has no bound, so the count has one.
SELECT count(*) FROM (SELECT FROM journal.quarantine LIMIT 100000) AS q
