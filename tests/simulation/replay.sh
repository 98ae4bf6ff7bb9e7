#!/bin/sh
# SPDX-License-Identifier: MIT
# The same seeds twice, by one job and by two: the same events at the same times.
set -eu

simulate=$1
once=$("$simulate" --first 1 --seeds 200 | tail -n 1)
twice=$("$simulate" --first 1 --seeds 200 --jobs 2 | tail -n 1)
echo "$once"
case $once in
trace\ *) ;;
*) exit 1 ;;
esac
[ "$once" = "$twice" ]
