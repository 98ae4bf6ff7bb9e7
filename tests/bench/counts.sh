#!/bin/sh
# SPDX-License-Identifier: MIT
# Build what counts.py counts as users get it, whatever this build tree is: SOURCE-TREE BUILD-TREE
# COMPILER
set -eu

[ "$(uname -m)" = x86_64 ] || exit 77
cmake -S "$1" -B "$2" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER="$3" -DWITH_TESTS=ON
exec cmake --build "$2" --parallel 2 --target bench_counts
