#!/bin/sh
# SPDX-License-Identifier: MIT
# From a bare Debian 12 to all figures of docs/PERFORMANCE.md, in less than ten minutes: install
# what is missing, build as users get it, measure. Figures mean little while the machine does
# something else.
#   --brief  everything once, to see that it works
#   --twice  all of it twice, and whether both agree
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh

if [ "${1-}" = --twice ]; then
	scripts/bench.sh
	cp build/bench/summary.json build/bench/summary-1.json
	scripts/bench.sh
	exec tests/bench/table.py --compare build/bench/summary-1.json build/bench/summary.json
fi

# The packages are words.
# shellcheck disable=SC2086
packages_install $PACKAGES_BENCH
# shellcheck disable=SC2086
packages_install $PACKAGES_PEERS || echo 'without all peers: their figures will be skipped' >&2

cmake --preset bench
cmake --build --preset bench --parallel "$(nproc)" --target benches

export BUILD="$PWD/build/bench"
begun=$(date +%s)
failed=
: >"$BUILD/figures"
# measure PROGRAM...: one that fails must not hide the others.
measure() {
	"$@" >"$BUILD/figure" || failed="$failed ${1##*/}"
	grep -v '^{' "$BUILD/figure" || true
	cat "$BUILD/figure" >>"$BUILD/figures"
}

for name in at peers parser lines calls data relay crowd drop gone curve lined told mm; do
	measure "$BUILD/tests/bench_$name" "$@"
done
for name in simulation sizes counts; do
	measure "tests/bench/$name.py" "$@"
done
# What it says about a run that is void goes to stderr, last.
table() {
	tests/bench/table.py "$BUILD/summary.json" "$BUILD/table.md" <"$BUILD/figures" \
		2>"$BUILD/void"
}
table || failed="$failed table.py"
echo
cat "$BUILD/table.md"
echo
echo "measured in $(($(date +%s) - begun)) s"
cat "$BUILD/void" >&2
[ -z "$failed" ] || {
	echo "failed:$failed" >&2
	exit 1
}
