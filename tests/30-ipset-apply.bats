#!/usr/bin/env bats
# shellcheck disable=SC2016 # what is quoted is for the shell in the namespace

load helper

setup() {
	common_setup
	ns_start
	export -f ns_run
	export NS_PID TS_RUNDIR=$PWD/run
}

teardown() { ns_stop; }

# in_ns STATUS SCRIPT: a line of bash with pipefail, in the namespace.
in_ns() {
	run_ts "$1" bash -c 'ns_run bash -o pipefail -c "$1"' - "$2"
}

# apply STATUS [OPTION...]: the policy of records on standard input.
apply() {
	policy >p || return
	in_ns "$1" "ts-ipset-apply --prefix TS ${*:2} p"
}

# members SET: its entries, sorted, without what every one has.
members() {
	ns_run ipset list "$1" | sed '1,/^Members/d; s/ timeout 0//; s/ packets 0 bytes 0//' | sort
}

expect_members() {
	diff -u --label "expected in $1" --label "is in $1" - <(members "$1")
}

# numbers FROM TO: block records of single addresses.
numbers() {
	awk -v from="$1" -v to="$2" 'BEGIN { for (i = from; i < to; i++)
		printf "block ip4 11.%d.%d.%d/32 - n - 1\n", i / 65536, i / 256 % 256, i % 256 }'
}

@test "addresses and prefixes, blocked and allowed, go into eight sets" {
	apply 0 <<-EOF
		block ip4 192.0.2.66/32 - a - 1
		block ip4 198.51.100.0/24 - a - 1
		allow ip4 192.0.2.77/32 - a - 1
		allow ip4 203.0.113.0/25 - a - 1
		block ip6 2001:db8::66/128 - a - 1
		block ip6 2001:db8:1::/48 - a - 1
		allow ip6 2001:db8::77/128 - a - 1
		allow ip6 2001:db8:2::/47 - a - 1
	EOF
	expect_members TSblockaddr <<<192.0.2.66
	expect_members TSblocknet <<<198.51.100.0/24
	expect_members TSallowaddr <<<192.0.2.77
	expect_members TSallownet <<<203.0.113.0/25
	expect_members TSblockaddr6 <<<2001:db8::66
	expect_members TSblocknet6 <<<2001:db8:1::/48
	expect_members TSallowaddr6 <<<2001:db8::77
	expect_members TSallownet6 <<<2001:db8:2::/47
	expect_eq sets "$(ns_run ipset list -n | wc -l)" 8
	for set in TSblockaddr:ip:inet TSblocknet:net:inet TSallowaddr6:ip:inet6 TSblocknet6:net:inet6; do
		IFS=: read -r name type family <<<"$set"
		ns_run ipset list -t "$name" | grep -qx "Type: hash:$type"
		ns_run ipset list -t "$name" | grep -q "^Header: family $family .* timeout 0 counters "
	done
}

@test "an unchanged policy writes nothing, and is said to be in force" {
	apply 0 -v <<-EOF
		block ip4 192.0.2.66/32 - a - 1
		block ip6 2001:db8:1::/48 - a - 1
	EOF
	expect_err 'ts-ipset-apply: 2 entries in force, 2 written'
	in_ns 0 'ts-ipset-apply --prefix TS -v p'
	expect_err 'ts-ipset-apply: 2 entries in force, 0 written'
	in_ns 0 'ts-ipset-apply --prefix TS --check p'
}

@test "a change writes the difference alone, and what stays keeps its counters" {
	numbers 0 3000 >records
	apply 0 <records
	ns_run ipset add TSblockaddr 11.0.0.9 packets 7 bytes 588 -exist
	{ sed 1,500d records; sed -n 10p records; numbers 5000 5500; } | sort -u >second
	apply 0 -v <second
	expect_err '3001 entries in force, 999 written'
	members TSblockaddr | grep -qx '11.0.0.9 packets 7 bytes 588'
	expect_members TSblockaddr < <(sed 's,.* \(11[^/]*\)/.*,\1,; s,^11.0.0.9$,& packets 7 bytes 588,' second | sort)
}

# bats test_tags=slow
@test "standard input is read without an operand and with '-'" {
	policy <<<'block ip4 192.0.2.66/32 - a - 1' >p
	in_ns 0 'ts-ipset-apply --prefix TS <p'
	in_ns 0 'ts-ipset-apply --prefix TS --check - <p'
	expect_members TSblockaddr <<<192.0.2.66
}

