#!/bin/sh
# SPDX-License-Identifier: MIT
# The guest's root: Debian's part as fetch.sh has got it, Trunkline as it is installed, and what the
# tests need, in /test.
#
#	initrd.sh FETCHED SOURCE BUILD OUTPUT
#
# Trunkline is built and installed from SOURCE as users do that; the programs in /test, lined and
# linectl among them, are those of BUILD, sanitizers included.
#
# Exit status: 0; 77 where nothing has been fetched
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fetched=$1 source=$2 build=$3 output=$4

modules='xhci_pci vhci_hcd cdc_acm ftdi_sio ppp_async virtio_pci virtio_console'
rules='50-udev-default 60-serial 80-drivers'
programs='lined linectl usbmodem witness ttylines'

if [ ! -e "$fetched/done" ]; then
	echo 'skipped: there is no kernel; fetch.sh says why'
	exit 77
fi
release=$(cat "$fetched/release")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
trap 'exit 1' HUP INT TERM

install_trunkline() {
	cmake -S "$source" -B "$build/qemu-release" -G Ninja -DCMAKE_BUILD_TYPE=Release \
		-DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_SYSCONFDIR=/etc -DWITH_EXAMPLES=OFF
	cmake --build "$build/qemu-release" --parallel 2
	DESTDIR=$root cmake --install "$build/qemu-release" --strip
}

install_debian() {
	cp "$fetched/root/bin/busybox" "$fetched/root/bin/udevadm" "$root/bin"
	cp "$fetched/root/usr/sbin/pppd" "$root/usr/sbin"
	ln -s ../../bin/udevadm "$root/lib/systemd/systemd-udevd"
	for rule in $rules; do
		cp "$fetched/root/lib/udev/rules.d/$rule.rules" "$root/lib/udev/rules.d"
	done
	for module in $modules; do
		modprobe -d "$fetched/root" -S "$release" --show-depends "$module"
	done | awk '$1 == "insmod" { print $2 }' | sort -u | while read -r path; do
		target=$root${path#"$fetched/root"}
		mkdir -p "$(dirname "$target")"
		cp "$path" "$target"
	done
	cp "$fetched/root/lib/modules/$release"/modules.order \
		"$fetched/root/lib/modules/$release"/modules.builtin* "$root/lib/modules/$release"
	depmod -b "$root" "$release"
}

# Those that programs need, Debian's from what was fetched, as far as it is there.
install_libraries() {
	paths=$(echo "$fetched"/root/lib/*-linux-gnu):$(echo "$fetched"/root/usr/lib/*-linux-gnu)
	for program in "$root"/bin/udevadm "$root"/usr/*bin/* "$root"/test/bin/*; do
		LD_LIBRARY_PATH=$paths:$build/lib ldd "$program"
	done >"$root/ldd"
	if grep 'not found' "$root/ldd"; then
		exit 1
	fi
	sed -n 's|^[^/]*\(/[^ ]*\) (.*|\1|p' "$root/ldd" | sort -u | while read -r path; do
		case $path in
		"$build"/lib/*) cp -L "$path" "$root/test/lib" ;;
		*ld-linux*) cp -L "$path" "$root/lib64" ;;
		*) cp -L "$path" "$root/lib" ;;
		esac
	done
	rm "$root/ldd"
}

mkdir -p "$root/bin" "$root/etc/ppp" "$root/etc/trunkline" "$root/etc/udev" "$root/lib/systemd" \
	"$root/lib/udev/rules.d" "$root/lib64" "$root/test/bin" "$root/test/lib"
install_trunkline
install_debian
cp "$here/guest/init" "$root/init"
cp "$here/guest/agent" "$root/bin/agent"
chmod 755 "$root/init" "$root/bin/agent"
for program in $programs; do
	cp "$build/bin/$program" "$root/test/bin"
done
install_libraries
(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0 | zstd -q -3) >"$output.new"
mv "$output.new" "$output"
