# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=sh
#
# What `run` and `test` share: packages of a fresh machine, and building. Sourced from the repository's root;
# setup_log names a file for what tools print.
# shellcheck disable=SC2154

die() {
	echo "$*" >&2
	exit 3
}

# Any PostgreSQL from 15 on will do, whatever its package is called.
has_postgresql() {
	for setup_initdb in /usr/lib/postgresql/*/bin/initdb; do
		setup_version=${setup_initdb#/usr/lib/postgresql/}
		[ -x "$setup_initdb" ] && [ "${setup_version%%/*}" -ge 15 ] && return 0
	done
	return 1
}

is_installed() {
	[ "$1" = postgresql ] && { has_postgresql; return; }
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# missing_packages KIND...: the packages of these kinds that are not installed.
missing_packages() {
	for setup_kind; do
		sed -n "s/^$setup_kind //p" packages.txt
	done | while read -r setup_package; do
		is_installed "$setup_package" || echo "$setup_package"
	done
}

# need_packages KIND...: installs what is missing, with sudo when we are not root.
need_packages() {
	command -v dpkg-query >/dev/null 2>&1 || die "This needs Debian or Ubuntu; elsewhere install by hand what packages.txt names and use cmake."
	setup_missing=$(missing_packages "$@" | tr '\n' ' ')
	[ -z "$setup_missing" ] && return 0
	setup_root=
	if [ "$(id -u)" -ne 0 ]; then
		setup_root=sudo
		if ! command -v sudo >/dev/null 2>&1 || { ! sudo -n true 2>/dev/null && [ ! -t 0 ]; }; then
			die "Packages are missing and this user may not install them. As root: apt-get install --no-install-recommends $setup_missing"
		fi
	fi
	echo "Installing: $setup_missing"
	# The package would make and start a cluster of the whole machine, which nobody here needs.
	case " $setup_missing" in
	*" postgresql "*)
		# shellcheck disable=SC2016
		$setup_root sh -c '[ -e /etc/postgresql-common ] || { mkdir -p /etc/postgresql-common/createcluster.d &&
			echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/utarg.conf; }'
		;;
	esac
	$setup_root apt-get update -qq || echo "apt-get update failed; trying with the lists that are here" >&2
	# shellcheck disable=SC2086
	$setup_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $setup_missing >/dev/null ||
		die "The packages could not be installed. Try: ${setup_root:+sudo }apt-get install --no-install-recommends $setup_missing"
	has_postgresql || die "This system has no PostgreSQL 15 or newer; Debian 12 and Ubuntu 24.04 have one."
}

# build_preset NAME [-DKEY=VALUE...]: binaries land in build/NAME/bin. setup_targets: only these (empty: all).
build_preset() {
	setup_preset=$1
	shift
	cmake --preset "$setup_preset" "$@" >"$setup_log" 2>&1 || { cat "$setup_log" >&2; die "configuring build/$setup_preset failed"; }
	# shellcheck disable=SC2086
	cmake --build --preset "$setup_preset" ${setup_targets:+--target $setup_targets} >"$setup_log" 2>&1 || { cat "$setup_log" >&2; die "building build/$setup_preset failed"; }
}
