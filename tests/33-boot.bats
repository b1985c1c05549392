#!/usr/bin/env bats
# ts-boot: after a start of the machine, which is a new namespace here.
# bats file_tags=slow

load helper

setup() {
	common_setup
	mkdir run state
	export TS_RUNDIR=$PWD/run TS_STATEDIR=$PWD/state
	ns_start
	export -f ns_run
	export NS_PID
}

teardown() { ns_stop; }

# in_ns STATUS COMMAND...
in_ns() {
	local status=$1
	shift
	# shellcheck disable=SC2016
	run_ts "$status" bash -c 'ns_run "$@"' - "$@"
}

# The sets but for what the kernel chooses anew.
sets() { ns_run ipset save | sed 's/ hashsize [0-9]*//; s/ initval [^ ]*//' | sort; }

@test "sets and rules are after a start as they were before, options too" {
	{ echo 'block ip4 192.0.2.0/24 - x - 1'; echo 'block ip6 2001:db8::7/128 - x - 1'
	  echo 'allow ip4 198.51.100.1/32 - x - 1'; } | policy >p
	in_ns 0 ts-ipset-apply --prefix TS --save state/TS.policy p
	in_ns 0 ts-iptables --prefix TS --nflog 9 --log-limit 5/second add
	ns_run iptables -S >before
	sets >before.sets
	ns_stop
	ns_start
	in_ns 0 ts-boot
	ns_run iptables -S | diff before -
	sets | diff before.sets -
	in_ns 0 ts-iptables --prefix TS --nflog 9 --log-limit 5/second status
}

@test "the program that was chosen by IPTABLES is chosen again" {
	[[ $EUID == 0 ]] || skip 'iptables-legacy needs root of the whole machine'
	in_ns 0 env IPTABLES=iptables-legacy ts-iptables --prefix TS add
	ns_stop
	ns_start
	in_ns 0 ts-boot
	in_ns 0 ts-iptables --iptables iptables-legacy --prefix TS status
	in_ns 1 ts-iptables --iptables iptables-nft --prefix TS status
	in_ns 0 ts-iptables --prefix TS status
	in_ns 0 ts-iptables --prefix TS remove
	expect_eq ours "$(ns_run iptables-legacy -S | grep -c TS-)" 0
}

@test "a firewall that loads its own rules in between finds the sets, and is below ours" {
	policy <<<'block ip4 192.0.2.7/32 - x - 1' >p
	ns_run iptables -A INPUT -p tcp --dport 22 -j ACCEPT
	in_ns 0 ts-iptables --prefix TS add
	in_ns 0 ts-ipset-apply --prefix TS --save state/TS.policy p
	ns_run iptables-save >with
	grep -v TS- with >without
	for theirs in with without; do
		ns_stop
		ns_start
		in_ns 0 ts-boot
		in_ns 0 iptables-restore "$theirs"
		in_ns 0 ts-boot
		in_ns 0 ts-iptables --prefix TS status
		expect_eq 'of the host' "$(ns_run iptables -S INPUT | sed -n 3p)" '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'
	done
}

@test "without a saved policy it lays the rules and says that the sets are empty" {
	in_ns 0 ts-iptables --prefix TS add
	ns_stop
	ns_start
	in_ns 0 ts-boot TS
	expect_err "'$TS_STATEDIR/TS.policy' is not there"
	in_ns 0 ts-iptables --prefix TS status
}

@test "a damaged policy is said; the rules are laid all the same" {
	in_ns 0 ts-iptables --prefix TS add
	printf '#ts-policy/1\nblock' >state/TS.policy
	ns_stop
	ns_start
	in_ns 65 ts-boot
	expect_err 'cut off'
	in_ns 0 ts-iptables --prefix TS status
}

@test "rules that were removed do not come back" {
	in_ns 0 ts-iptables --prefix TS add
	in_ns 0 ts-iptables --prefix TS remove
	in_ns 0 ts-boot
	expect_no_err
	in_ns 1 ts-iptables --prefix TS status
	in_ns 66 ts-boot TS
	expect_err 'no rules of '
}

@test "has a --help and refuses an unknown option" {
	run_ts 0 ts-boot --help
	run_ts 64 ts-boot --nonsense
	expect_err "try 'ts-boot --help'"
}
