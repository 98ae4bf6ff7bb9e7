#!/bin/sh
# SPDX-License-Identifier: MIT
# What is installed is complete: programs against it build with pkg-config and with CMake.
. "$(dirname "$0")/lint.sh"
lint_tmp

prefix=$tmp/stage$(lint_cache CMAKE_INSTALL_PREFIX)
libdir=$prefix/$(lint_cache CMAKE_INSTALL_LIBDIR)
sanitizers=$(lint_cache WITH_SANITIZERS)
flags=${sanitizers:+-fsanitize=$sanitizers}

fail() {
	echo "install: $1" >&2
	[ -z "$2" ] || cat "$2" >&2
	exit 1
}

# run WHAT COMMAND...: its output is shown only when it fails
run() {
	what=$1
	shift
	"$@" >"$tmp/log" 2>&1 || fail "$what" "$tmp/log"
}

has() {
	[ -e "$prefix/$1" ] || fail "$1 is not installed"
}

# links_to PROGRAM: by the name that stays when the version moves on
links_to_library() {
	readelf -d "$1" | grep -q 'NEEDED.*\[libtrunkline\.so\.[0-9]*\]' ||
		fail "${1##*/} does not link to libtrunkline.so.N"
}

run 'installing' env DESTDIR="$tmp/stage" cmake --install "$build"

for header in $(lint_files include -- '*.h'); do
	has "$header"
done
version=$(sed -n 's/.*project(trunkline VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
[ -e "$libdir/libtrunkline.so.$version" ] || fail "libtrunkline.so.$version is not installed"
if [ "$(lint_cache WITH_TOOLS)" = ON ]; then
	for program in bin/linectl sbin/lined bin/modemsim; do
		has "$program"
		run "$program --version" env LD_LIBRARY_PATH="$libdir" "$prefix/$program" --version
		grep -q "$version" "$tmp/log" || fail "$program has another version" "$tmp/log"
	done
	links_to_library "$prefix/bin/linectl"
	links_to_library "$prefix/sbin/lined"
fi
if [ "$(lint_cache WITH_TOOLS)" = ON ]; then
	has share/doc/trunkline/ppp/isp
fi
if [ "$(lint_cache WITH_MAN)" = ON ]; then
	for page in "$root"/docs/man/*.scd; do
		page=$(basename "$page" .scd)
		has "share/man/man${page##*.}/$page"
	done
fi

# has_in VARIABLE FILE: in the folder that the cache names, below the prefix or not
has_in() {
	folder=$(lint_cache "$1")
	case $folder in
	/*) folder=$tmp/stage$folder ;;
	*) folder=$prefix/$folder ;;
	esac
	[ -s "$folder/$2" ] || fail "${2##*/} is not installed"
}

if [ "$(lint_cache WITH_UDEV_RULES)" = ON ]; then
	for file in 75-trunkline-devices.rules 78-trunkline.rules 91-trunkline-brltty.rules; do
		has_in TRUNKLINE_UDEVDIR "rules.d/$file"
	done
fi
if [ "$(lint_cache WITH_SYSTEMD)" = ON ] && [ "$(lint_cache WITH_TOOLS)" = ON ]; then
	has_in TRUNKLINE_UNITDIR lined.service
	has_in TRUNKLINE_SYSUSERSDIR lined.conf
	has_in TRUNKLINE_TMPFILESDIR lined.conf
	[ -s "$prefix/share/doc/trunkline/network.conf" ] || fail 'network.conf is not installed'
fi

export PKG_CONFIG_LIBDIR="$libdir/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$tmp/stage"
run 'pkg-config' pkg-config --cflags --libs trunkline
# The options are words.
# shellcheck disable=SC2046,SC2086
for example in "$root"/examples/*.c; do
	run "$example with pkg-config" "${CC:-cc}" $flags -o "$tmp/example" "$example" \
		$(pkg-config --cflags --libs trunkline)
	links_to_library "$tmp/example"
done
unset PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR

run 'examples with find_package()' cmake -S "$root/examples" -B "$tmp/examples" \
	-DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_FLAGS="$flags"
run 'examples with trunkline::trunkline' cmake --build "$tmp/examples"
links_to_library "$tmp/examples/dial"
