#!/bin/sh
# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Includes point down only, each outside library has one room, and some calls are not made at all. Prints each
# offender as file:line: reason, and exits 1 when there is one. `tests/floors.sh FOLDER` checks another tree.
set -eu
cd "${1:-$(dirname "$0")/..}"

folders=
for folder in common services; do
	[ -d "$folder" ] && folders="$folders $folder"
done
[ -n "$folders" ] || { echo "floors: neither common/ nor services/ here" >&2; exit 2; }

# Every include of our code, as "file:line:name" with < > or " " taken off.
includes()
{
	# shellcheck disable=SC2086
	grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include' $folders |
		sed -E 's/^([^:]*:[0-9]+):[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([^>"]*)[>"].*/\1:\2/'
}

# Each rule is one line of the table: who (a pattern on the file), and what it may include of ours.
check_floors()
{
	includes | awk -F: '
	BEGIN {
		# floor 0
		allow["common/base"] = "common/base"
		# floor 1: they do not know each other
		allow["common/bus"] = "common/base common/bus"
		allow["common/db"] = "common/base common/db"
		allow["common/json"] = "common/base common/json"
		# floor 2
		allow["common/journal"] = "common/base common/db common/journal"
		allow["common/svc"] = "common/base common/bus common/svc"
		allow["common/client"] = "common/base common/bus common/client"
		allow["common/keyring"] = "common/base common/db common/svc common/keyring"
		allow["common/publisher"] = "common/base common/bus common/publisher"
	}
	function room(path, parts, count) {
		count = split(path, parts, "/")
		return count < 3 ? "" : parts[1] "/" parts[2]
	}
	function has(list, word, words, count, i) {
		count = split(list, words, " ")
		for (i = 1; i <= count; i++)
			if (words[i] == word)
				return 1
		return 0
	}
	function offend(reason) {
		print $1 ":" $2 ": " reason
	}
	{
		from = room($1); to = $3
		is_core = $1 ~ /^services\/[^\/]+\/core\//
		ours = to ~ /^(common|services)\//
		if (to ~ /^\.\.?\// || to ~ /\/\.\.\//) {
			offend(to " is not named from the root")
		} else if (from == "") {
			offend("stands in no room")
		} else if (!ours) {
			# what belongs to one room alone
			if (to == "zmq.h" && from != "common/bus")
				offend("zmq.h belongs to common/bus")
			else if ((to == "libpq-fe.h" || to ~ /^libpq/ || to ~ /^postgresql\//) && from != "common/db")
				offend("libpq-fe.h belongs to common/db")
			else if (to == "gmp.h" && from == "services/metrics" && is_core)
				next
			else if (to == "expat.h" && from == "services/utarg" && is_core)
				next
			else if (to == "gmp.h" || to == "expat.h")
				offend(to " belongs to another core")
			else if (is_core && !is_pure(to))
				offend("the pure core does not include " to)
			else if (to ~ /\// && to !~ /^(utarg\/v1|sys|netinet|arpa|net|linux|protobuf-c|uuid|sanitizer)\//)
				offend(to " is not known here: named from the root?")
			else if (to !~ /\// && to !~ /^[a-z0-9_-]+\.h$/)
				offend(to " is not known here")
		} else if (from ~ /^common\//) {
			if (!(from in allow))
				offend(from " has no floor in tests/floors.sh")
			else if (!has(allow[from], room(to)))
				offend(from " does not include " to)
		} else if (is_core) {
			own = from "/core/"
			if (index(to, own) != 1 && to !~ /^common\/base\//)
				offend("the pure core does not include " to)
		} else if (to ~ /^services\// && room(to) != from) {
			offend("services do not include each other: " to)
		}
	}
	# Standard C (and strings.h), without what reads a clock, a file or the network; protobuf-c for what it decodes.
	function is_pure(name) {
		return name ~ /^utarg\/v1\/[a-z_]+\.pb-c\.h$/ || name == "protobuf-c/protobuf-c.h" ||
			name ~ /^(assert|ctype|errno|float|inttypes|iso646|limits|math|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|tgmath)\.h$/
	}'
}

# Pure code opens nothing and reads no clock; writing to a stream that the caller hands in is the caller's I/O.
check_core()
{
	for core in services/*/core; do
		[ -d "$core" ] || continue
		calls "$core" 'printf|puts|putchar|fopen|fdopen|fread|fgets|scanf|fscanf|open|read|write|close|time|clock|clock_gettime|gettimeofday|localtime|gmtime|getenv|setenv|rand|random|clock_now_ms|clock_now_us|clock_monotonic_ms|clock_monotonic_us|log_write|log_error|log_warn|log_info|log_debug|zone_load' \
			'is not called in the pure core'
	done
}

check_banned()
{
	for folder in $folders; do
		calls "$folder" 'strcpy|stpcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|system|popen|tmpnam|mktemp|alloca' 'is banned'
	done
}

# Calls of these names under a folder, outside comments and texts: "file:line: name reason".
calls()
{
	find "$1" -name '*.[ch]' -exec awk -v names="$2" -v reason="$3" '
	FNR == 1 { comment = 0 }
	{
		line = $0
		gsub(/\\\\/, "", line)             # escaped backslash, then escaped quotes
		gsub(/\\["\047]/, "", line)
		gsub(/"[^"]*"/, "\"\"", line)
		gsub(/\047[^\047]*\047/, "0", line)
		if (comment) {
			if (!sub(/^.*\*\//, "", line))
				next
			comment = 0
		}
		gsub(/\/\*[^*]*\*+([^\/*][^*]*\*+)*\//, "", line)
		sub(/\/\/.*/, "", line)
		if (sub(/\/\*.*/, "", line))
			comment = 1
		while (match(line, "(^|[^A-Za-z0-9_])(" names ")[ \t]*\\(")) {
			call = substr(line, RSTART, RLENGTH)
			before = substr(line, RSTART, 1)
			line = substr(line, RSTART + RLENGTH)
			gsub(/[^A-Za-z0-9_]/, "", call)
			# A member called like one is another thing.
			if (before != "." && before != ">")
				print FILENAME ":" FNR ": " call "() " reason
		}
	}' {} +
}

offenders=$(check_floors; check_core; check_banned)
if [ -n "$offenders" ]; then
	printf '%s\n' "$offenders"
	exit 1
fi