@test "a stream that is cut off changes nothing" {
	apply 0 <<<'block ip4 192.0.2.66/32 - a - 1'
	policy <<<'block ip4 192.0.2.99/32 - a - 1' | sed '$d' >p
	in_ns 65 'ts-ipset-apply --prefix TS p'
	expect_err 'no end record'
	expect_members TSblockaddr <<<192.0.2.66
}

@test "other kinds and what has expired are left out and counted" {
	apply 0 <<-EOF
		block ip4 192.0.2.66/32 - a - 1
		block ip4 192.0.2.67/32 - a 1000 1
		block name bad.example nxdomain a - 1
		block name worse.example nxdomain a - 1
		block client4 192.0.2.0/24 drop a - 1
		block nsip6 2001:db8::/32 nxdomain a - 1
	EOF
	expect_err "left out: 2 of kind 'name', which no address set holds" \
		"left out: 1 of kind 'client4'" "left out: 1 of kind 'nsip6'" \
		'left out: 1 that have expired'
	expect_members TSblockaddr <<<192.0.2.66
	expect_eq nets "$(members TSblocknet)" ''
}

@test "an expiry becomes a timeout, is changed in place, and is not written anew" {
	local now left
	now=$(date +%s)
	apply 0 <<<"block ip4 192.0.2.66/32 - a $((now + 5000)) 1"
	left=$(ns_run ipset list TSblockaddr | sed -n 's/^192.0.2.66 timeout \([0-9]*\) .*/\1/p')
	((left > 4900 && left <= 5000)) || fail "timeout $left"
	in_ns 0 'ts-ipset-apply --prefix TS -v p'
	expect_err ' 0 written'
	ns_run ipset add TSblockaddr 192.0.2.66 timeout "$left" packets 3 bytes 252 -exist
	apply 0 -v <<<"block ip4 192.0.2.66/32 - a $((now + 9000)) 1"
	expect_err ' 1 written'
	ns_run ipset list TSblockaddr | grep -Eqx '192.0.2.66 timeout (8[89]..|9000) packets 3 bytes 252'
	apply 0 -v <<<'block ip4 192.0.2.66/32 - a - 1'
	expect_err ' 1 written'
	expect_members TSblockaddr <<<'192.0.2.66 packets 3 bytes 252'
	# Further off than the kernel can count: no timeout yet.
	apply 0 -v <<<"block ip4 192.0.2.66/32 - a $((now + 3000000)) 1"
	expect_err ' 0 written'
}

# bats test_tags=slow
@test "an entry that the kernel has let expire is not missed by the next run" {
	local now
	now=$(date +%s)
	apply 0 <<-EOF
		block ip4 192.0.2.66/32 - a - 1
		block ip4 192.0.2.67/32 - a $((now + 3)) 1
	EOF
	wait_for 10 bash -c '! ns_run ipset test TSblockaddr 192.0.2.67'
	in_ns 0 'ts-ipset-apply --prefix TS --check p'
	expect_err 'left out: 1 that have expired'
}

@test "an empty policy is refused, unless asked for" {
	apply 0 <<<'block ip4 192.0.2.66/32 - a - 1'
	apply 65 <<<'block name bad.example nxdomain a - 1'
	expect_err 'refused: the policy has no address' 'hint: if that is meant, say --allow-empty'
	expect_members TSblockaddr <<<192.0.2.66
	apply 0 --allow-empty </dev/null
	expect_eq entries "$(members TSblockaddr)" ''
}

@test "a shrink past --max-shrink is refused, by addresses and family" {
	apply 0 <<-EOF
		block ip4 198.51.100.0/24 - a - 1
		block ip4 192.0.2.66/32 - a - 1
		block ip6 2001:db8::/32 - a - 1
	EOF
	# More entries, but fewer addresses.
	{ echo 'block ip6 2001:db8::/32 - a - 1'; numbers 0 100; } | apply 65
	expect_err 'refused: 100 IPv4 addresses would be blocked, 257 are now: 61.1 % fewer, over the --max-shrink of 50 %' \
		'hint: if that is meant, say --max-shrink 100'
	expect_members TSblocknet <<<198.51.100.0/24
	apply 65 <<<'block ip4 198.51.100.0/24 - a - 1'
	expect_err 'refused: 0 IPv6 addresses would be blocked'
	apply 65 --dry-run <<<'block ip4 198.51.100.0/24 - a - 1'
	apply 65 --max-shrink 60 <<<'block ip4 198.51.100.0/26 - a - 1'
	apply 0 --max-shrink 100 <<<'block ip4 198.51.100.0/26 - a - 1'
	expect_members TSblocknet <<<198.51.100.0/26
	expect_eq IPv6 "$(members TSblocknet6)" ''
}

