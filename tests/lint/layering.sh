#!/bin/sh
# SPDX-License-Identifier: MIT
# Who may know whom: the table in docs/ARCHITECTURE.md, held against includes, strings and symbols.
. "$(dirname "$0")/lint.sh"

system_header() {
	case $1 in
	sys/* | linux/* | asm/* | arpa/* | netinet/* | net/*) ;;
	assert.h | ctype.h | dirent.h | endian.h | err.h | errno.h | fcntl.h) ;;
	float.h | getopt.h | grp.h | inttypes.h | langinfo.h | limits.h | locale.h) ;;
	math.h | netdb.h | poll.h | pthread.h | pwd.h | sched.h | signal.h | spawn.h) ;;
	stdalign.h | stdarg.h | stdbool.h | stddef.h | stdint.h | stdio.h | stdlib.h) ;;
	stdnoreturn.h | string.h | strings.h | syslog.h | termios.h | time.h) ;;
	unistd.h | wchar.h) ;;
	*) return 1 ;;
	esac
}

# may_include FILE HEADER
may_include() {
	if system_header "$2"; then
		return 0
	fi
	case $1 in
	include/*)
		case $2 in trunkline/*) return 0 ;; esac
		;;
	hal/*)
		case $1:$2 in
		*:hal/*) return 0 ;;
		hal/stream_serialport.c:libserialport.h | hal/ports.c:libserialport.h) return 0 ;;
		hal/hotplug_udev.c:libudev.h) return 0 ;;
		esac
		;;
	core/*)
		case $2 in
		trunkline/* | core/*) return 0 ;;
		hal/loop.h | hal/clock.h | hal/log.h | hal/list.h | hal/slice.h) return 0 ;;
		hal/ports.h) return 0 ;;
		hal/device.h | hal/hotplug.h | hal/netaddr.h | hal/ring.h) return 0 ;;
		esac
		;;
	drivers/*)
		dialect=${1#drivers/}
		case $2 in
		trunkline/types.h | core/driver.h | hal/* | drivers/at/*) return 0 ;;
		drivers/"${dialect%%/*}"/*) return 0 ;;
		esac
		;;
	tools/modemsim/*)
		case $2 in trunkline/* | tools/* | hal/* | json-c/* | ini.h) return 0 ;; esac
		;;
	tools/*)
		case $2 in
		trunkline/* | tools/* | json-c/* | ini.h | histedit.h) return 0 ;;
		esac
		;;
	examples/*)
		case $2 in trunkline/*) return 0 ;; esac
		;;
	esac
	return 1
}

includes() {
	lint_product | while IFS= read -r file; do
		sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]\([^>"]*\)[>"].*/\1/p' \
			"$root/$file" | while IFS= read -r header; do
			may_include "$file" "$header" ||
				echo "$file: must not include $header"
		done
	done
}

protocol_strings() {
	lint_files hal -- '*.[ch]' | while IFS= read -r file; do
		grep -nE '"([^"]*[^A-Za-z"])?(AT[A-Z0-9+&#]*|RING|OK)([^A-Za-z"][^"]*)?"' \
			"$root/$file" | sed "s|^|$file: |; s|\$| (hal knows no protocol)|"
	done
}

# undefined LAYER: names that the layer's objects take from elsewhere
undefined() {
	nm -u "$(lint_archive "$1")" | sed -n 's/^ *U //p' | sort -u
}

# contract PREFIX: functions declared in core/driver.h
contract() {
	grep -oE "\\b$1[a-z0-9_]+\\(" "$root/core/driver.h" | tr -d '(' | sort -u
}

complain() {
	sed "s|^|$1: must not refer to |"
}

symbols() {
	undefined hal | grep -E '^(core|at|v250|tl|sim|varlink)_' | complain hal
	undefined core | grep -E '^(hal_stream|hal_pty|at|v250|sim|varlink)_' | complain core
	[ -e "$(lint_archive drivers)" ] || return 0
	undefined drivers | grep '^core_' | grep -vxF "$(contract core_)" | complain drivers
	undefined drivers | grep -E '^(tl|sim|varlink)_' | grep -v '_name$' | complain drivers
}

{
	includes
	protocol_strings
	[ -z "$build" ] || symbols
} | lint_verdict
