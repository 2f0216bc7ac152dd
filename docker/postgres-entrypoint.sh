#!/bin/sh
# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Makes the cluster on first start, with the owner's password from a secret and SCRAM for everyone, then
# becomes postgres. Listens on the container's network only, which in our compose file is internal.
set -eu
data=/var/lib/utarg-postgres/cluster
secret=${UTARG_OWNER_PASSWORD_FILE:-/run/secrets/utarg_owner}
bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -1)

# PostgreSQL wants a name for its user id, and a container that runs as the caller's id has none for it.
if ! getent passwd "$(id -u)" >/dev/null; then
	printf 'utarg:x:%s:%s::/tmp:/bin/false\n' "$(id -u)" "$(id -g)" >/tmp/passwd
	printf 'utarg:x:%s:\n' "$(id -g)" >/tmp/group
	export LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=/tmp/passwd NSS_WRAPPER_GROUP=/tmp/group
fi

if [ ! -s "$data/PG_VERSION" ]; then
	[ -s "$secret" ] || { echo "postgres: $secret is missing; docker/secrets.sh makes it" >&2; exit 1; }
	rm -rf "$data.new"
	"$bin/initdb" --pgdata="$data.new" --username=utarg_owner --pwfile="$secret" --auth=scram-sha-256 \
		--encoding=UTF8 --locale=C.UTF-8 --data-checksums >/dev/null
	cat >>"$data.new/postgresql.conf" <<'CONF'
listen_addresses = '*'
unix_socket_directories = '/tmp'
password_encryption = scram-sha-256
fsync = on
full_page_writes = on
synchronous_commit = on
shared_buffers = 256MB
max_wal_size = 4GB
timezone = 'UTC'
log_timezone = 'UTC'
log_error_verbosity = terse
log_line_prefix = '%m [%p] %q%a '
CONF
	# The database the services share, made before anyone can connect.
	echo 'CREATE DATABASE utarg' | "$bin/postgres" --single -D "$data.new" postgres >/dev/null
	mv "$data.new" "$data"
fi
# Written at each start: an older version's rules do not stay. Nobody but the owner comes into other databases.
cat >"$data/pg_hba.conf" <<'HBA'
local all   utarg_owner              scram-sha-256
host  all   utarg_owner samenet      scram-sha-256
host  all   utarg_owner 127.0.0.1/32 scram-sha-256
host  utarg all         samenet      scram-sha-256
HBA
exec "$bin/postgres" -D "$data"