# bats test_tags=slow
@test "what overlaps in the sets is counted once when a shrink is judged" {
	apply 0 <<<'block ip4 198.51.100.0/24 - a - 1'
	# What a killed run leaves: the new entries beside the old ones.
	for net in 198.51.100.0/25 198.51.100.128/25 198.51.100.0/26; do
		ns_run ipset add TSblocknet "$net"
	done
	apply 0 --max-shrink 1 <<<'block ip4 198.51.100.0/24 - a - 1'
	expect_members TSblocknet <<<198.51.100.0/24
}

@test "a /0 is refused with its line" {
	apply 65 <<-EOF
		block ip4 192.0.2.66/32 - a - 1
		block ip4 0.0.0.0/0 - a - 1
	EOF
	expect_err "p:3: a /0 is refused: it would block every IPv4 address"
	apply 65 <<<'allow ip6 ::/0 - a - 1'
	expect_err "p:2: a /0 is refused: it would allow every IPv6 address"
	apply 65 <<-EOF
		block ip6 2001:db8::/32 - a - 1
		block ip6 2001:db8::1/128 - a - 1
		block ip6 ::/0 - a - 1
		block ip6 2001:db8::2/128 - a - 1
	EOF
	expect_err "p:4: a /0 is refused: it would block every IPv6 address"
	expect_eq sets "$(ns_run ipset list -n)" ''
}

@test "where an address is blocked and allowed, both sets have it and it is said" {
	apply 0 <<-EOF
		block ip4 198.51.100.0/24 - a - 1
		allow ip4 198.51.100.7/32 - a - 1
	EOF
	expect_err "both blocked and allowed: 1, '198.51.100.7/32' the first; allow wins"
	expect_members TSblocknet <<<198.51.100.0/24
	expect_members TSallowaddr <<<198.51.100.7
}

@test "records by hand in any order, and twice, come to the same" {
	apply 0 <<-EOF
		block ip4 198.51.100.0/24 - a - 1
		block ip6 2001:db8:9::/48 - a - 1
		block ip4 11.0.0.0/8 - a 99999999999 1
		block ip4 198.51.100.0/24 - a - 1
		block ip6 2001:db8:1::/48 - a - 1
		block ip4 11.0.0.0/8 - b 4000000000 1
	EOF
	expect_members TSblocknet <<-EOF
		11.0.0.0/8
		198.51.100.0/24
	EOF
	expect_eq IPv6 "$(members TSblocknet6 | wc -l)" 2
}

