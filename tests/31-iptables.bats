#!/usr/bin/env bats
# The rules of ts-iptables, with packets sent through them.
# bats file_tags=slow
# shellcheck disable=SC2016 # what is quoted is for the shell in the namespace

load helper

PROBE=$BATS_TEST_DIRNAME/packets/probe.py
# Lets LOG lines out of a namespace; there is one for the whole machine.
LOG_SWITCH=/proc/sys/net/netfilter/nf_log_all_netns

setup() {
	common_setup
	ns_start
	export -f ns_run
	export NS_PID TS_RUNDIR=$PWD/run TS_STATEDIR=$PWD/state XTABLES_LOCKFILE=$PWD/xtables.lock
}

teardown() {
	ns_stop
	kernel_log_stop
}

# kernel_log_start: what the kernel logs from here on is in kernel.log.
kernel_log_start() {
	[[ $EUID == 0 && -w $LOG_SWITCH ]] || skip "only root may set nf_log_all_netns, without which no namespace logs"
	exec 8<"$LOG_SWITCH"
	flock -w 60 8 # one run at a time changes it and puts it back
	old_switch=$(<"$LOG_SWITCH")
	echo 1 >"$LOG_SWITCH"
	dmesg --follow-new >kernel.log 3>&- 8<&- &
	KMSG=$!
	# The first word from the kernel tells that nothing is missed any more.
	wait_for 20 bash -c 'echo "ts-tools test begins" >/dev/kmsg; grep -q "ts-tools test begins" kernel.log'
}

kernel_log_stop() {
	[[ -n ${KMSG:-} ]] || return 0
	kill "$KMSG" || true
	echo "$old_switch" >"$LOG_SWITCH"
	exec 8<&-
}

in_ns() {
	run_ts "$1" bash -c 'ns_run bash -o pipefail -c "$1"' - "$2"
}

# rules TOOL: what it saves, without times and counters.
rules() { ns_run "$1-save" 2>/dev/null | sed '/^#/d; s/\[[0-9:]*\]/[]/'; }

# operators_rules TOOL: a firewall that was there before.
operators_rules() {
	ns_run "$1" -N mine
	ns_run "$1" -A mine -p tcp --dport 22 -j ACCEPT
	ns_run "$1" -A INPUT -j mine
	ns_run "$1" -A FORWARD -i lo -j DROP
	ns_run "$1" -t nat -A PREROUTING -p tcp --dport 81 -j REDIRECT --to-ports 80
	ns_run "$1" -P FORWARD DROP
}

