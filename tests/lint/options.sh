#!/bin/sh
# SPDX-License-Identifier: MIT
# A switch that is ON and cannot be obeyed stops the configuration; nothing is left out by chance.
. "$(dirname "$0")/lint.sh"
lint_tmp
mkdir "$tmp/pkgconfig"

fail() {
	echo "options: $1" >&2
	cat "$tmp/log" >&2
	exit 1
}

# refuses MISSING OPTION...: without any package, configuring names the one that is missing
refuses() {
	missing=$1
	shift
	if PKG_CONFIG_PATH='' PKG_CONFIG_LIBDIR="$tmp/pkgconfig" \
		cmake -S "$root" -B "$tmp/$missing" "$@" >"$tmp/log" 2>&1; then
		fail "$* is accepted without $missing"
	fi
	grep -q "$missing" "$tmp/log" || fail "$* fails without naming $missing"
}

off='-DWITH_LIBSERIALPORT=OFF -DWITH_UDEV=OFF -DWITH_LIBEDIT=OFF'
bare="$off -DWITH_TOOLS=OFF -DWITH_EXAMPLES=OFF"

# The options are words.
# shellcheck disable=SC2086
{
	refuses libserialport $bare -DWITH_LIBSERIALPORT=ON
	refuses libudev $bare -DWITH_UDEV=ON
	refuses json-c $bare -DWITH_TOOLS=ON
	refuses criterion $bare -DWITH_TESTS=ON
}
# shellcheck disable=SC2086
cmake -S "$root" -B "$tmp/off" $off -DWITH_WERROR=ON >"$tmp/log" 2>&1 ||
	fail 'without the optional libraries it does not configure'
cmake --build "$tmp/off" -j 2 >"$tmp/log" 2>&1 ||
	fail 'without the optional libraries it does not build'
if readelf -d "$tmp"/off/lib/*.so "$tmp"/off/bin/* |
	grep -E 'libserialport|libudev|libedit' >"$tmp/log"; then
	fail 'libraries that are switched off are linked all the same'
fi
