-- Raised by every change of office.key.
SELECT v.version
FROM office.key_version AS v