@test "own addresses, gateways, name servers and the SSH peer are held back" {
	ns_run ip link add v0 type veth peer name v1
	ns_run ip addr add 192.0.2.1/24 dev v0
	ns_run ip -6 addr add 2001:db8::1/64 dev v0 nodad
	ns_run ip link set v0 up
	ns_run ip route add default via 192.0.2.254
	ns_run ip -6 route add default nexthop via 2001:db8::fe dev v0 nexthop via 2001:db8::fd dev v0
	printf '# comment\nnameserver 198.51.100.53\nnameserver fe80::53%%v0\n' >resolv.conf
	ns_run mount --bind resolv.conf /etc/resolv.conf
	policy >p <<-EOF
		block ip4 127.0.0.0/8 - a - 1
		block ip4 192.0.2.0/30 - a - 1
		block ip4 192.0.2.254/32 - a - 1
		block ip4 198.51.100.0/24 - a - 1
		block ip4 203.0.113.9/32 - a - 1
		block ip4 203.0.113.10/32 - a - 1
		block ip6 2001:db8::fc/126 - a - 1
		block ip6 fe80::53/128 - a - 1
	EOF
	in_ns 0 'SSH_CONNECTION="203.0.113.9 4242 192.0.2.1 22" ts-ipset-apply --prefix TS p'
	expect_err "held back: '127.0.0.0/8', own address" \
		"held back: '192.0.2.1/32', own address" \
		"held back: '192.0.2.254/32', default gateway" \
		"held back: '2001:db8::fe/128', default gateway" \
		"held back: '2001:db8::fd/128', default gateway" \
		"held back: '198.51.100.53/32', name server" \
		"held back: 'fe80::53/128', name server" \
		"held back: '203.0.113.9/32', peer of SSH"
	# What is around them is blocked all the same, exactly.
	expect_members TSblockaddr <<-EOF
		192.0.2.0
		198.51.100.52
		203.0.113.10
	EOF
	expect_members TSblocknet <<-EOF
		192.0.2.2/31
		198.51.100.0/27
		198.51.100.128/25
		198.51.100.32/28
		198.51.100.48/30
		198.51.100.54/31
		198.51.100.56/29
		198.51.100.64/26
	EOF
	expect_members TSblockaddr6 <<-EOF
		2001:db8::fc
		2001:db8::ff
	EOF
	in_ns 0 'SSH_CONNECTION="203.0.113.9 4242 192.0.2.1 22" ts-ipset-apply --prefix TS --allow-self-block p'
	expect_no_err
	expect_eq nets "$(members TSblocknet | wc -l)" 3
}

# bats test_tags=slow
@test "the SSH peer is found above sudo, which hides the variable" {
	policy >p <<-EOF
		block ip4 203.0.113.9/32 - a - 1
		block ip4 203.0.113.10/32 - a - 1
	EOF
	in_ns 0 'SSH_CONNECTION="203.0.113.9 1 192.0.2.1 22" bash -c "env -u SSH_CONNECTION ts-ipset-apply --prefix TS p; exit"'
	expect_err "held back: '203.0.113.9/32', peer of SSH"
	expect_members TSblockaddr <<<203.0.113.10
}

@test "--dry-run prints the plan and changes nothing" {
	apply 0 <<-EOF
		block ip4 192.0.2.66/32 - a - 1
		block ip4 192.0.2.68/32 - a - 1
	EOF
	apply 0 --dry-run <<-EOF
		block ip4 192.0.2.67/32 - a - 1
		block ip4 192.0.2.68/32 - a $(($(date +%s) + 5000)) 1
		block ip6 2001:db8:1::/48 - a - 1
	EOF
	tr '\t' ' ' <out >plan
	diff -u - plan <<-EOF
		#ts-plan/1
		= set TSallowaddr entries=0 add=0 change=0 delete=0 -
		= set TSallownet entries=0 add=0 change=0 delete=0 -
		= set TSallowaddr6 entries=0 add=0 change=0 delete=0 -
		= set TSallownet6 entries=0 add=0 change=0 delete=0 -
		~ set TSblockaddr entries=2 add=1 change=1 delete=1 in place
		= set TSblocknet entries=0 add=0 change=0 delete=0 -
		= set TSblockaddr6 entries=0 add=0 change=0 delete=0 -
		~ set TSblocknet6 entries=1 add=1 change=0 delete=0 in place
		+ entry TSblockaddr 192.0.2.67/32 -
		~ entry TSblockaddr 192.0.2.68/32 expiry
		- entry TSblockaddr 192.0.2.66/32 -
		+ entry TSblocknet6 2001:db8:1::/48 -
		#end records=12
	EOF
	expect_members TSblockaddr <<-EOF
		192.0.2.66
		192.0.2.68
	EOF
}

@test "--check ends with 1 where something differs, and changes nothing" {
	apply 1 --check <<<'block ip4 192.0.2.66/32 - a - 1'
	expect_eq sets "$(ns_run ipset list -n)" ''
	apply 0 <<<'block ip4 192.0.2.66/32 - a - 1'
	apply 0 --check <<<'block ip4 192.0.2.66/32 - a - 1'
	ns_run ipset add TSblockaddr 192.0.2.99
	in_ns 1 'ts-ipset-apply --prefix TS --check p'
	expect_no_out
}

