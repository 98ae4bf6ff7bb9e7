# SPDX-License-Identifier: MIT
# Functions, which in kernel style go from a "{" to a "}" in the first column, that are too long.
/^\{$/ { start = NR }
/^\}$/ && start {
	lines = NR - start + 1
	if (lines > max)
		printf "%s: %d: function of %d lines (%d at most)\n", file, start, lines, max
	start = 0
}
