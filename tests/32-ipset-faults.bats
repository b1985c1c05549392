#!/usr/bin/env bats
# What ts-ipset-apply leaves behind when it is killed, and what others do to it.
# bats file_tags=slow
# shellcheck disable=SC2016 # what is quoted is for the shell in the namespace

load helper

setup() {
	common_setup
	ns_start
	export -f ns_run
	export NS_PID TS_RUNDIR=$PWD/run
}

teardown() { ns_stop; }

in_ns() {
	run_ts "$1" bash -c 'ns_run bash -o pipefail -c "$1"' - "$2"
}

# two_policies: old and new. Prefixes are split into addresses and addresses
# joined to prefixes, in both verdicts and families; some stay, come and go.
two_policies() {
	policy >old <<-EOF
		block ip4 10.1.0.0/30 - a - 1
		block ip4 10.2.0.0/32 - a - 1
		block ip4 10.2.0.1/32 - a - 1
		block ip4 10.2.0.2/31 - a - 1
		block ip4 10.3.0.1/32 - a - 1
		block ip4 10.4.0.0/16 - a - 1
		block ip4 10.5.0.1/32 - a - 1
		allow ip4 12.1.0.0/30 - a - 1
		allow ip4 12.2.0.0/32 - a - 1
		allow ip4 12.2.0.1/32 - a - 1
		allow ip4 12.3.0.0/24 - a - 1
		block ip6 2001:db8:1::/127 - a - 1
		block ip6 2001:db8:2::/128 - a - 1
		block ip6 2001:db8:2::1/128 - a - 1
		block ip6 2001:db8:3::/48 - a - 1
	EOF
	policy >new <<-EOF
		block ip4 10.1.0.0/32 - a - 1
		block ip4 10.1.0.1/32 - a - 1
		block ip4 10.1.0.2/31 - a - 1
		block ip4 10.2.0.0/30 - a - 1
		block ip4 10.3.0.1/32 - a - 1
		block ip4 10.4.0.0/17 - a - 1
		block ip4 10.4.128.0/17 - a - 1
		block ip4 10.6.0.1/32 - a - 1
		allow ip4 12.1.0.0/32 - a - 1
		allow ip4 12.1.0.1/32 - a - 1
		allow ip4 12.1.0.2/31 - a - 1
		allow ip4 12.2.0.0/31 - a - 1
		block ip4 12.0.0.0/8 - a - 1
		block ip6 2001:db8:1::/128 - a - 1
		block ip6 2001:db8:1::1/128 - a - 1
		block ip6 2001:db8:2::/127 - a - 1
		block ip6 2001:db8:3::/48 - a - 1
	EOF
	blocked='10.1.0.0 10.1.0.1 10.1.0.3 10.2.0.0 10.2.0.1 10.2.0.3 10.3.0.1 10.4.0.9 10.4.200.1 2001:db8:1:: 2001:db8:1::1 2001:db8:2:: 2001:db8:2::1 2001:db8:3::9'
	allowed='12.1.0.0 12.1.0.1 12.1.0.3 12.2.0.0 12.2.0.1'
}

# steps FAULT FROM TO: see steps.py.
steps() {
	TS_TIMEOUT=200 in_ns 0 "'$TOP/tests/packets/steps.py' $1 $2 $3 '$blocked' '$allowed'" || return
	grep -Eqx '[2-9][0-9] messages' out || fail "$(<out)"
}

@test "killed at any message of a change in place, cover holds and the next run repairs" {
	two_policies
	steps kill old new
	steps kill new old
}

@test "killed at any message of a rebuild, cover holds and the next run repairs" {
	two_policies
	steps rebuild old new
	steps rebuild new old
}

@test "an overrun of the netlink buffer is got over by reading again" {
	two_policies
	steps recvmsg old new
	steps sendto old new
}

@test "sets that another program fills up at any message are rebuilt, larger" {
	two_policies
	steps full old new
	steps full new old
}

@test "what another program destroys, empties or makes at any message is put right" {
	two_policies
	steps gone old new
}

@test "a set that another program is reading is waited for" {
	awk 'BEGIN { for (i = 0; i < 5000; i++) printf "block ip4 11.0.%d.%d/32 - n - 1\n", i / 256, i % 256 }' | policy >p
	ns_run ts-ipset-apply -q --prefix TS p
	# With other options it is to be swapped, which a reader holds up.
	ns_run ipset save TSblockaddr | sed '/^create/s/$/ comment/; s/TSblockaddr/X/' >saved
	ns_run bash -c 'ipset restore <saved; ipset swap X TSblockaddr; ipset destroy X'
	mkfifo go
	ns_run "$TOP/tests/packets/hold.py" TSblockaddr <go >held 3>&- &
	holder=$!
	exec 7>go
	wait_for 20 grep -q holding held
	ns_run ts-ipset-apply -q --prefix TS p >out 2>err 3>&- 7>&- &
	apply=$!
	wait_for 20 bash -c 'ns_run ipset list -t TSblockaddrnew | grep -q "entries: 5000"'
	kill -0 "$apply" || fail 'did not wait' "$(<err)"
	exec 7>&-
	wait "$holder"
	wait "$apply"
	in_ns 0 'ts-ipset-apply --prefix TS --check p'
	expect_eq sets "$(ns_run ipset list -n | wc -l)" 8
}

@test "another program that changes the sets meanwhile is outlived" {
	two_policies
	ns_run ts-ipset-apply -q --prefix TS old
	# It ends by itself when the file is gone.
	: >meddle
	ns_run bash -c 'while [[ -e meddle ]]; do
		ipset -q -! del TSblockaddr 10.3.0.1; ipset -q add TSblocknet 99.0.0.0/8
		ipset -q destroy TSallownet6; ipset -q flush TSblocknet6
		ipset -q create TSblockaddrnew hash:ip; ipset -q save >/dev/null
	done' 3>&- &
	other=$!
	for _ in 1 2 3 4 5 6; do
		for p in new old; do
			got=0
			ns_run ts-ipset-apply -q --prefix TS --max-shrink 100 "$p" 2>err || got=$?
			((got == 0 || got == 75)) || break 2
		done
	done
	rm meddle
	wait "$other" || true
	((got == 0 || got == 75)) || fail "status $got" "$(<err)"
	in_ns 0 'ts-ipset-apply --prefix TS new'
	in_ns 0 'ts-ipset-apply --prefix TS --check new'
	expect_eq sets "$(ns_run ipset list -n | wc -l)" 8
}
