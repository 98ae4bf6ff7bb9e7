#!/bin/sh
# SPDX-License-Identifier: MIT
# A checker that cannot fail checks nothing: each is given a small tree that is right, and then one
# with a single fault after the other.
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
failures=0

spdx='SPDX-License-Identifier: MIT'

# put FILE TEXT...: lines of a file of the tree at hand, below the SPDX line
put() {
	mkdir -p "$tree/$(dirname "$1")"
	file=$tree/$1
	shift
	echo "/* $spdx */" >"$file"
	printf '%s\n' "$@" >>"$file"
}

# object LAYER TEXT: the layer's static library in the build tree
object() {
	mkdir -p "$tree/build/$1"
	printf '%s\n' "$2" >"$tmp/object.c"
	"${CC:-cc}" -fPIC -c -o "$tmp/object.o" "$tmp/object.c"
	ar rc "$tree/build/$1/libtrunkline_$1.a" "$tmp/object.o"
}

library() {
	mkdir -p "$tree/build/lib"
	printf '%s\n' "$1" >"$tmp/library.c"
	"${CC:-cc}" -shared -fPIC -o "$tree/build/lib/libtrunkline.so" "$tmp/library.c"
}

map() {
	printf 'X {\nglobal:\n' >"$tree/core/trunkline.map"
	printf '\t%s;\n' "$@" >>"$tree/core/trunkline.map"
	printf 'local:\n\t*;\n};\n' >>"$tree/core/trunkline.map"
}

# ports ROW...: the table of USB modems, without names and sources
ports() {
	printf '%s a b\n' "$@" | tr ' ' '\t' >"$tree/udev-rules/devices.tsv"
}

good_tree() {
	rm -rf "$tmp/tree"
	tree=$tmp/tree
	put include/trunkline/a.h '#define TL_API' 'TL_API int tl_a(void);' 'TL_API int tl_b(void);'
	put hal/a.h '#include <stdint.h>' 'uint32_t hal_a(void);'
	put hal/a.c '#include "hal/a.h"' 'uint32_t hal_a(void)' '{' '	return 1;' '}'
	put core/driver.h '#include <trunkline/a.h>' 'void core_up(void);'
	put core/a.c '#include "core/driver.h"' '/* sleep() is bad */' 'const char *core_a = "OK";'
	put drivers/a/a.c '#include "core/driver.h"' '#include "hal/a.h"' 'int drivers_a;'
	put tools/a/a.c '#include <trunkline/a.h>' '#include <json-c/json.h>' 'int tools_a;'
	mkdir "$tree/udev-rules"
	cp "$here/../../udev-rules/devices.awk" "$tree/udev-rules"
	printf '# %s\nset(DRIVERS a)\n' "$spdx" >"$tree/drivers/CMakeLists.txt"
	ports "0572 1329 * at a" "2c7c 0125 00 diag -" "2c7c 0125 02 at a"
	map tl_a tl_b
	object hal 'int hal_a(void) { return 1; }'
	object core 'int hal_a(void); int core_a(void) { return hal_a(); }'
	object drivers 'void core_up(void); void v250_a(void) { core_up(); }'
	library 'int tl_a(void) { return 1; } int tl_b(void) { return 2; }'
}

# run CHECKER: on the tree at hand
run() {
	sh "$here/$1.sh" "$tree" "$tree/build" >"$tmp/log" 2>&1
}

accepts() {
	run "$1" && return
	failures=$((failures + 1))
	echo "$1 complains about a tree that is right:"
	cat "$tmp/log"
}

# refuses CHECKER COMPLAINT; the next fault meets a good tree again
refuses() {
	if run "$1"; then
		failures=$((failures + 1))
		echo "$1 does not see: $2"
	elif ! grep -q -e "$2" "$tmp/log"; then
		failures=$((failures + 1))
		echo "$1 fails without saying '$2':"
		cat "$tmp/log"
	fi
	good_tree
}

layering() {
	accepts layering
	put hal/b.h '#include "core/driver.h"'
	refuses layering 'hal/b.h: must not include core/driver.h'
	put hal/b.c '#include <libserialport.h>'
	refuses layering 'must not include libserialport.h'
	put hal/b.c 'const char *b = "ATH\r";'
	refuses layering 'knows no protocol'
	put core/b.c '#include "hal/stream.h"'
	refuses layering 'must not include hal/stream.h'
	put core/b.c '#include <json-c/json.h>'
	refuses layering 'must not include json-c'
	put drivers/a/b.c '#include "core/call.h"'
	refuses layering 'must not include core/call.h'
	put drivers/a/b.c '#include "drivers/b/b.h"'
	refuses layering 'must not include drivers/b/b.h'
	put tools/a/b.c '#include "hal/a.h"'
	refuses layering 'must not include hal/a.h'
	put examples/b.c '#include "core/driver.h"'
	refuses layering 'examples/b.c: must not'
	object hal 'void core_up(void); void hal_a(void) { core_up(); }'
	refuses layering 'hal: must not refer to core_up'
	object core 'int hal_stream_read(void); int core_a(void) { return hal_stream_read(); }'
	refuses layering 'core: must not refer to hal_stream_read'
	object drivers 'void core_secret(void); void v250_a(void) { core_secret(); }'
	refuses layering 'drivers: must not refer to core_secret'
}

# repeat N TEXT
repeat() {
	awk -v n="$1" -v text="$2" 'BEGIN { while (n-- > 0) print text }'
}

