SELECT pg_catalog.to_regclass('utarg.utarg_migration') IS NOT NULL
