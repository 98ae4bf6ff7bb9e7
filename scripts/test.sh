#!/bin/sh
# SPDX-License-Identifier: MIT
# From a bare Debian 12 to all tests, with the sanitizers: install what is missing, build, run.
# The exit status is that of ctest, whose summary is the end of the output.
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh

# The packages are words.
# shellcheck disable=SC2086
packages_install $PACKAGES_TEST
# shellcheck disable=SC2086
packages_install $PACKAGES_QEMU || echo 'without QEMU: tests that need it will be skipped' >&2

# shellcheck disable=SC2086
packages_install $PACKAGES_PEERS || echo 'without all peers: their benchmarks will be skipped' >&2

cmake --preset dev -DWITH_WERROR=ON
cmake --build --preset dev --parallel "$(nproc)"
exec ctest --preset dev