@test "what another program changed is put right" {
	apply 0 <<-EOF
		block ip4 192.0.2.66/32 - a - 1
		block ip4 192.0.2.67/32 - a - 1
		block ip4 198.51.100.0/24 - a - 1
	EOF
	ns_run ipset del TSblockaddr 192.0.2.66
	ns_run ipset add TSblockaddr 192.0.2.99
	ns_run ipset add TSblocknet 198.51.100.7/32 nomatch
	ns_run ipset add TSblocknet 198.51.100.0/24 nomatch -exist
	ns_run ipset destroy TSallownet6
	in_ns 0 'ts-ipset-apply --prefix TS p'
	expect_members TSblockaddr <<-EOF
		192.0.2.66
		192.0.2.67
	EOF
	expect_members TSblocknet <<<198.51.100.0/24
	ns_run ipset list -n | grep -qx TSallownet6
	in_ns 0 'ts-ipset-apply --prefix TS --check p'
}

@test "a set made with other options is rebuilt, keeping its counters" {
	ns_run ipset create TSblockaddr hash:ip counters comment
	ns_run ipset add TSblockaddr 192.0.2.66 packets 5 bytes 420 comment x
	ns_run ipset add TSblockaddr 192.0.2.99
	ns_run iptables -A INPUT -m set --match-set TSblockaddr src -j DROP
	apply 0 -n <<<'block ip4 192.0.2.66/32 - a - 1'
	grep -q $'^~\tset\tTSblockaddr\t.*\tit was made with other options$' out
	apply 0 <<<'block ip4 192.0.2.66/32 - a - 1'
	expect_members TSblockaddr <<<'192.0.2.66 packets 5 bytes 420'
	ns_run ipset list -t TSblockaddr | grep -q '^Header: .* timeout 0 counters'
	expect_eq comment "$(ns_run ipset list -t TSblockaddr | grep -c comment)" 0
}

@test "a set that keeps no more than a part of an address is rebuilt" {
	for mask in 'netmask 24' 'bitmask 255.255.0.255'; do
		ns_run ipset -q destroy TSblockaddr || true
		# shellcheck disable=SC2086 # a word and its value
		ns_run ipset create TSblockaddr hash:ip counters timeout 0 $mask || skip "ipset knows no $mask"
		apply 0 <<<'block ip4 192.0.2.66/32 - a - 1'
		expect_members TSblockaddr <<<192.0.2.66
		ns_run ipset test TSblockaddr 192.0.2.66
		run ! ns_run ipset -q test TSblockaddr 192.0.2.67
		run ! ns_run ipset -q test TSblockaddr 192.9.2.66
	done
}

@test "large sets come to the policy from whatever was in them" {
	local differences
	for differences in 0 600 4000; do
		in_ns 0 "$TOP/tests/property/ksets.py ${SEED:-1} $differences"
		expect_out <<<'0 wrong'
		ns_run ipset destroy
	done
}

@test "a set that grows over its maxelem is rebuilt and swapped" {
	ns_run ipset create TSblockaddr hash:ip counters timeout 0 maxelem 100
	numbers 0 60 | apply 0
	ns_run ipset list -t TSblockaddr | grep -q 'maxelem 100 '
	numbers 0 160 | apply 0
	expect_eq entries "$(members TSblockaddr | wc -l)" 160
	ns_run ipset list -t TSblockaddr | grep -q 'maxelem 65536 '
}

# bats test_tags=slow
@test "a big set is sized before it is filled" {
	numbers 0 100000 | apply 0 -v
	expect_err '100000 entries in force, 100000 written'
	ns_run ipset list -t TSblockaddr | grep -q 'hashsize 131072 maxelem 131072 '
	# Made empty by ts-iptables before the first policy comes.
	ns_run ipset destroy TSblockaddr
	in_ns 0 'ts-ipset-apply --prefix TS --create'
	numbers 0 100000 | apply 0 -v
	ns_run ipset list -t TSblockaddr | grep -q 'hashsize 131072 maxelem 131072 '
	expect_eq sets "$(ns_run ipset list -n | grep -c new)" 0
}

@test "a name of ours that is another type or family is explained and left alone" {
	ns_run ipset create TSblocknet hash:net,port
	ns_run ipset add TSblocknet 192.0.2.0/24,tcp:80
	apply 78 <<<'block ip4 192.0.2.66/32 - a - 1'
	expect_err "set 'TSblocknet' is there, but as hash:net,port of IPv4, not hash:net of IPv4: it is not ours" \
		'hint: destroy or rename it, or choose another --prefix'
	expect_eq entries "$(members TSblocknet)" 192.0.2.0/24,tcp:80
	expect_eq sets "$(ns_run ipset list -n)" TSblocknet
	ns_run ipset destroy TSblocknet
	ns_run ipset create TSblockaddr6 hash:ip
	apply 78 <<<'block ip4 192.0.2.66/32 - a - 1'
	expect_err "set 'TSblockaddr6' is there, but as hash:ip of IPv4, not hash:ip of IPv6"
}

