#!/bin/sh
# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Makes what docker-compose.yml needs and no repository may hold: random database passwords in
# docker/secrets/, empty places for the keys that the migrate container makes, and, in .env, the user who may
# read them. Runs again without changing what is there.
set -eu
cd "$(dirname "$0")/.."
umask 077
mkdir -p docker/secrets docker/erasures
if [ "$(id -u)" = 0 ]; then uid=10001 gid=10001; else uid=$(id -u) gid=$(id -g); fi

random_hex() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# The owner's password is also postgres's --pwfile: one line, nothing else.
[ -s docker/secrets/utarg_owner ] || random_hex >docker/secrets/utarg_owner
for role in utarg_ingest utarg_metrics utarg_campaign utarg_operator utarg_readonly; do
	[ -s "docker/secrets/$role" ] || random_hex >"docker/secrets/$role"
done
# The key of visitors' and customers' pseudonyms. Keep a copy where the database's backups are not: with another
# one everybody would be somebody new, and whoever has it can try out who is meant.
[ -s docker/secrets/pseudonym.key ] || od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >docker/secrets/pseudonym.key
for role in utarg_owner utarg_ingest utarg_metrics utarg_campaign utarg_operator utarg_readonly; do
	printf '*:*:*:%s:%s\n' "$role" "$(cat "docker/secrets/$role")" >"docker/secrets/$role.pgpass"
done
mkdir -p docker/secrets/keys
for key in server.key_secret ingest.key metrics.key campaign.key operator.key; do
	: >>"docker/secrets/keys/$key"
done
if [ ! -f .env ] || ! grep -q '^UTARG_UID=' .env; then
	printf 'UTARG_UID=%s\nUTARG_GID=%s\n' "$uid" "$gid" >>.env
fi
[ "$(id -u)" != 0 ] || chown -R "$uid:$gid" docker/secrets docker/erasures
echo "docker/secrets and .env are ready; now: docker-compose up -d"