forbidden() {
	accepts forbidden
	for function in sleep usleep nanosleep tcdrain system popen sp_blocking_read sp_wait \
		sp_drain sp_nonblocking_write atoi strtol sscanf strcpy strncpy sprintf strtok; do
		put core/b.c "int b(void) { return $function(0); }"
		refuses forbidden "$function(0)"
	done
	object drivers 'static int count; int v250_a(void) { return ++count; }'
	refuses forbidden 'mutable static count'
	object drivers 'int v250_a(void) { static int calls = 5; return ++calls; }'
	refuses forbidden 'mutable static calls'
	put tools/a/b.c '/* TO''DO: later */'
	refuses forbidden 'finish it'
	echo 'int b;' >"$tree/core/b.c"
	refuses forbidden 'core/b.c: no SPDX'
	put hal/b.c "$(repeat 800 'extern int b;')"
	refuses forbidden '801 lines'
	put hal/b.c 'int b(void)' '{' "$(repeat 79 '	b();')" '}'
	refuses forbidden 'function of 81 lines'
	put hal/b.c "/*	$(repeat 93 x | tr -d '\n') */"
	refuses forbidden 'over 100 columns'
}

headers() {
	accepts headers
	put core/b.h 'uint8_t b(void);'
	refuses headers 'core/b.h: .*uint8_t'
	put include/trunkline/b.h 'int b(int class);'
	refuses headers 'trunkline/b.h: .*class'
	put include/trunkline/b.h '_Static_assert(1, "");'
	refuses headers 'trunkline/b.h: .*C99'
}

symbols() {
	accepts symbols
	map tl_b tl_a
	refuses symbols 'not in order'
	map tl_a
	refuses symbols 'tl_b: declared, but not in core/trunkline.map'
	map tl_a tl_b tl_c
	refuses symbols 'tl_c: in core/trunkline.map, but not declared'
	library 'int tl_a(void) { return 1; }'
	refuses symbols 'tl_b: in core/trunkline.map, but not exported'
	library 'int tl_a(void) { return 1; } int tl_b(void) { return 2; } int core_a = 1;'
	refuses symbols 'core_a: exported, but not in core/trunkline.map'
}

# wrong_port ROW COMPLAINT
wrong_port() {
	ports "0572 1329 00 at a" "$1"
	refuses devices "$2"
}

devices() {
	accepts devices
	wrong_port '0572 1328 00 at a' 'not in order'
	wrong_port '0572 1329 00 gps a' 'the same port twice'
	wrong_port '0572 1329 01 at b' "profile 'b': no driver"
	wrong_port '0572 1329 01 tty a' "role 'tty'"
	wrong_port '0572 133 00 at a' "product '133'"
	wrong_port '0572 13FF 00 at a' "product '13FF'"
	wrong_port '057g 1329 00 at a' "vendor '057g'"
	wrong_port '0572 1330 1 at a' "interface '1'"
	wrong_port '0572 1330 00 at' '6 columns'
	wrong_port '0572 1330 00 at a x' '8 columns'
	ports '0572 1329 * at a' '0572 1329 00 gps a'
	refuses devices '[*] and other'
	printf '0572\t1329\t00\tat\ta\t"\tb\n' >"$tree/udev-rules/devices.tsv"
	refuses devices 'has a quote'
	echo '# nothing' >"$tree/udev-rules/devices.tsv"
	refuses devices 'no rows'
	: >"$tree/drivers/CMakeLists.txt"
	refuses devices 'no DRIVERS'
}

# project TEXT...: the tree's CMakeLists.txt, configured
project() {
	printf '%s\n' "cmake_minimum_required(VERSION 3.21)" "project(trunkline VERSION 1.0.0)" \
		"$@" >"$tree/CMakeLists.txt"
	cmake -S "$tree" -B "$tree/build" -DCMAKE_INSTALL_LIBDIR=lib >"$tmp/log" 2>&1
}

installs() {
	project 'install(FILES hal/a.h DESTINATION include)'
	refuses install 'include/trunkline/a.h is not installed'
	project 'install(DIRECTORY include/ DESTINATION include)'
	refuses install 'libtrunkline.so.1.0.0 is not installed'
	project 'install(DIRECTORY include/ DESTINATION include)' \
		'install(FILES hal/a.h DESTINATION lib RENAME libtrunkline.so.1.0.0)'
	refuses install 'pkg-config'
	project 'option(WITH_UDEV_RULES "" ON)' 'set(TRUNKLINE_UDEVDIR lib/udev CACHE STRING "")' \
		'install(DIRECTORY include/ DESTINATION include)' \
		'install(FILES hal/a.h DESTINATION lib RENAME libtrunkline.so.1.0.0)'
	refuses install '75-trunkline-devices.rules is not installed'
	project 'option(WITH_SYSTEMD "" ON)' 'option(WITH_TOOLS "" ON)' \
		'set(TRUNKLINE_UNITDIR lib/systemd CACHE STRING "")' \
		'install(DIRECTORY include/ DESTINATION include)' \
		'install(FILES hal/a.h DESTINATION lib RENAME libtrunkline.so.1.0.0)'
	refuses install 'bin/linectl is not installed'
}

options() {
	project 'option(WITH_LIBSERIALPORT "" ON)'
	refuses options 'accepted without libserialport'
}

format() {
	run format
	[ $? != 77 ] || return 0
	printf 'BasedOnStyle: LLVM\n' >"$tree/.clang-format"
	put hal/b.c 'int  b ;'
	refuses format 'hal/b.c'
}

scripts() {
	command -v shellcheck >/dev/null || return 0
	mkdir "$tree/scripts"
	# It is the script that must not expand this.
	# shellcheck disable=SC2016
	printf '#!/bin/sh\n# %s\nrm -rf $1/*\n' "$spdx" >"$tree/scripts/b.sh"
	refuses scripts 'SC2086'
}

good_tree
for checker in devices layering forbidden headers symbols installs options format scripts; do
	"$checker"
done
echo "$failures failures"
[ "$failures" = 0 ]