@test "temporaries of a run that was killed are cleared" {
	ns_run ipset create TSblockaddrnew hash:ip
	ns_run ipset create TSallownet6new hash:ip,port
	apply 0 <<<'block ip4 192.0.2.66/32 - a - 1'
	expect_eq temporaries "$(ns_run ipset list -n | grep -c new)" 0
	ns_run ipset create TSblockaddrnew hash:ip
	ns_run iptables -A INPUT -m set --match-set TSblockaddrnew src -j DROP
	apply 78 <<<'block ip4 192.0.2.67/32 - a - 1'
	expect_err "cannot destroy set 'TSblockaddrnew': a rule uses it"
}

# bats test_tags=slow
@test "the longest prefix has 21 characters" {
	local p=ABCDEFGHIJKLMNOPQRSTU
	policy <<<'block ip6 2001:db8::1/128 - a - 1' >p
	in_ns 0 "ts-ipset-apply --prefix $p p"
	expect_members ${p}blockaddr6 <<<2001:db8::1
	in_ns 0 "ts-ipset-apply --prefix $p --check p"
	in_ns 0 "ts-ipset-apply --prefix $p --remove"
	in_ns 64 "ts-ipset-apply --prefix ${p}V p"
	expect_err "prefix '${p}V': it is over 21 characters (the kernel takes 31, and 'blockaddr6' is put behind it)"
	for bad in 'a b' '-x' 'ü' 'a/b'; do
		in_ns 64 "ts-ipset-apply '--prefix=$bad' p"
		expect_err "prefix '"
	done
	in_ns 64 'ts-ipset-apply "--prefix=" p'
	in_ns 64 'ts-ipset-apply p'
	expect_err '--prefix is required'
}

@test "--remove destroys our sets alone, or none where a rule uses one" {
	apply 0 <<<'block ip4 192.0.2.66/32 - a - 1'
	ns_run ipset create TSother hash:ip
	ns_run ipset create TSblockaddrnew hash:ip
	ns_run iptables -A INPUT -m set --match-set TSblocknet6 src -j DROP 2>/dev/null ||
		ns_run ip6tables -A INPUT -m set --match-set TSblocknet6 src -j DROP
	in_ns 78 'ts-ipset-apply --prefix TS --remove'
	expect_err "set 'TSblocknet6' is used by a rule" 'hint: take the rules out first: ts-iptables remove'
	expect_members TSblockaddr <<<192.0.2.66
	ns_run iptables -F
	ns_run ip6tables -F
	in_ns 0 'ts-ipset-apply --prefix TS --remove'
	expect_eq sets "$(ns_run ipset list -n)" TSother
	in_ns 0 'ts-ipset-apply --prefix TS --remove'
}

@test "--create makes the eight sets and leaves those that are there" {
	apply 0 <<<'block ip4 192.0.2.66/32 - a - 1'
	ns_run ipset destroy TSblocknet
	in_ns 0 'ts-ipset-apply --prefix TS --create'
	expect_eq sets "$(ns_run ipset list -n | wc -l)" 8
	expect_members TSblockaddr <<<192.0.2.66
}

@test "--export writes what is in force as a policy that applies to itself" {
	local now
	now=$(date +%s)
	apply 0 <<-EOF
		block ip4 11.0.0.0/8 - a - 1
		allow ip4 12.0.0.1/32 - a - 1
		block ip4 198.51.100.7/32 - a $((now + 5000)) 1
		block ip6 2001:db8::/32 - a - 1
	EOF
	in_ns 0 'ts-ipset-apply --prefix TS --export'
	sed "s/\t$((now / 1000))[0-9]*\t/\tSOON\t/; s/\t$((now / 1000 + 5))[0-9]*\t/\tSOON\t/" out | tr '\t' ' ' | diff -u - <(cat <<-EOF
		#ts-policy/1 names=rpz order=canonical
		block ip4 11.0.0.0/8 - - - 1
		allow ip4 12.0.0.1/32 - - - 1
		block ip4 198.51.100.7/32 - - SOON 1
		block ip6 2001:db8::/32 - - - 1
		#end records=4
	EOF
	)
	cp out exported
	in_ns 0 'ts-ipset-apply --prefix TS --check exported'
	in_ns 0 'ts-merge --now none exported'
}