# there_and_back TOOL: add, add again, remove, on a host that has rules.
there_and_back() {
	local six=ip6${1#ip}
	export IPTABLES=$1
	operators_rules "$1"
	operators_rules "$six"
	rules "$1" >before
	rules "$six" >before6
	in_ns 0 'ts-iptables --prefix TS add'
	expect_no_err
	for t in "$1" "$six"; do
		rules "$t" >after
		grep -m 1 '^-A INPUT' after | grep -qxF -e '-A INPUT -j TS-in'
		grep -m 1 '^-A OUTPUT' after | grep -qxF -e '-A OUTPUT -j TS-out'
		grep -m 2 '^-A FORWARD' after | diff - <(printf -- '-A FORWARD -j TS-%s\n' in out)
		expect_eq LOG "$(grep -c 'LOG --log-prefix "ThreatSTOP-TSblock "' after)" 2
	done
	rules "$1" >once
	in_ns 0 'ts-iptables --prefix TS status'
	in_ns 0 'ts-iptables --prefix TS add'
	rules "$1" | diff once -
	in_ns 0 'ts-iptables --prefix TS remove'
	rules "$1" | diff before -
	rules "$six" | diff before6 -
	in_ns 1 'ts-iptables --prefix TS status'
	in_ns 0 'ts-iptables --prefix TS remove'
}

@test "add puts our chains above all others, twice is once, remove leaves the host as it was" {
	there_and_back iptables-nft
}

@test "the same with iptables-legacy" {
	[[ $EUID == 0 ]] || skip 'iptables-legacy-save needs root of the whole machine'
	there_and_back iptables-legacy
}

@test "a host without any rule is left without a table" {
	in_ns 0 'ts-iptables --iptables iptables-nft --prefix TS add'
	in_ns 0 'ts-iptables --iptables iptables-nft --prefix TS remove'
	expect_eq ruleset "$(ns_run nft list ruleset)" ''
}

@test "what stood before is kept, and not overwritten by an add that finds ours" {
	operators_rules iptables
	ns_run ipset create other hash:ip
	in_ns 0 'ts-iptables --prefix TS add'
	grep -qF -e '-A INPUT -j mine' state/pre-threatstop_iptables
	expect_eq ours "$(grep -c TS- state/pre-threatstop_iptables)" 0
	[[ -e state/pre-threatstop_ip6tables ]]
	grep -q '^create other ' state/pre-threatstop_ipset
	expect_eq 'modes' "$(stat -c %a state/pre* | sort -u)" 600
	in_ns 0 'ts-iptables --prefix TS --no-log add'
	expect_eq ours "$(grep -c TS- state/pre-threatstop_iptables)" 0
	in_ns 0 'ts-iptables --prefix TS remove'
	: >file
	in_ns 73 'TS_STATEDIR=$PWD/file ts-iptables --prefix TS add'
	expect_err "cannot create directory"
	expect_eq ours "$(rules iptables | grep -c TS-)" 0
	mkdir -p full/pre-threatstop_iptables.new
	in_ns 73 'TS_STATEDIR=$PWD/full ts-iptables --prefix TS add'
	expect_err "cannot write '$PWD/full/pre-threatstop_iptables': " 'Is a directory'
	expect_eq ours "$(rules iptables | grep -c TS-)" 0
}

@test "what stood before is kept through a start, another firewall and a second prefix" {
	operators_rules iptables
	ns_run ipset create 'two words' hash:ip
	ns_run ipset create '*' hash:ip
	in_ns 0 'ts-iptables --prefix TS add'
	grep -q '^create two words ' state/pre-threatstop_ipset
	grep -q '^create \* ' state/pre-threatstop_ipset
	cp -a state before
	in_ns 0 'ts-iptables --prefix TT add'
	diff before/pre-threatstop_iptables state/pre-threatstop_iptables
	# After a start, before the operator's firewall is there.
	for t in iptables ip6tables; do
		ns_run "$t" -F
		ns_run "$t" -X
	done
	in_ns 0 'ts-iptables --prefix TS add'
	for f in iptables ip6tables ipset; do diff "before/pre-threatstop_$f" "state/pre-threatstop_$f"; done
	in_ns 0 'ts-iptables --prefix TS remove'
	in_ns 0 'ts-iptables --prefix TT remove'
	in_ns 0 'ts-iptables --prefix TS add'
	expect_eq 'of the operator' "$(grep -c -- '-j mine' state/pre-threatstop_iptables)" 0
}

@test "without the program ipset it is said that sets are not kept" {
	mkdir real without
	for f in /usr/sbin/*; do ln -s "$PWD/real/${f##*/}" without; done
	rm without/ipset
	ns_run bash -c 'mount --bind /usr/sbin real && mount --bind without /usr/sbin'
	in_ns 0 'ts-iptables --prefix TS add'
	expect_err "no program 'ipset': the sets of others are not kept"
	in_ns 0 'ts-iptables --prefix TS add'
	expect_no_err
}

@test "cron's PATH will do" {
	mkdir -p usr/sbin usr/bin
	cp "$TOP"/scripts/ts-{iptables,boot} usr/sbin
	cp "$BINDIR/ts-ipset-apply" usr/bin
	in_ns 0 'PATH=/usr/bin:/bin usr/sbin/ts-iptables --prefix TS add'
	ns_run iptables -F
	in_ns 0 'PATH=/usr/bin:/bin usr/sbin/ts-boot'
	in_ns 0 'ts-iptables --prefix TS status'
}

