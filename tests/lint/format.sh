#!/bin/sh
# SPDX-License-Identifier: MIT
# Formatting is what clang-format 14 says; other versions say something else.
. "$(dirname "$0")/lint.sh"

for program in clang-format-14 clang-format none; do
	"$program" --version 2>/dev/null | grep -q 'version 14\.' && break
done
if [ "$program" = none ]; then
	echo "clang-format 14 is not here"
	exit 77
fi
cd "$root" || exit 2
lint_files include hal core drivers tools examples tests -- '*.[ch]' |
	xargs "$program" --style=file --dry-run -Werror
