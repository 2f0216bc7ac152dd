#!/bin/sh
# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# tests/hardening.sh [DIR]: what the compiler and the linker made of cmake/harden.cmake in each program of DIR (default
# build/release/bin), and whether a service closes itself to other processes of its user. Prints what is missing.
set -u
cd "$(dirname "$0")/.."
folder=${1:-build/release/bin}
failed=0

fail() {
	echo "$*"
	failed=1
}

# Debian 12's startup files are built without CET, and then the linker does not mark a program as protected, whatever our
# own code is made of (Ubuntu's do): so that is looked at in the code. The same for the stack, whose probing
# hardening-check knows in one shape only.
check_elf() {
	report=$(hardening-check --nocfprotection "$1") || fail "$report"
	code=$(objdump -d "$1")
	segments=$(readelf -lW "$1")
	case $segments in
	*GNU_STACK*RWE*) fail "$1: the stack is executable" ;;
	esac
	[ "$(uname -m)" = x86_64 ] || return 0
	printf '%s\n' "$code" | grep -A1 '<main>:$' | grep -q endbr64 || fail "$1: main does not begin with endbr64"
}

# log_write keeps a line of 4 KiB on its stack.
check_probes() {
	[ "$(uname -m)" = x86_64 ] || return 0
	objdump -d "$1" | awk '/<log_write>:$/ { inside = 1 } inside && /^$/ { exit } inside' |
		grep -qE '(or|mov)[lqb]? +\$0x0,\(%rsp\)' || fail "$1: a large frame is not probed"
}

# FORTIFY 3 rather than 2 shows in the flags only.
check_flags() {
	commands=$folder/../compile_commands.json
	[ -f "$commands" ] || return 0
	for flag in -ftrivial-auto-var-init=zero -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=; do
		plain=$(grep '"command"' "$commands" | grep -c -v -e "$flag")
		[ "$plain" = 0 ] || fail "$plain files are compiled without $flag"
	done
}

# A process that others of its user may not trace has its files in /proc owned by root. Root itself proves nothing, so it
# runs as somebody else; `migrate` waits for a database that will not come.
check_closed() {
	as=
	[ "$(id -u)" -ne 0 ] || as="setpriv --reuid=nobody --regid=nogroup --clear-groups"
	place=$(mktemp -d /tmp/utarg-hardening.XXXXXX)
	cp "$1" "$place/program" && chmod 755 "$place" "$place/program"
	# shellcheck disable=SC2086
	(cd / && exec $as "$place/program" migrate --wait 60 --database "host=$place") >"$place/log" 2>&1 &
	pid=$!
	owner=
	for _ in $(seq 500); do
		grep -q 'NoNewPrivs:.*1' "/proc/$pid/status" && owner=$(stat -c %u "/proc/$pid/environ") && [ "$owner" = 0 ] && break
		sleep 0.02
	done
	[ "$owner" = 0 ] || fail "$1 can be traced by other processes of its user: $(cat "$place/log")"
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	rm -rf "$place"
}

for program in "$folder"/utarg "$folder"/utarg-ingest "$folder"/utarg-metrics "$folder"/utarg-campaign; do
	check_elf "$program"
	check_probes "$program"
done
check_flags
check_closed "$folder/utarg"
exit $failed