@test "rules that another firewall swept away or pushed down are put back, and it is said" {
	in_ns 0 'ts-iptables --prefix TS add'
	ns_run iptables -F
	in_ns 1 'ts-iptables --prefix TS status'
	grep -qx $'ip4\tINPUT\tmissing' out
	grep -qx $'ip6\tINPUT\tfirst' out
	in_ns 0 'ts-iptables --prefix TS add'
	expect_err 'IPv4: our rules were not whole'
	in_ns 0 'ts-iptables --prefix TS status'
	ns_run iptables -I FORWARD 2 -j ACCEPT
	ns_run iptables -I INPUT -p icmp -j ACCEPT
	in_ns 1 'ts-iptables --prefix TS status'
	grep -qx $'ip4\tINPUT\tnot first' out
	in_ns 0 'ts-iptables --prefix TS add'
	expect_err 'IPv4: our chains were not above all others: put back'
	in_ns 0 'ts-iptables --prefix TS status'
	# Another firewall that loads itself leaves nothing of ours.
	printf '*filter\n:INPUT ACCEPT\n:FORWARD DROP\n:OUTPUT ACCEPT\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n' >theirs
	ns_run iptables-restore theirs
	ns_run ip6tables-restore theirs
	in_ns 0 'ts-iptables --prefix TS add'
	expect_err 'IPv4: our rules were gone: laid again' 'IPv6: our rules were gone: laid again'
	in_ns 0 'ts-iptables --prefix TS status'
	ns_run iptables -D TS-in 1
	in_ns 0 'ts-iptables --prefix TS add'
	expect_err 'IPv4: our rules were not whole'
	in_ns 0 'ts-iptables --prefix TS add'
	expect_no_err
}

@test "rules of ours in another order, or another's in the place of LOG, are laid anew" {
	for t in iptables-nft iptables-legacy; do
		[[ $EUID == 0 || $t == iptables-nft ]] || continue
		in_ns 0 "ts-iptables --iptables $t --prefix TS --log-limit 10/second add"
		in_ns 0 "ts-iptables --iptables $t --prefix TS --log-limit 10/second status"
		ns_run "$t" -D TS-in -m set --match-set TSallowaddr src -j RETURN
		ns_run "$t" -A TS-in -m set --match-set TSallowaddr src -j RETURN
		in_ns 1 "ts-iptables --iptables $t --prefix TS --log-limit 10/second status"
		in_ns 0 "ts-iptables --iptables $t --prefix TS --log-limit 10/second add"
		expect_err 'IPv4: our rules were not whole'
		ns_run "$t" -R TS-outhit 1 -j ACCEPT
		in_ns 0 "ts-iptables --iptables $t --prefix TS --log-limit 10/second add"
		expect_err 'IPv4: our rules were not whole'
		in_ns 0 "ts-iptables --iptables $t --prefix TS --log-limit 10/second status"
		in_ns 0 "ts-iptables --iptables $t --prefix TS remove"
	done
}

@test "two prefixes stand above all others together" {
	operators_rules iptables
	rules iptables >before
	for p in TS T.S TS; do
		in_ns 0 "ts-iptables --prefix $p add"
		expect_no_err
	done
	for p in TS T.S; do in_ns 0 "ts-iptables --prefix $p status"; done
	ns_run iptables -I INPUT -j ACCEPT
	for p in TS T.S; do
		in_ns 1 "ts-iptables --prefix $p status"
		in_ns 0 "ts-iptables --prefix $p add"
		expect_err 'IPv4: our chains were not above all others: put back'
	done
	for p in TS T.S; do in_ns 0 "ts-iptables --prefix $p status"; done
	ns_run iptables -D INPUT -j ACCEPT
	for p in T.S TS; do in_ns 0 "ts-iptables --prefix $p remove"; done
	rules iptables | diff before -
}

