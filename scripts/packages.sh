# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Which Debian 12 packages are needed for what, and how to get those that are missing.

PACKAGES_BUILD="gcc libc6-dev cmake ninja-build pkg-config
	libjson-c-dev libinih-dev libserialport-dev libudev-dev libedit-dev"
# python3 and socat speak to the programs in some tests, prometheus-client reads their metrics,
# ser2net, gensio and pyserial are terminal servers and a client that are not ours, lrzsz passes
# files, jsonschema judges linectl's JSON, zsh and fish complete its words, udev obeys the udev
# rules, systemd judges its unit, umockdev forges machines, valgrind counts; the linters need
# clang-format and shellcheck.
PACKAGES_TEST="$PACKAGES_BUILD g++ libcriterion-dev scdoc python3 python3-prometheus-client
	python3-jsonschema python3-serial ser2net gensio-bin lrzsz socat zsh fish udev systemd
	umockdev libumockdev-dev clang-format-14 shellcheck valgrind"
PACKAGES_BENCH="$PACKAGES_TEST binutils"
# What benchmarks measure beside us; what is missing is skipped, there and in tests.
PACKAGES_PEERS="ppp python3-serial libgammu-dev modemmanager dbus libdbus-1-dev"
# For tests on real kernels, which are skipped without them.
PACKAGES_QEMU="qemu-system-x86 zstd cpio kmod"

packages_missing() {
	for package in "$@"; do
		dpkg-query -W -f='${Status}' "$package" 2>/dev/null |
			grep -q 'install ok installed' || echo "$package"
	done
}

# Run as root: directly, or by sudo.
packages_as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# packages_install PACKAGE...: those that are missing. What apt has to say goes to stderr.
packages_install() {
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	# The names are words.
	# shellcheck disable=SC2086
	{
		echo "installing:" $missing
		packages_as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
			packages_as_root env DEBIAN_FRONTEND=noninteractive \
				apt-get install -q -y --no-install-recommends $missing
	} >&2 || return
	packages_stop_services "$missing" >&2
}

# Debian starts what it installs; a terminal server is wanted by tests only, ModemManager by
# benchmarks only, and both start their own.
packages_stop_services() {
	[ -d /run/systemd/system ] || return 0
	case $1 in
	*ser2net*) packages_as_root systemctl disable --now ser2net ;;
	esac
	case $1 in
	*modemmanager*) packages_as_root systemctl disable --now ModemManager ;;
	esac
}