@test "--save keeps what was applied, after success only" {
	policy >p <<-EOF
		block ip4 192.0.2.66/32 - list,other - 3
		block ip4 192.0.2.67/32 - list,other - 3
		block ip4 192.0.2.68/32 - list 1000 3
		block name bad.example nxdomain list - 1
		allow ip6 2001:db8::/32 - mine - 1
	EOF
	in_ns 0 'ts-ipset-apply --prefix TS -q --save saved p'
	policy <<-EOF | diff -u - saved
		block ip4 192.0.2.66/32 - list,other - 3
		block ip4 192.0.2.67/32 - list,other - 3
		allow ip6 2001:db8::/32 - mine - 1
	EOF
	cp saved before
	policy </dev/null >p
	in_ns 65 'ts-ipset-apply --prefix TS -q --save saved p'
	cmp saved before
	policy <<<'block ip4 192.0.2.1/32 - a - 1' >p
	in_ns 0 'ts-ipset-apply --prefix TS --max-shrink 100 -n --save saved p'
	cmp saved before
}

# bats test_tags=slow
@test "--save leaves out what was held back, which a boot could not know" {
	ns_run ip link add v0 type veth peer name v1
	ns_run ip addr add 192.0.2.1/24 dev v0
	ns_run ip addr add 192.0.2.7/24 dev v0
	ns_run ip -6 addr add 2001:db8::1/64 dev v0 nodad
	ns_run ip link set v0 up
	policy >p <<-EOF
		block ip4 127.0.0.0/9 - a - 1
		block ip4 192.0.2.0/29 - list,other - 3
		block ip4 192.0.2.1/32 - a - 1
		block ip4 192.0.2.8/32 - a - 1
		block ip4 192.0.2.9/32 - a - 1
		allow ip4 198.51.100.0/24 - mine - 1
		block ip6 2001:db8::/127 - a - 1
		block ip6 2001:db8::1/128 - a - 1
		block ip6 2001:db8::2/128 - a - 1
	EOF
	in_ns 0 'ts-ipset-apply --prefix TS -q --save saved p'
	policy <<-EOF | diff -u - saved
		block ip4 192.0.2.0/32 - list,other - 3
		block ip4 192.0.2.2/31 - list,other - 3
		block ip4 192.0.2.4/31 - list,other - 3
		block ip4 192.0.2.6/32 - list,other - 3
		block ip4 192.0.2.8/32 - a - 1
		block ip4 192.0.2.9/32 - a - 1
		allow ip4 198.51.100.0/24 - mine - 1
		block ip6 2001:db8::/128 - a - 1
		block ip6 2001:db8::2/128 - a - 1
	EOF
	in_ns 0 'ts-ipset-apply --prefix TS --allow-self-block --check saved'
	in_ns 0 'ts-ipset-apply --prefix TS -q --allow-self-block --save saved p'
	diff p saved
}

@test "--hits lists what packets met, most first, with the source" {
	apply 0 --save saved <<-EOF
		block ip4 192.0.2.66/32 - one,two - 1
		block ip4 192.0.2.67/32 - two - 1
		block ip4 198.51.100.0/24 - wide - 1
		block ip4 198.51.101.0/24 - wide - 1
		allow ip6 2001:db8::/32 - mine - 1
	EOF
	ns_run ipset add TSblockaddr 192.0.2.66 packets 3 bytes 300 -exist
	ns_run ipset add TSblocknet 198.51.100.0/24 packets 70 bytes 7000 -exist
	ns_run ipset add TSallownet6 2001:db8::/32 packets 5 bytes 50 -exist
	in_ns 0 'ts-ipset-apply --prefix TS --hits --policy saved'
	tr '\t' ' ' <out | diff -u - <(cat <<-EOF
		70 7000 block 198.51.100.0/24 wide -
		5 50 allow 2001:db8::/32 mine -
		3 300 block 192.0.2.66/32 one,two -
	EOF
	)
	in_ns 0 'ts-ipset-apply --prefix TS --hits'
	grep -qx $'3\t300\tblock\t192.0.2.66/32\t-\t-' out
}

