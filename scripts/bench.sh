#!/bin/sh
# SPDX-License-Identifier: MIT
# From a bare Debian 12 to all figures of docs/PERFORMANCE.md, in a few minutes: install what is
# missing, build as users get it, measure. --brief: everything once, to see that it works.
# Figures mean little while the machine does something else.
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh

# The packages are words.
# shellcheck disable=SC2086
packages_install $PACKAGES_BENCH
# shellcheck disable=SC2086
packages_install $PACKAGES_PEERS || echo 'without all peers: their figures will be skipped' >&2

cmake --preset bench
cmake --build --preset bench --parallel "$(nproc)" --target benches

export BUILD="$PWD/build/bench"
# One after the other, and one that fails must not hide the others.
failed=
: >"$BUILD/figures"
for bench in "$BUILD"/tests/bench_* tests/bench/sizes.py tests/bench/simulation.py; do
	"$bench" "$@" >"$BUILD/figure" || failed="$failed ${bench##*/}"
	grep -v '^{' "$BUILD/figure" || failed="$failed ${bench##*/}"
	cat "$BUILD/figure" >>"$BUILD/figures"
done
tests/bench/table.py "$BUILD/summary.json" "$BUILD/table.md" <"$BUILD/figures"
echo
cat "$BUILD/table.md"
[ -z "$failed" ] || {
	echo "failed:$failed" >&2
	exit 1
}
