# What every bats file loads: a clean environment, the tools first in PATH, and
# checks that say what they expected and what came.
# shellcheck shell=bash

bats_require_minimum_version 1.5.0

TOP=$(cd "${BATS_TEST_DIRNAME}/.." && pwd)
BINDIR=${BINDIR:-$TOP/build}
export TOP BINDIR

# Nothing of the caller's environment reaches a test.
unset "${!AWS_@}" "${!TS_@}" http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY no_proxy NO_PROXY
export LC_ALL=C TZ=UTC PATH="$BINDIR:$TOP/scripts:/usr/sbin:/usr/bin:/sbin:/bin"
# A sanitizer's report has a status that no tool has.
export ASAN_OPTIONS=detect_leaks=0:exitcode=99:verify_asan_link_order=0
umask 022

# Every bats file that defines setup itself calls this first.
common_setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME="$BATS_TEST_TMPDIR"
}

setup() { common_setup; }

# fail MESSAGE...: says why and returns 1. A function that is to end here says
# "fail … || return": errexit is off where it was called in a condition.
fail() {
	printf '%s\n' "$@"
	return 1
}

# run_ts STATUS COMMAND...: runs it for at most TS_TIMEOUT seconds (20) with its
# outputs in the files out and err; the exit status must be STATUS.
run_ts() {
	local want=$1 got=0
	shift
	printf '$ %s\n' "$*"
	timeout "${TS_TIMEOUT:-20}" "$@" >out 2>err || got=$?
	if [[ $got != "$want" ]]; then
		printf 'exit status %s, not %s\n' "$got" "$want"
	elif [[ -s err ]] && grep -qE 'Sanitizer|runtime error:' err; then
		printf 'a sanitizer has something to say\n'
	else
		return 0
	fi
	show_outputs
	return 1
}

# run_sh STATUS SCRIPT: the same for a line of bash with pipefail.
run_sh() {
	run_ts "$1" bash -o pipefail -c "$2"
}

show_outputs() {
	printf -- '--- stdout\n'
	head -c 4000 out
	printf -- '--- stderr\n'
	head -c 4000 err
}

# expect_out <<EOF: standard output is exactly this.
expect_out() {
	diff -u --label expected --label stdout - out && return 0
	printf -- '--- stderr\n'
	head -c 2000 err
	return 1
}

# expect_err TEXT...: each is somewhere in standard error.
expect_err() {
	local text all=''
	IFS= read -r -d '' all <err || true
	for text; do
		[[ $all != *"$text"* ]] || continue
		printf 'standard error lacks: %s\n' "$text"
		show_outputs
		return 1
	done
}

# expect_no_out, expect_no_err: nothing was printed there.
expect_no_out() { [[ ! -s out ]] || { show_outputs; return 1; }; }
expect_no_err() { [[ ! -s err ]] || { show_outputs; return 1; }; }

# expect_eq WHAT GOT WANT
expect_eq() {
	[[ $2 == "$3" ]] || fail "$1: '$2', not '$3'"
}

# sanitized: whether the programs under test are; a start then takes ten times as
# long, so that rounds N, of random input, are fewer. With TEST_LONG they are more.
sanitized() { [[ $BINDIR == */asan ]]; }

rounds() {
	local n=$1
	! sanitized || n=$(((n + 4) / 5))
	[[ -z ${TEST_LONG:-} ]] || n=$((n * 20))
	echo "$n"
}

# policy [KEYS] <<EOF: a policy stream of the records on standard input, in
# which spaces stand for TABs.
policy() {
	local body
	body=$(sed '/^$/d; s/  */\t/g')
	printf '#ts-policy/1%s\n' "${1:+$'\t'$1}"
	[[ -z $body ]] || printf '%s\n' "$body"
	printf '#end\trecords=%d\n' "$(grep -c . <<<"$body")"
}

# A network namespace of this test's own, with loopback up; as another user than
# root inside a user namespace. ns_run runs a command in it. It ends with
# ns_stop, which a teardown calls, together with all that runs in it.
ns_start() {
	local -a user=()
	[[ $EUID == 0 ]] || user=(--user --map-root-user)
	unshare "${user[@]}" --net --mount --pid --fork --kill-child \
		--mount-proc sleep 1000 >/dev/null 2>&1 3>&- &
	NS_HOLDER=$!
	disown "$NS_HOLDER" # no word about it when it is killed
	local i name=''
	for ((i = 0; i < 400; i++)); do
		sleep 0.02
		# No line feed ends this one.
		read -r NS_PID _ <"/proc/$NS_HOLDER/task/$NS_HOLDER/children" || true
		[[ -z $NS_PID ]] || read -r name <"/proc/$NS_PID/comm" || true
		[[ $name != sleep ]] || break
	done
	[[ $name == sleep ]] || fail "cannot make a namespace (need unshare)" || return
	ns_run ip link set lo up
}

ns_run() {
	local -a user=()
	[[ $EUID == 0 ]] || user=(--user --preserve-credentials)
	nsenter --target "$NS_PID" "${user[@]}" --net --mount --pid --wd="$PWD" "$@"
}

ns_stop() {
	[[ -z ${NS_HOLDER:-} ]] || kill -9 "$NS_HOLDER" 2>/dev/null || true
	NS_HOLDER='' NS_PID=''
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || fail "timed out waiting for: $*" || return
		sleep 0.05
	done
}

# inject_each CALL COMMAND...: once for each CALL (a name of tests/fault/inject.c)
# that the command makes (INJECT_PROG names another program than the command
# itself), with that one failing. It runs in a copy of this
# directory, its standard input being the file "in" if there is one. Every time
# it must say what went wrong and end with a code of sysexits, having printed no
# more than the beginning of the right output, and left every file as it was or
# as it should become, and none more. Where it gets over the fault, all is as if
# there had been none.
inject_each() { "$TOP/tests/fault/each.py" "$@"; }
