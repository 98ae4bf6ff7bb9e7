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

case ${1-} in
--twice)
	sh scripts/bench.sh
	cp build/bench/summary.json build/bench/summary-1.json
	sh scripts/bench.sh
	exec tests/bench/table.py --compare build/bench/summary-1.json build/bench/summary.json
	;;
--brief) rounds=1 ;;
# All of it in rounds, so that what the machine is like in a minute hits no figure alone.
'') rounds='1 2 3' ;;
*)
	echo "bench.sh: $1 is no option: --brief or --twice" >&2
	exit 2
	;;
esac

# Where an init system looks after /run/lock it is in memory, and so it is for this.
locks='lock files in memory'
if [ "$(stat -f -c %T /run/lock)" != tmpfs ]; then
	if unshare --mount mount -t tmpfs tmpfs /run/lock 2>/dev/null; then
		exec unshare --mount sh -c \
			'mount -t tmpfs tmpfs /run/lock && exec sh scripts/bench.sh "$@"' sh "$@"
	fi
	locks='lock files on a disk'
fi

begun=$(date +%s)
# The packages are words.
# shellcheck disable=SC2086
packages_install $PACKAGES_BENCH
# shellcheck disable=SC2086
packages_install $PACKAGES_PEERS || echo 'without all peers: their figures will be skipped' >&2

cmake --preset bench
cmake --build --preset bench --parallel "$(nproc)" --target benches

# A processor that falls asleep whenever two programs take turns, and wakes up at its own pace, is
# most of what would be measured. None may as long as this is open (0 µs of latency will do).
idle='processors that may fall asleep'
if [ -c /dev/cpu_dma_latency ] && (: >/dev/cpu_dma_latency) 2>/dev/null; then
	exec 3>/dev/cpu_dma_latency
	printf '\0\0\0\0' >&3
	idle='processors kept awake'
fi

export BUILD="$PWD/build/bench"
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 1' INT TERM
built=$(date +%s)
failed=
: >"$BUILD/figures"
# measure PROGRAM...: one that fails must not hide the others. 77: it cannot be measured here.
measure() {
	timeout --foreground 300 "$@" >"$BUILD/figure" || [ $? = 77 ] || failed="$failed ${1##*/}"
	grep -v '^{' "$BUILD/figure" || true
	cat "$BUILD/figure" >>"$BUILD/figures"
}

for round in $rounds; do
	echo "round $round"
	for name in at peers parser lines calls data relay crowd drop gone curve lined told mm; do
		measure "$BUILD/tests/bench_$name" "$@"
	done
	measure tests/bench/simulation.py "$@"
done
# These are the same every time.
measure tests/bench/sizes.py
measure tests/bench/counts.py
# What it says about a run that is void goes to stderr, last.
table() {
	tests/bench/table.py "$BUILD/summary.json" "$BUILD/table.md" "$idle" "$locks" \
		<"$BUILD/figures" 2>"$BUILD/void"
}
table || failed="$failed table.py"
echo
cat "$BUILD/table.md"
echo
echo "installed and built in $((built - begun)) s, measured in $(($(date +%s) - built)) s"
cat "$BUILD/void" >&2
[ -z "$failed" ] || {
	echo "failed:$failed" >&2
	exit 1
}