@test "killed at any step of add or remove, the next run repairs" {
	local n t got command every=3
	[[ -z ${TEST_LONG:-} ]] || every=1
	# Before the KILL_AT-th command that changes something, all of it ends.
	cat >kill.bash <<-'EOF'
		set -T
		step=0
		trap 'case $BASH_COMMAND in
			rm* | mv* | *-restore* | ts-ipset-apply*) ((++step != KILL_AT)) || kill -9 0 ;;
			esac' DEBUG
	EOF
	for t in iptables ip6tables; do
		operators_rules "$t"
		ns_run "$t-save" >"saved-$t"
		rules "$t" >"before-$t"
	done
	for command in add remove; do
		for ((n = 1; ; n += every)); do
			rm -rf state
			for t in iptables ip6tables; do ns_run "$t-restore" "saved-$t"; done
			[[ $command == add ]] || in_ns 0 'ts-iptables --prefix TS add'
			got=0
			ns_run setsid --wait env BASH_ENV="$PWD/kill.bash" KILL_AT="$n" ts-iptables --prefix TS "$command" || got=$?
			((got == 137)) || break
			in_ns 0 "ts-iptables -q --prefix TS $command"
			for t in iptables ip6tables; do
				[[ $command == remove ]] || rules "$t" | grep -qxF -e '-A INPUT -j TS-in' || fail "step $n: not laid"
				rules "$t" | grep -vE 'TS-(in|out)' | diff "before-$t" - || fail "step $n: rules of others"
				[[ $command == add ]] || expect_eq "step $n: ours" "$(rules "$t" | grep -c TS-)" 0
				# What was kept has none of ours, whenever it was kept.
				grep -vE '^#' "state/pre-threatstop_$t" | sed 's/\[[0-9:]*\]/[]/' | diff "before-$t" - || fail "step $n: kept"
			done
		done
		expect_eq "status of $command without a kill" "$got" 0
		((n > 3)) || fail "$command has but $n steps"
	done
}

@test "a rule of others that uses our chains is named, and nothing is removed" {
	in_ns 0 'ts-iptables --prefix TS add'
	ns_run ip6tables -A FORWARD -i lo -j TS-in
	rules iptables >before
	in_ns 78 'ts-iptables --prefix TS remove'
	expect_err 'IPv6: a rule of others uses our chain: -A FORWARD -i lo -j TS-in' 'hint: take it out first'
	rules iptables | diff before -
	ns_run ip6tables -D FORWARD -i lo -j TS-in
	in_ns 0 'ts-iptables --prefix TS remove'
	# What iptables itself refuses is told in its words.
	in_ns 78 'ts-iptables --prefix TS --logopts=--nonsense add'
	expect_err 'unknown option "--nonsense"'
}

@test "log options come where they are asked for" {
	in_ns 0 'ts-iptables --prefix TS --logopts="--log-uid --log-level 6" --logopts_direction=out --log-limit 10/second add'
	rules iptables >after
	grep -qxF -e '-A TS-inhit -m limit --limit 10/sec -j LOG --log-prefix "ThreatSTOP-TSblock "' after
	grep -qF -e '-A TS-outhit -m limit --limit 10/sec -j LOG --log-prefix "ThreatSTOP-TSblock " --log-level 6 --log-uid' after
	in_ns 0 'ts-iptables --prefix TS --no-log --allow_action ACCEPT add'
	expect_err "allow_action ACCEPT: what the allow sets match skips the host's own later rules"
	rules iptables >after
	expect_eq LOG "$(grep -c LOG after)" 0
	expect_eq ACCEPT "$(grep -c -- '-A TS-.* -j ACCEPT' after)" 4
	in_ns 64 'ts-iptables --prefix ABCDEFGHIJKLM add'
	expect_err "log prefix 'ThreatSTOP-ABCDEFGHIJKLMblock ': it has 30 characters, the kernel takes 29" 'hint: give a shorter one: --log-prefix'
	in_ns 0 'ts-iptables --prefix ABCDEFGHIJKLMNOPQRSTU --log-prefix "x " add'
	in_ns 0 'ts-iptables --prefix ABCDEFGHIJKLMNOPQRSTU remove'
}

@test "a wrong command line is refused" {
	for args in '' 'lay' 'add remove' '--no-such add' '--allow_action DROP add' '--nflog x add' \
		'--nflog 70000 add' '--no-log=n add' '--quiet=n add' '--logopts_direction up add' '--log-limit many add' 'add --prefix'; do
		in_ns 64 "ts-iptables --prefix TS $args"
		expect_err 'ts-iptables: ' "try 'ts-iptables --help'"
	done
	in_ns 64 'ts-iptables add'
	in_ns 64 'ts-iptables --prefix "a b" add'
	in_ns 69 'ts-iptables --iptables no-iptables --prefix TS add'
	in_ns 77 'setpriv --bounding-set=-net_admin --inh-caps=-net_admin ts-iptables --iptables iptables-nft --prefix TS add'
	expect_err 'hint: CAP_NET_ADMIN is needed: run as root'
	expect_eq rules "$(rules iptables)" ''
}

