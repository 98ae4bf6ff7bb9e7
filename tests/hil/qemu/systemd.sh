#!/bin/sh
# SPDX-License-Identifier: MIT
# The guest of initrd.sh with Debian's systemd as its first process.
#
#	systemd.sh FETCHED OUTPUT
#
# The kernel unpacks one archive after the other: what is added here comes on top of FETCHED/initrd.
#
# Exit status: 0; 77 where there is no such guest
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fetched=$1 output=$2

# What a gateway does not have, or what takes long where a processor is emulated.
masked='getty.target systemd-logind.service systemd-firstboot.service systemd-update-utmp.service
	systemd-update-utmp-runlevel.service systemd-user-sessions.service systemd-sysctl.service
	systemd-hwdb-update.service systemd-journal-catalog-update.service systemd-repart.service
	systemd-machine-id-commit.service systemd-random-seed.service systemd-pcrphase.service
	systemd-pcrphase-sysinit.service systemd-timesyncd.service systemd-networkd.socket
	dev-hugepages.mount dev-mqueue.mount proc-sys-fs-binfmt_misc.automount
	sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-tracing.mount'
programs='bin/kmod bin/journalctl bin/systemctl bin/systemd-sysusers bin/systemd-tmpfiles
	usr/bin/systemd-analyze lib/systemd/systemd
	lib/systemd/systemd-journald lib/systemd/systemd-modules-load lib/systemd/systemd-shutdown'

if [ ! -e "$fetched/initrd" ]; then
	echo 'skipped: there is no guest; initrd.sh says why'
	exit 77
fi
fetched=$(cd "$fetched" && pwd)
root=$(mktemp -d)
chmod 755 "$root" # it becomes the guest's /
trap 'rm -rf "$root"' EXIT
trap 'exit 1' HUP INT TERM

install_systemd() {
	mkdir -p "$root/lib/systemd" "$root/lib/udev/rules.d" "$root/bin" "$root/sbin" \
		"$root/usr/lib" "$root/usr/bin" "$root/usr/lib/x86_64-linux-gnu"
	cp -a "$fetched/systemd/lib/systemd/system" "$root/lib/systemd"
	cp -a "$fetched/root/lib/systemd/system" "$root/lib/systemd"
	cp -a "$fetched/systemd/usr/lib/sysusers.d" "$fetched/systemd/usr/lib/tmpfiles.d" \
		"$root/usr/lib"
	cp -a "$fetched/systemd/usr/lib/x86_64-linux-gnu/systemd" "$root/usr/lib/x86_64-linux-gnu"
	cp "$fetched/systemd/lib/udev/rules.d/99-systemd.rules" "$root/lib/udev/rules.d"
	for program in $programs; do
		cp "$fetched/systemd/$program" "$root/$program"
	done
	ln -s ../bin/kmod "$root/sbin/modprobe"
	ln -sf multi-user.target "$root/lib/systemd/system/default.target"
}

install_libraries() {
	paths=$(echo "$fetched"/*/lib/*-linux-gnu "$fetched"/*/usr/lib/*-linux-gnu | tr ' ' :)
	for program in $programs; do
		LD_LIBRARY_PATH=$paths:$root/usr/lib/x86_64-linux-gnu/systemd ldd "$root/$program"
	done >"$root/ldd"
	if grep 'not found' "$root/ldd"; then
		exit 1
	fi
	sed -n 's|^[^/]*\(/[^ ]*\) (.*|\1|p' "$root/ldd" | sort -u | while read -r path; do
		case $path in
		*libsystemd-shared* | *ld-linux*) ;;
		*) cp -L "$path" "$root/lib" ;;
		esac
	done
	rm "$root/ldd"
}

install_tests() {
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants" "$root/etc/modules-load.d"
	for unit in $masked; do
		ln -s /dev/null "$root/etc/systemd/system/$unit"
	done
	cp "$here/guest/agent.service" "$root/etc/systemd/system"
	ln -s ../agent.service "$root/etc/systemd/system/multi-user.target.wants"
	# Not cdc_acm, not usbserial: these are the unit's own business.
	printf '%s\n' virtio_pci virtio_console vhci_hcd >"$root/etc/modules-load.d/test.conf"
	# Without a number it is the first boot ever, and whatever there is gets enabled.
	echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
	cp "$here/guest/init-systemd" "$root/init"
	chmod 755 "$root/init"
}

install_systemd
install_libraries
install_tests
(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0 | zstd -q -3) >"$output.part"
cat "$fetched/initrd" "$output.part" >"$output.new"
rm "$output.part"
mv "$output.new" "$output"
