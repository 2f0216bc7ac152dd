SELECT name, setting
FROM pg_catalog.pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums', 'password_encryption', 'server_encoding')
ORDER BY name
