#!/bin/sh
# SPDX-License-Identifier: MIT
# From a bare Debian 12 to a telephone call: placed, answered, looked at, dropped, and released, on
# two emulated modems. Each step is checked; the first that does not do what it says ends this
# with 1.
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh

dir=$(mktemp -d)
pids=
stop() {
	status=$?
	trap - EXIT
	for pid in $pids; do
		kill "$pid" 2>/dev/null || true
	done
	wait
	rm -rf "$dir"
	exit "$status"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

fail() {
	echo "demo: $1" >&2
	[ ! -e "${2:-}" ] || cat "$2" >&2
	exit 1
}

say() {
	echo
	printf '# %s\n' "$@"
}

# expect TEXT: the last command shown has printed it
expect() {
	grep -qF -e "$1" "$dir/shown" || fail "not what was to be expected: $1"
}

# show STATUS COMMAND...: run it as it is shown; it must exit with that status
show() {
	wanted=$1
	shift
	echo "$ $*"
	status=0
	"$@" >"$dir/shown" 2>&1 || status=$?
	cat "$dir/shown"
	[ "$status" = "$wanted" ] || fail "exit status $status instead of $wanted"
}

# spawn LOG COMMAND...: start it in the background as it is shown; $spawned is its pid
spawn() {
	log=$1
	shift
	echo "$ $* &"
	"$@" >"$log" 2>&1 &
	spawned=$!
	pids="$pids $spawned"
}

# await FILE TEXT: for ten seconds at most
await() {
	tries=0
	until grep -qF -e "$2" "$1" 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || fail "no '$2' within ten seconds" "$1"
		sleep 0.1
	done
}

# session_in FILE: what dial or answer --keep printed
session_in() {
	session=$(grep -xE 's[0-9]+\.[0-9]+' "$1") || fail 'no session' "$1"
	echo "$session"
}

# end PID: by SIGTERM; it must exit with 0
end() {
	kill "$1"
	wait "$1" || fail "it exited with $? instead of 0"
}

build() {
	# The packages are words.
	# shellcheck disable=SC2086
	packages_install $PACKAGES_BUILD
	cmake --preset release
	cmake --build --preset release --parallel "$(nproc)"
}

echo 'Building Trunkline, which takes a minute or so ...'
build >"$dir/build.log" 2>&1 || fail 'it does not build' "$dir/build.log"

PATH=$PWD/build/release/bin:$PATH
# Where linectl looks for the daemon.
export TRUNKLINE_SOCKET="$dir/socket"
cd "$dir"

say 'Two emulated modems on ptys, joined by an emulated telephone exchange: 101 and 102.'
spawn modemsim.log modemsim --dir modems --modem a=101 --modem b=102
modemsim=$spawned
await modemsim.log ready
cat modemsim.log

say 'The daemon owns both lines. It speaks Varlink on a socket.'
spawn lined.log lined --socket socket --log-level debug \
	--line office=modems/a --line branch=modems/b
lined=$spawned
tries=0
until linectl --json list 2>/dev/null | grep -o '"state":"ready"' | grep -c . | grep -qx 2; do
	tries=$((tries + 1))
	[ "$tries" -le 100 ] || fail 'the lines are not ready' lined.log
	sleep 0.1
done
show 0 linectl list

say 'What happens from now on is told in lines that begin with "|".'
mkfifo pipe
tee events <pipe | sed -u 's/^/| /' &
spawn pipe linectl monitor
monitor=$spawned
await lined.log "linectl[$monitor]: connected"

say 'One waits for a call at the branch, another one dials it from the office. With --keep the' \
	'calls stay when the commands end: their sessions are all that is printed.'
spawn answer.log linectl --quiet answer --wait --timeout 30 --keep branch
answer=$spawned
show 0 linectl --quiet dial --keep office 102
session=$(session_in shown)
wait "$answer" || fail 'the call was not answered' answer.log
branch=$(session_in answer.log)
await events connected

say "The call, by its session $session, while it is up."
show 0 linectl info "$session"
expect connected
show 0 linectl counters
linectl --json counters | grep -q '"sessions":2' || fail 'there are not two sessions'

say 'The call cannot be forgotten while it is up ...'
show 6 linectl release "$session"

say '... but dropped. That takes until the line is proved to be on hook: "OK" is not proof.'
show 0 linectl drop "$session"
expect 'proved by'

say 'The call is over; its record is there until the session is released. At the other end, too:' \
	'there it was the far end that hung up.'
show 0 linectl info "$session"
expect verified
linectl --json info "$session" | grep -q '"origin":"user"' || fail 'the drop was not ours'
await events 'idle, normal, by remote'
show 0 linectl info "$branch"
linectl --json info "$branch" | grep -q '"origin":"remote"' || fail 'the far end did not hang up'

say 'Released, the identifiers are refused for ever.'
show 0 linectl release "$session"
show 0 linectl release "$branch"
show 10 linectl info "$session"
echo '(exit status 10: no such session, or no longer)'
linectl --json info "$session" | grep -q '"error":"StaleHandle"' || fail 'the error is another one'

say 'Nothing is left behind: no call, no session, no request, no line off hook.'
kill "$monitor"
wait "$monitor" || true
show 0 linectl counters
for count in calls sessions requests off-hook; do
	linectl --json counters | grep -q "\"$count\":0[,}]" || fail "$count: not 0"
done

say 'The end.'
echo '$ kill %lined %modemsim'
end "$lined"
end "$modemsim"
pids=
echo 'lined: exit status 0'
echo 'modemsim: exit status 0'
