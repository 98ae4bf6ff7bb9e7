#!/bin/sh
# SPDX-License-Identifier: MIT
# The shell scripts as shellcheck sees them.
. "$(dirname "$0")/lint.sh"

if ! command -v shellcheck >/dev/null; then
	echo "shellcheck is not here"
	exit 77
fi
cd "$root" || exit 2
# Names that cross files are none of its business.
lint_files .ci scripts tests examples -- '*.sh' run 25-trunkline |
	xargs shellcheck -e SC1091,SC2034,SC2154
