#!/bin/sh
# SPDX-License-Identifier: MIT
# The table of USB modems: its form, its order, and that each profile has a driver.
. "$(dirname "$0")/lint.sh"

drivers=$(sed -n 's/^set(DRIVERS \(.*\))$/\1/p' "$root/drivers/CMakeLists.txt")

{
	[ -n "$drivers" ] || echo "drivers/CMakeLists.txt: no DRIVERS found"
	cd "$root" || exit 2
	awk -v want=nothing -v profiles="$drivers" -f udev-rules/devices.awk \
		udev-rules/devices.tsv 2>&1
} | lint_verdict
