# SPDX-License-Identifier: MIT
# Lines that are too wide; tables that clang-format is told to leave alone may be.
/clang-format off/ { table = 1 }
/clang-format on/ { table = 0 }
!table && length($0) > max { printf "%s: %d: over %d columns\n", file, NR, max }
