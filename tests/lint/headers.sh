#!/bin/sh
# SPDX-License-Identifier: MIT
# Every header compiles alone; the installed ones also for users of C99 and C++.
. "$(dirname "$0")/lint.sh"

strict='-pedantic -Wall -Wextra -Werror -fsyntax-only'
modules=$(pkg-config --cflags json-c 2>/dev/null)

# What stdin includes is looked for here first.
cd "$root" || exit 2

# compile FILE COMPILER OPTION...
compile() {
	header=$1
	shift
	# shellcheck disable=SC2086
	echo "#include \"${header#include/}\"" | "$@" $strict -I"$root" -I"$root/include" - 2>&1 |
		sed "s|^|$header: |"
}

{
	for header in $(lint_files include hal core drivers tools -- '*.h'); do
		# shellcheck disable=SC2086
		compile "$header" "${CC:-cc}" -xc -std=c11 -D_GNU_SOURCE $modules
	done
	for header in $(lint_files include -- '*.h'); do
		compile "$header" "${CC:-cc}" -xc -std=c99
		compile "$header" "${CXX:-c++}" -xc++ -std=c++17
	done
} | lint_verdict
