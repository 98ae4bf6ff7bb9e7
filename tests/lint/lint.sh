# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the checkers have in common. Each is called as NAME.sh SOURCE-TREE [BUILD-TREE], prints what
# is wrong as "file: line: what" and exits 1; it exits 77 when the machine lacks what it needs.

# Names must sort alike everywhere.
export LC_ALL=C

root=$(cd "$1" && pwd) || exit 2
build=${2:+$(cd "$2" && pwd)} || exit 2
lint_dir=$(cd "$(dirname "$0")" && pwd)

# lint_files DIR... -- PATTERN...: files below the folders that exist, one a line, from the root.
lint_files() {
	lint_dirs=
	while [ "$1" != -- ]; do
		[ -e "$root/$1" ] && lint_dirs="$lint_dirs $1"
		shift
	done
	shift
	[ -n "$lint_dirs" ] || return 0
	lint_names=
	for lint_name in "$@"; do
		lint_names="$lint_names -o -name $lint_name"
	done
	# The words are names of ours, without blanks; the patterns are for find.
	# shellcheck disable=SC2086
	(set -f && cd "$root" && find $lint_dirs \( -name build -o -name .git \) -prune -o \
		-type f \( ${lint_names# -o } \) -print | sed 's|^\./||' | sort)
}

# The C of the product itself.
lint_product() {
	lint_files include hal core drivers tools examples -- '*.[ch]' '*.c.in'
}

# lint_archive LAYER: where CMake puts the layer's static library.
lint_archive() {
	echo "$build/$1/libtrunkline_$1.a"
}

# lint_cache NAME: a value of the build tree's CMake cache.
lint_cache() {
	sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
}

# Complaints come in on stdin; none is success.
lint_verdict() {
	if grep . >&2; then
		exit 1
	fi
	exit 0
}

# lint_tmp: a directory in $tmp that goes away with the script.
lint_tmp() {
	tmp=$(mktemp -d) || exit 2
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 2' HUP INT TERM
}