@test "--load_br_netfilter writes the file, remove takes it away" {
	mkdir modules
	in_ns 0 'mount --bind modules /etc/modules-load.d'
	[[ -e /proc/sys/net/bridge ]] || skip 'this kernel has no br_netfilter'
	in_ns 0 'ts-iptables --prefix TS --load_br_netfilter=y add'
	grep -qx br_netfilter modules/threatstop.conf
	in_ns 0 'ts-iptables --prefix TS --load_br_netfilter=n add'
	[[ ! -e modules/threatstop.conf ]]
	in_ns 0 'ts-iptables --prefix TS --load_br_netfilter add'
	expect_no_err
	in_ns 0 'ts-iptables --prefix TT --load-br-netfilter=n add && ts-iptables --prefix TT remove'
	expect_eq 'with another prefix that asks for it' "$(ls modules)" threatstop.conf
	in_ns 0 'echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables; ts-iptables --prefix TS --load_br_netfilter add'
	expect_err 'net.bridge.bridge-nf-call-iptables is 0: bridged packets do not pass the rules of iptables'
	in_ns 0 'ts-iptables --prefix TS remove'
	expect_eq files "$(ls modules)" ''
}

# topology: the host between "world", which holds all addresses, and "inside".
topology() {
	ns_run mount -t tmpfs tmpfs /run
	ns_run bash -e <<-'EOF'
		ip netns add world
		ip netns add inside
		ip link add w0 type veth peer name eth0 netns world
		ip link add i0 type veth peer name eth0 netns inside
		for n in world inside; do ip -n $n link set lo up; ip -n $n link set eth0 up; done
		ip link set w0 up
		ip link set i0 up
		ip addr add 192.0.2.1/24 dev w0
		ip addr add 10.9.0.1/24 dev i0
		ip -6 addr add 2001:db8:1::1/64 dev w0 nodad
		ip -6 addr add 2001:db8:9::1/64 dev i0 nodad
		ip -n world addr add 192.0.2.254/24 dev eth0
		ip -n world -6 addr add 2001:db8:1::fe/64 dev eth0 nodad
		ip -n inside addr add 10.9.0.2/24 dev eth0
		ip -n inside -6 addr add 2001:db8:9::2/64 dev eth0 nodad
		for a in 198.51.100.66 198.51.100.7 203.0.113.9; do ip -n world addr add $a/32 dev lo; done
		for a in 2001:db8:bad::66 2001:db8:bad::7 2001:db8:600d::9; do ip -n world -6 addr add $a/128 dev lo nodad; done
		ip route add default via 192.0.2.254
		ip -6 route add default via 2001:db8:1::fe
		ip -n world route add default via 192.0.2.1
		ip -n world -6 route add default via 2001:db8:1::1
		ip -n inside route add default via 10.9.0.1
		ip -n inside -6 route add default via 2001:db8:9::1
		echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	EOF
	policy >p <<-EOF
		block ip4 198.51.100.66/32 - a - 1
		block ip4 198.51.100.0/29 - a - 1
		allow ip4 198.51.100.7/32 - a - 1
		block ip6 2001:db8:bad::66/128 - a - 1
		block ip6 2001:db8:bad::/120 - a - 1
		allow ip6 2001:db8:bad::7/128 - a - 1
	EOF
}

# at NAMESPACE COMMAND...: "host" is the one around the others.
at() {
	local where=$1
	shift
	[[ $where == host ]] || set -- ip netns exec "$where" "$@"
	ns_run "$@"
}

# listen NAMESPACE: a receiver there, its log being NAMESPACE.log.
listen() {
	at "$1" "$PROBE" listen 5555 >"$1.log" 2>&1 3>&- &
	wait_for 20 grep -q listening "$1.log"
}

# verdict FROM TO DST SRC: "passed" or "dropped". The control packet comes from,
# or goes to, an address that is in no list and is sent last.
verdict() {
	local from=$1 to=$2 dst=$3 src=$4 control_dst=$3 control_src=-
	tag=$((tag + 1))
	# Only one end is a listed one; the control has another there.
	case $dst in
	198.51.100.*) control_dst=203.0.113.9 ;;
	2001:db8:bad:*) control_dst=2001:db8:600d::9 ;;
	esac
	at "$from" "$PROBE" send "$dst" 5555 "$src" "probe-$tag" 2>/dev/null || true
	at "$from" "$PROBE" send "$control_dst" 5555 "$control_src" "end-$tag"
	wait_for 20 grep -q "end-$tag" "$to.log" || return
	grep -q "probe-$tag" "$to.log" && echo passed || echo dropped
}

