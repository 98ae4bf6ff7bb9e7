#!/bin/sh
# SPDX-License-Identifier: MIT
# What docs/STYLE.md forbids and text or symbols can show.
. "$(dirname "$0")/lint.sh"

FILE_LINES_MAX=800
FUNCTION_LINES_MAX=80
COLUMNS_MAX=100

blocking='sleep|usleep|nanosleep|clock_nanosleep|tcdrain'
blocking="$blocking|sp_blocking_[a-z_]+|sp_nonblocking_[a-z_]+|sp_wait|sp_drain"
unsafe='system|popen|atoi|atol|atoll|strtol|strtoll|strtoul|strtoull|sscanf|strcpy|strncpy|strcat'
unsafe="$unsafe|sprintf|vsprintf|gets|strtok|strtok_r|alloca"

functions_called() {
	lint_files hal core drivers -- '*.[ch]' '*.c.in' | while IFS= read -r file; do
		awk -f "$lint_dir/strip.awk" "$root/$file" |
			grep -nE "(^|[^A-Za-z0-9_])($blocking|$unsafe)[[:space:]]*\\(" |
			sed "s|^|$file: |; s|\$| (forbidden function)|"
	done
}

# Mutable statics are what ends up in sections that are written to. Names with two underscores are
# the sanitizers' own.
mutable_statics() {
	for layer in hal core drivers; do
		archive=$(lint_archive "$layer")
		[ -e "$archive" ] || continue
		nm --format=sysv "$archive" | awk -F'[ \t]*[|][ \t]*' -v layer="$layer" '
			/^Symbols from / {
				object = $0
				gsub(/.*\[|\].*/, "", object)
			}
			$7 ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ && $7 !~ /^\.data\.rel\.ro/ &&
			$4 == "OBJECT" && $1 !~ /^__/ {
				print layer "/" object ": mutable static " $1
			}'
	done
}

sources() {
	lint_files . -- '*.[ch]' '*.c.in' '*.sh' '*.py' '*.awk' '*.cmake' '*.cmake.in' '*.rules' \
		CMakeLists.txt run
}

licences() {
	sources | while IFS= read -r file; do
		head -n 2 "$root/$file" | grep -q 'SPDX-License-Identifier: MIT' ||
			echo "$file: no SPDX line at the top"
	done
}

# The brackets keep these patterns from finding themselves.
leftovers() {
	lint_files . -- '*.[ch]' '*.in' '*.sh' '*.py' '*.awk' '*.cmake' '*.md' '*.scd' '*.ini' \
		'*.json' '*.varlink' '*.map' CMakeLists.txt run | while IFS= read -r file; do
		grep -nE '(^|[^A-Za-z])(TO[D]O|FIXM[E]|XX[X])([^A-Za-z]|$)' "$root/$file" |
			sed "s|^|$file: |; s|\$| (finish it or drop it)|"
	done
}

sizes() {
	sources | while IFS= read -r file; do
		lines=$(wc -l <"$root/$file")
		[ "$lines" -le "$FILE_LINES_MAX" ] ||
			echo "$file: $lines lines ($FILE_LINES_MAX at most)"
		# A character of UTF-8 is one column: the bytes that continue it do not count.
		tr -d '\200-\277' <"$root/$file" | expand -t 8 |
			awk -v file="$file" -v max="$COLUMNS_MAX" -f "$lint_dir/columns.awk"
		case $file in
		*.c)
			awk -v file="$file" -v max="$FUNCTION_LINES_MAX" \
				-f "$lint_dir/functions.awk" "$root/$file"
			;;
		esac
	done
}

{
	functions_called
	[ -z "$build" ] || mutable_statics
	licences
	leftovers
	sizes
} | lint_verdict
