#!/bin/sh
# SPDX-License-Identifier: MIT
# Debian's kernel, udev, busybox, pppd and systemd for the guest: downloaded by apt and unpacked
# into DIR, never installed. DIR/done tells what of it is complete; what is there already is not
# fetched again.
#
#	fetch.sh DIR
#
# Exit status: 0; 77 where the rig cannot be had, with the reason
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$1

skip() {
	echo "skipped: $1"
	exit 77
}

[ "$(uname -m)" = x86_64 ] || skip 'the guest is an amd64 machine'
for program in qemu-system-x86_64 apt-get dpkg-deb depmod modprobe cpio zstd; do
	command -v "$program" >/dev/null ||
		skip "there is no $program; PACKAGES_QEMU in scripts/packages.sh has what is needed"
done
# udev and pppd with the libraries that they need.
base='busybox-static udev libudev1 libkmod2 libblkid1 libselinux1 libacl1 libcap2
	ppp libaudit1 libcap-ng0 libcrypt1 libdbus-1-3 libgcrypt20 libgpg-error0 liblz4-1 liblzma5
	libpam0g libpcap0.8 libssl3 libsystemd0 libzstd1'
systemd='systemd libsystemd-shared libsystemd0 kmod libapparmor1 libaudit1 libcap-ng0 libcrypt1
	libgcrypt20 libgpg-error0 libip4tc2 liblz4-1 liblzma5 libmount1 libpam0g libpcre2-8-0
	libseccomp2 libssl3 libzstd1'
[ "$(cat "$dir/done" 2>/dev/null)" != "$base $systemd" ] || exit 0

# The package that the newest kernel is in.
kernel_package() {
	apt-cache depends linux-image-amd64 2>/dev/null |
		sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)$/\1/p'
}

# download PACKAGE...: into the current directory; once more with fresh lists, if we may
download() {
	set -- -q -o Acquire::Retries=3 -o Acquire::http::Timeout=30 \
		-o APT::Sandbox::User=root download "$@"
	apt-get "$@" || { apt-get -q update && apt-get "$@"; }
}

[ -n "$(kernel_package)" ] || apt-get -q update || skip 'apt knows of no kernel'
kernel=$(kernel_package)
[ -n "$kernel" ] || skip 'apt knows of no kernel'

rm -rf "$dir"
mkdir -p "$dir/packages" "$dir/root"
dir=$(cd "$dir" && pwd)
cd "$dir/packages"
# Words, not one word
# shellcheck disable=SC2086
download "$kernel" $base || skip 'the packages cannot be downloaded'
mkdir systemd
# shellcheck disable=SC2086
(cd systemd && download $systemd) || skip 'the packages cannot be downloaded'

for package in systemd/*.deb; do
	dpkg-deb -x "$package" "$dir/systemd"
done
for package in *.deb; do
	case $package in
	linux-image-*)
		# A tenth of it is enough.
		dpkg-deb --fsys-tarfile "$package" | tar -x -C "$dir/root" --wildcards \
			'./boot/vmlinuz-*' './lib/modules/*/modules.*' \
			'./lib/modules/*/kernel/drivers/net/ppp' \
			'./lib/modules/*/kernel/drivers/net/slip' \
			'./lib/modules/*/kernel/drivers/usb' \
			'./lib/modules/*/kernel/drivers/virtio' \
			'./lib/modules/*/kernel/drivers/char'
		;;
	*)
		dpkg-deb -x "$package" "$dir/root"
		;;
	esac
done
cd "$dir"
rm -r packages
depmod -b "$dir/root" "${kernel#linux-image-}"
python3 "$here/vmlinux.py" "$dir"/root/boot/vmlinuz-* "$dir/vmlinux"
echo "${kernel#linux-image-}" >"$dir/release"
echo "$base $systemd" >"$dir/done"