@test "packets in, out and forwarded, both families: what is listed is dropped and logged" {
	topology
	in_ns 0 'ts-iptables --prefix TS --nflog 7 add && ts-ipset-apply -q --prefix TS p'
	ns_run "$BINDIR/nflog" 7 >nflog.log 2>nflog.err 3>&- &
	wait_for 20 grep -q listening nflog.err
	tag=0
	for where in host world inside; do listen "$where"; done
	while read -r from to dst src want; do
		expect_eq "$from to $to, $src to $dst" "$(verdict "$from" "$to" "$dst" "$src")" "$want"
		# verdict runs in a subshell
		tag=$((tag + 1))
	done <<-EOF
		world host 192.0.2.1 198.51.100.66 dropped
		world host 192.0.2.1 198.51.100.7 passed
		world host 192.0.2.1 203.0.113.9 passed
		host world 198.51.100.66 - dropped
		host world 198.51.100.7 - passed
		host world 203.0.113.9 - passed
		world inside 10.9.0.2 198.51.100.66 dropped
		world inside 10.9.0.2 198.51.100.7 passed
		inside world 198.51.100.66 - dropped
		inside world 198.51.100.7 - passed
		world host 2001:db8:1::1 2001:db8:bad::66 dropped
		world host 2001:db8:1::1 2001:db8:bad::7 passed
		host world 2001:db8:bad::66 - dropped
		host world 2001:db8:bad::7 - passed
		world inside 2001:db8:9::2 2001:db8:bad::66 dropped
		world inside 2001:db8:9::2 2001:db8:bad::7 passed
		inside world 2001:db8:bad::66 - dropped
		inside world 2001:db8:600d::9 - passed
	EOF
	# The line of the documents, for each direction.
	wait_for 20 grep -q 'IN=i0 OUT=w0 .*SRC=2001:0db8:0009:.*DST=2001:0db8:0bad:0000:0000:0000:0000:0066' nflog.log
	grep -Eq ' kernel: \[ *[0-9]+\.[0-9]{6}\] ThreatSTOP-TSblock IN=w0 OUT= MAC=([0-9a-f]{2}:){13}[0-9a-f]{2} SRC=198.51.100.66 DST=192.0.2.1 LEN=[0-9]+ TOS=0x00 PREC=0x00 TTL=64 ID=[0-9]+ DF PROTO=UDP SPT=[0-9]+ DPT=5555 LEN=[0-9]+ ' nflog.log
	grep -q 'ThreatSTOP-TSblock IN= OUT=w0 SRC=192.0.2.1 DST=198.51.100.66 ' nflog.log
	grep -q 'ThreatSTOP-TSblock IN=w0 OUT=i0 .*SRC=198.51.100.66 DST=10.9.0.2 ' nflog.log
	grep -q 'ThreatSTOP-TSblock IN=i0 OUT=w0 .*SRC=10.9.0.2 DST=198.51.100.66 ' nflog.log
	expect_eq 'lines of others' "$(grep -cE 'SRC=203|DST=203|198.51.100.7 ' nflog.log)" 0
	ns_run ipset list TSblockaddr | grep -Eq '^198.51.100.66 .*packets 4 '
	in_ns 0 'ts-ipset-apply --prefix TS --hits'
	grep -q $'\tblock\t198.51.100.66/32\t' out
}

@test "an allowed address is left to the host's own rules, or skips them with ACCEPT" {
	local t action want
	topology
	in_ns 0 'ts-ipset-apply -q --prefix TS p'
	listen host
	tag=0
	for t in iptables-nft iptables-legacy; do
		[[ $EUID == 0 || $t == iptables-nft ]] || continue
		ns_run "$t" -A INPUT -s 198.51.100.7 -j DROP
		ns_run "ip6${t#ip}" -A INPUT -s 2001:db8:bad::7 -j DROP
		while read -r action want; do
			in_ns 0 "ts-iptables --iptables $t -q --prefix TS --no-log --allow_action $action add"
			expect_eq "$t, $action" "$(verdict world host 192.0.2.1 198.51.100.7)" "$want"
			tag=$((tag + 1))
			expect_eq "$t, $action" "$(verdict world host 2001:db8:1::1 2001:db8:bad::7)" "$want"
			tag=$((tag + 1))
			expect_eq "$t, listed" "$(verdict world host 192.0.2.1 198.51.100.66)" dropped
			tag=$((tag + 1))
		done <<-EOF
			RETURN dropped
			ACCEPT passed
		EOF
		in_ns 0 "ts-iptables --iptables $t --prefix TS remove"
		ns_run "$t" -F
		ns_run "ip6${t#ip}" -F
	done
}

