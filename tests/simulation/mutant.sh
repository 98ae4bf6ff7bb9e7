#!/bin/sh
# SPDX-License-Identifier: MIT
# A mutant must be found out, and the way to it made short: the few steps that are printed fail
# alone, and in the same way.
set -eu

simulate=$1
failure=$2
out=$("$simulate" --first 1 --seeds 1000 2>&1) && {
	echo "the mutant was not found out"
	exit 1
}
echo "$out"
seed=$(echo "$out" | sed -n 's/^replay: .*--first \([0-9]*\).*/\1/p')
only=$(echo "$out" | sed -n 's/^replay: .*--steps-only \([0-9,]*\).*/\1/p')
[ "$(echo "$only" | tr ',' '\n' | wc -l)" -le 6 ]
again=$("$simulate" --first "$seed" --seeds 1 --steps-only "$only" 2>&1) && exit 1
echo "$out" | grep "^seed $seed,.*: $failure"
echo "$again" | grep "^seed $seed,.*: $failure"