@test "--metrics writes the state as Prometheus reads it" {
	apply 0 --metrics m.prom <<-EOF
		block ip4 198.51.100.0/24 - a - 1
		block name bad.example nxdomain a - 1
	EOF
	for line in 'ts_ipset_entries{set="TSblocknet"} 1' 'ts_ipset_entries{set="TSblockaddr6"} 0' \
		'ts_ipset_blocked_addresses{prefix="TS",family="ip4"} 256' \
		'ts_ipset_left_out{prefix="TS",kind="name"} 1' 'ts_ipset_written{prefix="TS"} 1'; do
		grep -qxF "$line" m.prom || fail "lacks: $line" "$(<m.prom)"
	done
	# Every sample belongs to a family that was announced, every line ends.
	awk '/^# TYPE/ { seen[$3] = 1; next } /^#/ { next }
		{ split($1, a, "{"); if (!seen[a[1]] || $NF !~ /^[0-9.e+]+$/) exit 1 }' m.prom
	grep -q '^ts_ipset_success_timestamp_seconds{prefix="TS"} [0-9]*$' m.prom
	apply 65 --metrics m.prom --max-shrink 10 <<<'block ip4 198.51.100.0/26 - a - 1'
	grep -qxF 'ts_ipset_written{prefix="TS"} 1' m.prom
}

@test "a second run on the same prefix is told to try later" {
	mkdir -p run
	policy <<<'block ip4 192.0.2.66/32 - a - 1' >p
	exec 7>run/ts-ipset-apply.TS.lock
	flock 7
	in_ns 75 'ts-ipset-apply --prefix TS p 7>&-'
	expect_err 'is locked by another run'
	in_ns 75 'ts-ipset-apply --prefix TS --remove 7>&-'
	in_ns 0 'ts-ipset-apply --prefix TS --dry-run p 7>&-'
	in_ns 0 'ts-ipset-apply --prefix OTHER p 7>&-'
	exec 7>&-
	in_ns 0 'ts-ipset-apply --prefix TS p'
}

# bats test_tags=slow
@test "without the capability it ends with 77 and says what is needed" {
	policy <<<'block ip4 192.0.2.66/32 - a - 1' >p
	in_ns 77 'setpriv --bounding-set=-net_admin --inh-caps=-net_admin ts-ipset-apply --prefix TS p'
	expect_err 'no permission' 'hint: CAP_NET_ADMIN is needed: run as root'
	for mode in --create --remove --export --hits '--check p'; do
		in_ns 77 "setpriv --bounding-set=-net_admin --inh-caps=-net_admin ts-ipset-apply --prefix TS $mode"
	done
	# A lock of somebody who may not would be in the way of those who may.
	[[ ! -e run ]] || fail "a lock was left"
}

# bats test_tags=slow
@test "the lock is where only its owner can write" {
	policy <<<'block ip4 192.0.2.66/32 - a - 1' >p
	ns_run mount -t tmpfs tmpfs /run
	in_ns 0 'env -u TS_RUNDIR ts-ipset-apply --prefix TS p'
	expect_eq mode "$(ns_run stat -c %a /run/threatstop)" 755
	ns_run test -e /run/threatstop/ts-ipset-apply.TS.lock
}

@test "a full disk and a missing directory leave the kernel as it should be" {
	policy <<<'block ip4 192.0.2.66/32 - a - 1' >p
	in_ns 73 'ts-ipset-apply --prefix TS --save no/such/dir p'
	expect_eq sets "$(ns_run ipset list -n)" ''
	in_ns 73 'ts-ipset-apply --prefix TS --metrics no/such/dir p'
	expect_members TSblockaddr <<<192.0.2.66
}

# bats test_tags=slow
@test "options that exclude each other are refused" {
	: >p
	for args in '--create --remove' '--export --dry-run' '--hits --check' '--export p' '--policy x p' 'p p' \
		'--export --save x' '--hits --save x' '--remove --metrics x' '--create --metrics x'; do
		in_ns 64 "ts-ipset-apply --prefix TS $args"
		expect_err "try 'ts-ipset-apply --help'"
	done
}
