SELECT number, name, checksum
FROM utarg.utarg_migration
ORDER BY number
