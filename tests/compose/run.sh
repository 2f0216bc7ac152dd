#!/bin/bash
# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Brings docker-compose.yml up for real: builds the images from Debian's packages, publishes an order inside
# the internal network, waits for its figure, verifies it, restarts the services and looks again. Runs in a
# copy of the tree with a project name of its own, so it touches no deployment. Prints `N passed, N failed`.
# What is missing (engine, base image) is installed or made by debootstrap; needs root for that.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d /tmp/utarg-compose.XXXXXX)
project=utargtest$$
passed=0 failed=0
docker=/usr/bin/docker
compose() { (cd "$work/src" && /usr/bin/docker-compose -p "$project" "$@"); }
started_dockerd=

check() { # check "what" command...
	local what=$1
	shift
	if "$@"; then
		passed=$((passed + 1)) && echo "ok   $what"
	else
		failed=$((failed + 1)) && echo "FAIL $what"
	fi
}

finish() {
	[ ! -d "$work/src" ] || compose --profile cli down -v --remove-orphans >/dev/null 2>&1 || true
	[ -z "$started_dockerd" ] || kill "$started_dockerd" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT

install_engine() {
	local missing=()
	for package in docker.io docker-compose debootstrap iptables; do
		dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
	done
	[ ${#missing[@]} -eq 0 ] && return
	apt-get update -q >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
}

start_engine() {
	"$docker" info >/dev/null 2>&1 && return
	setsid dockerd >"$work/dockerd.log" 2>&1 &
	started_dockerd=$!
	for _ in $(seq 100); do
		"$docker" info >/dev/null 2>&1 && return
		sleep 0.2
	done
	echo "the engine does not start:" && tail -5 "$work/dockerd.log" && exit 1
}

make_base_image() {
	"$docker" image inspect debian:bookworm-slim >/dev/null 2>&1 && return
	debootstrap --variant=minbase bookworm "$work/root" >/dev/null
	tar -C "$work/root" -c . | "$docker" import - debian:bookworm-slim >/dev/null
	rm -rf "$work/root"
}

is_healthy() {
	local id
	id=$(compose ps -q "$1") && [ "$("$docker" inspect -f '{{.State.Health.Status}}' "$id")" = healthy ]
}

all_healthy() {
	for _ in $(seq 300); do
		is_healthy ingest && is_healthy metrics && is_healthy campaign && return 0
		sleep 0.5
	done
	compose ps
	compose logs --tail 20
	return 1
}

cli() { compose --profile cli run --rm -T cli utarg "$@"; }

figure_is() { # figure_is KPI VALUE: waits up to 20 s
	local got=
	for _ in $(seq 20); do
		got=$(cli kpi demo "$1" --from 2026-11-20 --to 2026-11-20 --json 2>/dev/null |
			/usr/bin/python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["value"])' 2>/dev/null) || true
		[ "$got" = "$2" ] && return 0
		sleep 1
	done
	echo "$1 is '$got', not '$2'"
	return 1
}

publish_order() {
	cli publish - <<'JSON'
{"event":{"shop":"demo","occurredAtMs":"1795172400000","source":"compose-test","purchase":{"orderId":"A-1","currency":"PLN","lines":[{"sku":"mug","quantity":"2","netMinor":"4000","taxRateBp":2300}]}},"subject":{"visitorId":"v1"}}
JSON
}

# Another pair than the operator's: made by the owner, and revoked before it is used.
nobody_without_a_key() {
	compose run --rm -T migrate utarg key new --kind operator --name former --out /keys/former.key >/dev/null &&
		compose run --rm -T migrate utarg key revoke former >/dev/null &&
		compose run --rm -T migrate utarg health ingest >/dev/null &&
		! compose run --rm -T -e UTARG_KEY_FILE=/keys/former.key migrate utarg health ingest >/dev/null 2>&1
}

forgets_visitor() {
	compose run --rm -T migrate utarg forget demo --visitor v1 | grep -q "nothing is left"
}

runs_without_root() {
	local id
	for service in postgres ingest metrics campaign; do
		id=$(compose ps -q "$service")
		[ "$("$docker" exec "$id" id -u)" != 0 ] || return 1
	done
}

# Of each container's first process: no capability, no way to get one, a root file system that cannot be written.
is_confined() {
	local id status
	for service in postgres ingest metrics campaign; do
		id=$(compose ps -q "$service")
		status=$("$docker" exec "$id" cat /proc/1/status)
		grep -q '^CapEff:[[:space:]]*0*$' <<<"$status" && grep -q '^CapBnd:[[:space:]]*0*$' <<<"$status" &&
			grep -q '^NoNewPrivs:[[:space:]]*1$' <<<"$status" || { echo "$service: $status" && return 1; }
		! "$docker" exec "$id" sh -c 'touch /etc/written' 2>/dev/null || { echo "$service writes to /etc" && return 1; }
	done
}

# No password in what `docker inspect` shows, nor in a log.
# The words that nobody may read: passwords as they are, of key files the secret half.
secret_words() {
	local file
	for file in "$work"/src/docker/secrets/*; do
		case $file in
		*.pgpass) ;;
		*/keys) sed -n 's/^ *secret-key = "\(.*\)"$/\1/p' "$file"/* ;;
		*) cat "$file" && echo ;;
		esac
	done
}

hides_secrets() {
	local shown word words
	shown=$("$docker" inspect $(compose ps -a -q) && compose logs)
	words=$(secret_words | grep .)
	[ "$(wc -l <<<"$words")" -ge 12 ] || { echo "only these were looked for: $(wc -l <<<"$words")" && return 1; }
	while read -r word; do
		! grep -qF -- "$word" <<<"$shown" || { echo "a secret that begins with ${word:0:4} is shown" && return 1; }
	done <<<"$words"
}

install_engine
start_engine
make_base_image
mkdir "$work/src"
(cd "$here" && tar -c --exclude=./build --exclude=./.git --exclude=./.utarg --exclude=./docker/secrets --exclude=./.env .) |
	tar -x -C "$work/src"
check "without secrets compose refuses with a sentence" \
	sh -c "cd '$work/src' && ! /usr/bin/docker-compose -p '$project' config >/dev/null 2>'$work/refusal' && grep -q 'docker/secrets.sh' '$work/refusal'"
(cd "$work/src" && docker/secrets.sh >/dev/null)
compose --profile cli build >"$work/build.log" 2>&1 || { tail -30 "$work/build.log"; exit 1; }
compose up -d >"$work/up.log" 2>&1 || { cat "$work/up.log"; compose logs --tail 20; exit 1; }
check "postgres, migrate and the services come up healthy" all_healthy
check "nothing runs as root" runs_without_root
check "without a key nobody is answered" nobody_without_a_key
check "containers have no capabilities and a read-only root" is_confined
check "secrets are in their files only" hides_secrets
check "a shop is added" cli shop add demo --name "Demo" --currency PLN --zone Europe/Warsaw
check "an order is published" publish_order
check "its figure is seen" figure_is orders 1
check "net revenue is exact" figure_is net_revenue 40.00
check "verify agrees" cli verify demo
check "its visitor is forgotten" forgets_visitor
check "and the figure stays" figure_is orders 1
compose restart ingest metrics campaign >/dev/null 2>&1
check "healthy again after a restart" all_healthy
check "the figure is still there" figure_is orders 1
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
