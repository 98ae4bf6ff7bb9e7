#!/bin/sh
# SPDX-License-Identifier: MIT
# The library exports what the headers declare and the map lists: no more, no less.
. "$(dirname "$0")/lint.sh"
lint_tmp

cat "$root"/include/trunkline/*.h | awk -f "$lint_dir/strip.awk" | grep -v '^#' | tr '\n\t' '  ' |
	grep -oE 'TL_API [^;(]*\(' | sed 's/ *($//; s/.*[ *]//' | sort >"$tmp/declared"
sed -n 's/^[[:space:]]*\(tl_[a-z0-9_]*\);$/\1/p' "$root/core/trunkline.map" >"$tmp/map"
nm -D --defined-only "$build/lib/libtrunkline.so" |
	awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >"$tmp/exported"

# differ A B WHAT: lines of A that B lacks
differ() {
	comm -23 "$tmp/$1" "$tmp/$2" | sed "s|\$|: $3|"
}

{
	[ -s "$tmp/declared" ] || echo "include/trunkline: no TL_API function found"
	sort -c "$tmp/map" 2>&1 | sed 's|^.*disorder|core/trunkline.map: not in order|'
	sort "$tmp/map" >"$tmp/listed"
	differ declared listed "declared, but not in core/trunkline.map"
	differ listed declared "in core/trunkline.map, but not declared"
	differ listed exported "in core/trunkline.map, but not exported"
	# Instrumented builds add names of their own.
	differ exported listed "exported, but not in core/trunkline.map" | grep -v '^__'
} | lint_verdict
