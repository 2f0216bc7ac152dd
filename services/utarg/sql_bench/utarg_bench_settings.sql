-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
SELECT name, pg_catalog.current_setting(name)
FROM pg_catalog.pg_settings
WHERE name IN ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size',
	'wal_compression', 'data_checksums', 'wal_sync_method', 'max_connections')
ORDER BY name
