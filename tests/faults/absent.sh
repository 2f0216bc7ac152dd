#!/bin/sh
# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# absent.sh absent|present PROGRAM...: whether none of the programs, or each of them, holds names of failpoints
# and mutants and reads the control file. Debug information, which no process looks at, is left out.
set -eu

die()
{
	echo "absent.sh: $*" >&2
	exit 2
}

wanted=$1
shift
table=$(dirname "$0")/../../common/base/fail_points.h
names=$(sed -n 's/^[[:space:]]*X(\([A-Z0-9_]*\),.*/\1/p' "$table")
[ -n "$names" ] || die "no names in $table"
copy=$(mktemp)
trap 'rm -f "$copy"' EXIT
status=0
for program in "$@"; do
	strip --strip-debug -o "$copy" "$program" || die "no program $program"
	found=
	for name in $names UTARG_FAULTS_FILE; do
		! grep -qFw "$name" "$copy" || found="$found $name"
	done
	if [ "$wanted" = absent ] && [ -n "$found" ]; then
		echo "$program holds:$found"
		status=1
	elif [ "$wanted" = present ] && [ -z "$found" ]; then
		echo "$program holds none"
		status=1
	fi
done
exit $status
