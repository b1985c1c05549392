#!/usr/bin/env bats
# The demo does what it says, also without root, and leaves nothing behind.
# bats file_tags=slow

load helper

switch=/proc/sys/net/netfilter/nf_log_all_netns

# leftovers: what a demo that was started with this TMPDIR has left.
leftovers() {
	pgrep -f "demo --inside $PWD/tmp" || true
	ls tmp
	[[ ! -r $switch ]] || diff - "$switch" <<<"$before"
}

setup() {
	common_setup
	mkdir tmp
	before=0
	packets=20
	[[ ! -e /proc/sys/net/bridge ]] || packets=24
	[[ ! -r $switch ]] || before=$(<"$switch")
}

@test "every packet of the demo does what the policy says" {
	TMPDIR=$PWD/tmp TS_TIMEOUT=200 run_ts 0 "$TOP/tests/demo/demo"
	expect_eq packets "$(grep -c ' ok$' out)" "$packets"
	run ! grep WRONG out
	expect_eq 'leftovers' "$(leftovers)" ''
}

@test "the demo needs no root" {
	((EUID == 0)) || skip 'the test above ran without root'
	# The same files, but neither root nor a capability.
	TMPDIR=$PWD/tmp TS_TIMEOUT=200 run_ts 0 unshare --user --map-user=1000 \
		--map-group=1000 "$TOP/tests/demo/demo"
	expect_eq packets "$(grep -c ' ok$' out)" "$packets"
}

@test "a demo that is interrupted leaves nothing behind" {
	for signal in INT TERM; do
		# A job of a script ignores INT unless that is undone.
		TMPDIR=$PWD/tmp env --default-signal=INT "$TOP/tests/demo/demo" >log 2>&1 3>&- &
		demo=$!
		wait_for 60 grep -q '== Packets' log
		kill -s "$signal" "$demo"
		status=0
		wait "$demo" || status=$?
		expect_eq 'status' "$status" "$((128 + $(kill -l "$signal")))"
		expect_eq 'leftovers' "$(leftovers)" ''
	done
}
