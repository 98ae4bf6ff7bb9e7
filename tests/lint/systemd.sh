#!/bin/sh
# SPDX-License-Identifier: MIT
# The unit is one that systemd understands, and keeps its daemon in a close sandbox; the user and
# the folder that it needs are made by the files next to it.
. "$(dirname "$0")/lint.sh"
lint_tmp

EXPOSURE_MAX=20 # tenths

for program in systemd-analyze systemd-sysusers systemd-tmpfiles; do
	if ! command -v "$program" >/dev/null; then
		echo "$program is not here: install systemd"
		exit 77
	fi
done
if [ "$(lint_cache WITH_SYSTEMD)" != ON ] || [ "$(lint_cache WITH_TOOLS)" != ON ]; then
	echo "switched off: WITH_SYSTEMD, WITH_TOOLS"
	exit 77
fi

fail() {
	echo "systemd: $1" >&2
	cat "$tmp/log" >&2
	exit 1
}

# The programs are not where they will be installed.
sed -e "s|^ExecStart=.*/lined|ExecStart=$build/bin/lined|" \
	-e "s|^ExecReload=.*/linectl|ExecReload=$build/bin/linectl|" \
	"$build/systemd/lined.service" \
	>"$tmp/lined.service"
grep -qx "ExecStart=$build/bin/lined" "$tmp/lined.service" || fail 'the unit starts no lined'
systemd-analyze verify --man=no "$tmp/lined.service" >"$tmp/log" 2>&1 || fail 'a bad unit'
# Of other units it may complain as it likes.
! grep 'lined\.service' "$tmp/log" >&2 || fail 'a doubtful unit'
systemd-analyze security --offline=true --no-pager --threshold=$EXPOSURE_MAX \
	"$tmp/lined.service" >"$tmp/log" 2>&1 || fail 'the sandbox is too open'
tail -n 1 "$tmp/log"

# The drop-in opens the network beside what was open, and nothing else.
mkdir "$tmp/lined.service.d"
cp "$root/systemd/network.conf" "$tmp/lined.service.d"
systemd-analyze verify --man=no "$tmp/lined.service" >"$tmp/log" 2>&1 || fail 'a bad drop-in'
! grep 'network\.conf' "$tmp/log" >&2 || fail 'a doubtful drop-in'
systemd-analyze security --offline=true --no-pager --threshold=$EXPOSURE_MAX \
	"$tmp/lined.service" >"$tmp/log" 2>&1 || fail 'the drop-in opens too much'
for what in Internet local netlink; do
	grep -q "Service may allocate $what sockets" "$tmp/log" || fail "no $what sockets"
done
tail -n 1 "$tmp/log"

mkdir -p "$tmp/root/etc"
systemd-sysusers --root="$tmp/root" "$root/systemd/lined.sysusers" >"$tmp/log" 2>&1 ||
	fail 'no user is made'
grep -q '^lined:' "$tmp/root/etc/passwd" || fail 'the user lined is not made'
grep -q '^dialout:.*:lined$' "$tmp/root/etc/group" || fail 'lined is not in the group dialout'
# It complains when others than root run it: they cannot give the folder to root.
systemd-tmpfiles --root="$tmp/root" --create "$root/systemd/lined.tmpfiles" >"$tmp/log" 2>&1
[ -d "$tmp/root/etc/trunkline" ] || fail '/etc/trunkline is not made'