@test "the kernel's log has the lines of the documents, with the options asked for" {
	topology
	kernel_log_start
	in_ns 0 'ts-iptables --prefix TS --logopts="--log-uid" --logopts_direction=out add && ts-ipset-apply -q --prefix TS p'
	! at host ping -c 1 -W 1 198.51.100.66 || fail 'answered'
	! at world ping -c 1 -W 1 -I 198.51.100.66 192.0.2.1 || fail 'answered'
	! at inside ping -c 1 -W 1 198.51.100.66 || fail 'answered'
	! at world ping -6 -c 1 -W 1 -I 2001:db8:bad::66 2001:db8:9::2 || fail 'answered'
	at host ping -c 1 -W 5 203.0.113.9
	local head='ThreatSTOP-TSblock IN' mac='MAC=([0-9a-f]{2}:){13}[0-9a-f]{2}'
	local icmp='LEN=84 TOS=0x00 PREC=0x00 TTL=6[34] ID=[0-9]+ DF PROTO=ICMP TYPE=8 CODE=0 ID=[0-9]+ SEQ=1'
	for line in "$head= OUT=w0 SRC=192.0.2.1 DST=198.51.100.66 $icmp UID=0 GID=0 " \
		"$head=w0 OUT= $mac SRC=198.51.100.66 DST=192.0.2.1 $icmp " \
		"$head=i0 OUT=w0 $mac SRC=10.9.0.2 DST=198.51.100.66 $icmp " \
		"$head=w0 OUT=i0 $mac SRC=2001:0db8:0bad:0000:0000:0000:0000:0066 DST=2001:0db8:0009:0000:0000:0000:0000:0002 LEN=104 TC=0 HOPLIMIT=63 FLOWLBL=[0-9]+ PROTO=ICMPv6 TYPE=128 CODE=0 "; do
		wait_for 20 grep -Eq "^\[ *[0-9]+\.[0-9]{6}\] $line" kernel.log || fail "not there: $line" "$(<kernel.log)"
	done
	expect_eq 'lines of others' "$(grep -c 'ThreatSTOP.*203.0.113.9' kernel.log)" 0
}

# bridge: "world" and "inside" on a bridge, the host between them, 192.0.2.66 and
# 2001:db8:b::66 in its sets.
bridge() {
	[[ -e /proc/sys/net/bridge ]] || skip 'this kernel has no br_netfilter'
	ns_run mount -t tmpfs tmpfs /run
	ns_run bash -e <<-'EOF'
		ip netns add world
		ip netns add inside
		ip link add br0 type bridge
		ip link set br0 up
		for n in world inside; do
			ip link add p-$n type veth peer name eth0 netns $n
			ip link set p-$n master br0 up
			ip -n $n link set lo up
			ip -n $n link set eth0 up
		done
		ip -n world addr add 192.0.2.66/24 dev eth0
		ip -n world addr add 192.0.2.67/24 dev eth0
		ip -n inside addr add 192.0.2.2/24 dev eth0
		for a in 66 67; do ip -n world -6 addr add 2001:db8:b::$a/64 dev eth0 nodad; done
		ip -n inside -6 addr add 2001:db8:b::2/64 dev eth0 nodad
		echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
		echo 1 >/proc/sys/net/bridge/bridge-nf-call-ip6tables
	EOF
	policy >p <<-EOF
		block ip4 192.0.2.66/32 - a - 1
		block ip6 2001:db8:b::66/128 - a - 1
	EOF
	in_ns 0 'ts-ipset-apply -q --prefix TS p'
}

