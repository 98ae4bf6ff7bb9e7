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
failed=
: >"$BUILD/figures"
# measure PROGRAM...: one that fails must not hide the others.
measure() {
	"$@" >"$BUILD/figure" || failed="$failed ${1##*/}"
	grep -v '^{' "$BUILD/figure" || true
	cat "$BUILD/figure" >>"$BUILD/figures"
}

for name in at peers parser lines calls data drop gone curve lined mm; do
	measure "$BUILD/tests/bench_$name" "$@"
done
for name in simulation sizes counts; do
	measure "tests/bench/$name.py" "$@"
done
tests/bench/table.py "$BUILD/summary.json" "$BUILD/table.md" <"$BUILD/figures"
echo
cat "$BUILD/table.md"
[ -z "$failed" ] || {
	echo "failed:$failed" >&2
	exit 1
}
