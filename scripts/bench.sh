#!/bin/sh
# SPDX-License-Identifier: MIT
# From a bare Debian 12 to all figures of docs/PERFORMANCE.md, in less than ten minutes: install
# what is missing, build as users get it, measure. Figures mean little while the machine does
# something else.
#   --brief  everything once and in short, to see that it works
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

# Where an init system looks after /run/lock it is in memory, and so it is for this.
if [ "$(stat -f -c %T /run/lock)" != tmpfs ] &&
	unshare --mount mount -t tmpfs tmpfs /run/lock 2>/dev/null; then
	# $0 and $@ are those of the inner shell.
	# shellcheck disable=SC2016
	exec unshare --mount sh -c 'mount -t tmpfs tmpfs /run/lock && exec "$0" "$@"' "$0" "$@"
fi

# The packages are words.
# shellcheck disable=SC2086
packages_install $PACKAGES_BENCH
# shellcheck disable=SC2086
packages_install $PACKAGES_PEERS || echo 'without all peers: their figures will be skipped' >&2

cmake --preset bench
cmake --build --preset bench --parallel "$(nproc)" --target benches

# A processor that falls asleep whenever two programs take turns, and wakes up at its own pace, is
# most of what would be measured. Nobody may as long as this is open (0 µs of latency will do).
if (: >/dev/cpu_dma_latency) 2>/dev/null; then
	exec 3>/dev/cpu_dma_latency
	printf '\0\0\0\0' >&3
else
	echo 'without /dev/cpu_dma_latency: the processors may fall asleep' >&2
fi

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

# All of it in rounds, so that what the machine is like in a minute hits no figure alone.
rounds='1 2 3'
[ "${1-}" != --brief ] || rounds=1
for round in $rounds; do
	echo "round $round"
	for name in at peers parser lines calls data relay crowd drop gone curve lined told mm; do
		measure "$BUILD/tests/bench_$name" "$@"
	done
	for name in simulation sizes counts; do
		measure "tests/bench/$name.py" "$@"
	done
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