@test "bridged packets are dropped and logged with their ports" {
	bridge
	in_ns 0 'ts-iptables --prefix TS --nflog 7 add'
	ns_run "$BINDIR/nflog" 7 >nflog.log 2>nflog.err 3>&- &
	wait_for 20 grep -q listening nflog.err
	listen inside
	at world "$PROBE" send 192.0.2.2 5555 192.0.2.66 probe 192.0.2.67 end4
	at world "$PROBE" send 2001:db8:b::2 5555 2001:db8:b::66 probe 2001:db8:b::67 end6
	wait_for 20 grep -q end4 inside.log
	wait_for 20 grep -q end6 inside.log
	! grep -q probe inside.log || fail 'let through'
	wait_for 20 grep -Eq 'ThreatSTOP-TSblock IN=br0 OUT=br0 PHYSIN=p-world PHYSOUT=p-inside MAC=.*SRC=192.0.2.66 DST=192.0.2.2 ' nflog.log
	wait_for 20 grep -Eq 'ThreatSTOP-TSblock IN=br0 OUT=br0 PHYSIN=p-world PHYSOUT=p-inside MAC=.*SRC=2001:0db8:000b:0000:0000:0000:0000:0066 DST=2001:0db8:000b:0000:0000:0000:0000:0002 ' nflog.log
}

@test "the kernel's log has bridged packets with their ports" {
	bridge
	kernel_log_start
	in_ns 0 'ts-iptables --prefix TS add'
	! at world ping -c 1 -W 1 -I 192.0.2.66 192.0.2.2 || fail 'answered'
	at world ping -c 1 -W 5 -I 192.0.2.67 192.0.2.2
	wait_for 20 grep -Eq 'ThreatSTOP-TSblock IN=br0 OUT=br0 PHYSIN=p-world PHYSOUT=p-inside MAC=([0-9a-f]{2}:){13}[0-9a-f]{2} SRC=192.0.2.66 DST=192.0.2.2 LEN=84 TOS=0x00 PREC=0x00 TTL=64 ID=[0-9]+ DF PROTO=ICMP TYPE=8 CODE=0 ID=[0-9]+ SEQ=1' kernel.log
}

@test "a listed address is never let through while policies are applied and appliers killed" {
	topology
	{ sed '1d;$d' p; printf 'block\tip4\t198.51.100.%d/32\t-\ta\t-\t1\n' {64..80}; } | tr '\t' ' ' | sort -u | policy >addresses
	{ sed '1d;$d' p; printf 'block ip4 198.51.100.64/28 - a - 1\n'; } | grep -v 66/32 | tr '\t' ' ' | policy >prefixes
	in_ns 0 'ts-iptables --prefix TS --no-log add && ts-ipset-apply -q --prefix TS addresses'
	listen host
	at world "$PROBE" flood 192.0.2.1 5555 198.51.100.66 listed >flood.log 2>&1 3>&- &
	wait_for 20 grep -q flooding flood.log
	spoil='for s in TSblockaddr TSblocknet; do
		ipset save $s | sed "/^create/s/\$/ comment/; s/ $s / X /" | ipset restore && ipset swap X $s
		ipset -q destroy X
	done'
	in_ns 0 "$spoil; ipset list -t TSblocknet | grep comment"
	RANDOM=20261124
	for ((i = 0; i < 40; i++)); do
		p=prefixes
		((i % 2)) || p=addresses
		# Made with other options by somebody, they are rebuilt.
		((i % 4 < 2)) || in_ns_quiet "$spoil"
		# Killed somewhere in the middle, or not at all.
		in_ns_quiet "INJECT_CALL=sendto INJECT_KILL=1 INJECT_NTH=$((RANDOM % 60 + 1)) INJECT_PROG=ts-ipset-apply \
			LD_PRELOAD=$BINDIR/inject.so ts-ipset-apply -q --prefix TS --max-shrink 100 $p"
	done
	in_ns 0 'ts-ipset-apply -q --prefix TS --max-shrink 100 prefixes'
	at world "$PROBE" send 192.0.2.1 5555 203.0.113.9 end
	wait_for 20 grep -q end host.log
	expect_eq 'let through' "$(grep -c listed host.log)" 0
	expect_eq 'sets' "$(ns_run ipset list -n | wc -l)" 8
}

in_ns_quiet() { ns_run bash -c "$1" >/dev/null 2>&1 || true; }
