#!/bin/sh
# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# tests/postgres.sh COMMAND...: runs COMMAND with a PostgreSQL of its own and removes it afterwards.
#
# The cluster lives in a 0700 directory, listens on a socket in it and nowhere else, and has the migrated
# schema. COMMAND finds it in UTARG_TEST_DATABASE (a conninfo, as the superuser utarg_owner). Root lets the
# user postgres run it, since a server refuses root. The machine's own cluster is never touched.
# UTARG_PG_BIN names another PostgreSQL's bin directory, UTARG_TEST_PG_OPTIONS adds server options.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
unset PGHOST PGPORT PGUSER PGDATABASE PGOPTIONS PGSERVICE PGPASSFILE PGSSLMODE PGDATA || true
export LC_ALL=C

die() {
	echo "tests/postgres.sh: $*" >&2
	exit 1
}

[ $# -gt 0 ] || die "no command given"
bin=${UTARG_PG_BIN:-}
if [ -z "$bin" ]; then
	for candidate in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5 -n -r) $(dirname "$(command -v initdb || echo /)"); do
		if [ -x "$candidate/initdb" ]; then
			bin=$candidate
			break
		fi
	done
fi
[ -n "$bin" ] || die "no PostgreSQL server found: apt-get install postgresql"

# Not TMPDIR: a socket's path may have 107 bytes at most.
dir=$(mktemp -d /tmp/utarg-pg.XXXXXX)
as_server=""
if [ "$(id -u)" -eq 0 ]; then
	id postgres >/dev/null 2>&1 || die "there is no user postgres to run the server"
	chown postgres "$dir"
	as_server="setpriv --reuid=postgres --regid=postgres --init-groups"
fi

child=""
clean() {
	trap - EXIT INT TERM HUP
	[ -z "$child" ] || kill "$child" 2>/dev/null || true
	if [ -f "$dir/data/postmaster.pid" ]; then
		# A test may have left the server frozen.
		kill -CONT "$(head -n 1 "$dir/data/postmaster.pid")" 2>/dev/null || true
		(cd / && $as_server "$bin/pg_ctl" stop -D "$dir/data" -m immediate -s -w -t 30) || true
	fi
	rm -rf "$dir"
}
trap 'clean' EXIT
trap 'clean; exit 130' INT
trap 'clean; exit 143' TERM HUP

cd /
$as_server "$bin/initdb" -D "$dir/data" -U utarg_owner -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 ||
	{ cat "$dir/log" >&2; die "initdb failed"; }
$as_server "$bin/pg_ctl" start -D "$dir/data" -l "$dir/data/log" -s -w -t 60 -o "-p 5432 -c listen_addresses='' \
	-c unix_socket_directories='$dir' -c shared_buffers=32MB -c max_connections=60 \
	${UTARG_TEST_PG_OPTIONS:-}" >"$dir/log" 2>&1 </dev/null ||
	{ cat "$dir/log" "$dir/data/log" >&2; die "the server did not start"; }

# Killed with SIGKILL (a runner's timeout), this shell cannot clean up: somebody else looks after it.
(
	trap '' INT TERM HUP
	while kill -0 $$ 2>/dev/null; do
		sleep 2
	done
	[ ! -d "$dir" ] || clean
) >/dev/null 2>&1 </dev/null &

UTARG_TEST_DATABASE="host=$dir port=5432 dbname=utarg user=utarg_owner"
export UTARG_TEST_DATABASE
"$bin/psql" -X -q -h "$dir" -p 5432 -U utarg_owner -d postgres -c 'CREATE DATABASE utarg' || die "no database"
for migration in "$root"/services/utarg/migrations/*.sql; do
	"$bin/psql" -X -q -1 -v ON_ERROR_STOP=1 "$UTARG_TEST_DATABASE" -f "$migration" >"$dir/log" 2>&1 ||
		{ cat "$dir/log" >&2; die "$migration failed"; }
done

cd "$root"
"$@" &
child=$!
status=0
wait "$child" || status=$?
child=""
exit "$status"
