#!/usr/bin/env bats
# ts-merge: several policies to one, resolved and minimal.

load helper

# expect_records <<EOF: the output is these records, spaces for TABs, framed.
expect_records() {
	policy $'order=canonical\tnames=rpz' >expected
	expect_out <expected
}

# field N: that column of the records in out, one a line.
field() { grep -v '^#' out | cut -f"$1"; }

# oracle PROGRAM ROUNDS
oracle() {
	TS_TIMEOUT=7200 run_ts 0 /usr/bin/python3 \
		"$TOP/tests/property/$1" "${SEED:-1}" "$(rounds "$2")"
}

@test "joins two halves of equal expiry into one prefix" {
	policy >a <<-EOF
	block ip4 192.0.2.0/25 - a - 1
	block ip4 192.0.2.128/25 - b - 2
	EOF
	run_ts 0 ts-merge a
	expect_records <<-EOF
	block ip4 192.0.2.0/24 - a,b - 1
	EOF
	expect_no_err
}

@test "adds the weights of different sources and takes the larger of one" {
	policy >a <<-EOF
	block ip4 192.0.2.1/32 - a - 2
	block ip4 192.0.2.1/32 - a - 3
	block ip4 192.0.2.2/31 - a - 65000
	EOF
	policy >b <<-EOF
	block ip4 192.0.2.1/32 - b,c - 4
	block ip4 192.0.2.2/31 - b - 65000
	EOF
	run_ts 0 ts-merge a b
	expect_records <<-EOF
	block ip4 192.0.2.1/32 - a,b,c - 7
	block ip4 192.0.2.2/31 - a,b - 65535
	EOF
}

@test "puts an entry under a wider one only where that lasts as long" {
	policy >a <<-EOF
	block ip4 192.0.2.0/24 - a 5000 1
	block ip4 192.0.2.1/32 - b 4000 1
	block ip4 192.0.2.2/32 - b 5000 1
	block ip4 192.0.2.4/32 - b 6000 1
	block ip4 192.0.2.5/32 - c - 1
	block ip4 198.51.100.0/25 - a 5000 1
	block ip4 198.51.100.128/25 - a 6000 1
	EOF
	run_ts 0 ts-merge --now 1000 a
	expect_records <<-EOF
	block ip4 192.0.2.0/24 - a,b 5000 1
	block ip4 192.0.2.4/32 - b 6000 1
	block ip4 192.0.2.5/32 - c - 1
	block ip4 198.51.100.0/25 - a 5000 1
	block ip4 198.51.100.128/25 - a 6000 1
	EOF
}

@test "leaves out what has expired, with --now none nothing" {
	policy >a <<-EOF
	block ip4 192.0.2.1/32 - a 1000 1
	block ip4 192.0.2.3/32 - a 1001 1
	block name x.example nxdomain a 1000 1
	EOF
	run_ts 0 ts-merge --now 1000 a
	expect_records <<-EOF
	block ip4 192.0.2.3/32 - a 1001 1
	EOF
	run_ts 0 ts-merge --now none a
	expect_eq records "$(field 3 | wc -l)" 3
	run_ts 0 ts-merge a
	expect_records </dev/null
	run_ts 64 ts-merge --now soon a
	expect_err "--now: 'soon' is neither"
}

@test "cuts an allowed address out of a wide block exactly" {
	policy >a <<-EOF
	block ip4 10.0.0.0/8 - a - 1
	block ip6 2001:db8::/32 - a - 1
	EOF
	printf '10.0.0.1  # ours\n\n# and\n\t2001:db8::1\n' >allow
	run_ts 0 ts-merge --allow allow a
	grep ^block out >blocks
	expect_eq blocks "$(wc -l <blocks)" $((24 + 96))
	expect_eq allows "$(grep ^allow out)" "$(printf '%s\n' \
		$'allow\tip4\t10.0.0.1/32\t-\tallow\t-\t1' \
		$'allow\tip6\t2001:db8::1/128\t-\tallow\t-\t1')"
	run_ts 0 ts-merge --except allow a
	diff blocks <(grep ^block out)
	run_ts 0 ts-merge --never allow a
	diff blocks <(grep ^block out)
}

@test "takes allow records out of neither --except nor --never" {
	policy >a <<-EOF
	allow ip4 192.0.2.0/25 - a - 1
	block ip4 192.0.2.128/25 - a - 1
	EOF
	echo 192.0.2.0/24 >list
	run_ts 0 ts-merge --except list --never list a
	expect_records <<-EOF
	allow ip4 192.0.2.0/25 - a - 1
	EOF
}

@test "takes whatever an --allow policy holds as allowed, and says so" {
	policy >a <<-EOF
	block ip4 192.0.2.0/24 - a - 1
	block name x.example nodata a - 1
	EOF
	policy >allow <<-EOF
	block ip4 192.0.2.0/25 - b - 1
	block name x.example nxdomain b - 1
	EOF
	run_ts 0 ts-merge --allow allow a
	expect_records <<-EOF
	allow ip4 192.0.2.0/25 - b - 1
	block ip4 192.0.2.128/25 - a - 1
	allow name x.example passthru b - 1
	EOF
	expect_err "allow: 2 block records taken as allow records"
}

@test "lets the longest prefix of one input decide, and the earlier input over it" {
	policy >a <<-EOF
	block ip4 10.0.0.0/8 - a - 1
	allow ip4 10.0.0.0/9 - a - 1
	block ip4 10.0.0.0/10 - a - 1
	EOF
	run_ts 0 ts-merge a
	expect_records <<-EOF
	block ip4 10.0.0.0/10 - a - 1
	allow ip4 10.64.0.0/10 - a - 1
	block ip4 10.128.0.0/9 - a - 1
	EOF
	policy >b <<-EOF
	block ip4 10.0.0.0/8 - b - 1
	EOF
	run_ts 0 ts-merge b a
	expect_records <<-EOF
	block ip4 10.0.0.0/8 - a,b - 1
	EOF
	run_ts 0 ts-merge --allow b a
	expect_records <<-EOF
	allow ip4 10.0.0.0/8 - a,b - 1
	EOF
}

@test "lets a decision expire where another input would then decide otherwise" {
	policy >a <<-EOF
	block ip4 192.0.2.0/24 - a 5000 1
	EOF
	policy >b <<-EOF
	allow ip4 192.0.2.0/25 - b 6000 1
	allow ip4 192.0.2.128/25 - b 4000 1
	EOF
	policy >c <<-EOF
	block ip4 192.0.2.0/24 - c - 1
	EOF
	run_ts 0 ts-merge --now 1000 a b c
	expect_records <<-EOF
	block ip4 192.0.2.0/25 - a,c 5000 2
	block ip4 192.0.2.128/25 - a,c - 2
	EOF
}

@test "allows where one input blocks and allows the same prefix" {
	policy >a <<-EOF
	block ip4 192.0.2.0/24 - a - 1
	allow ip4 192.0.2.0/24 - b - 1
	EOF
	run_ts 0 ts-merge a
	expect_records <<-EOF
	allow ip4 192.0.2.0/24 - b - 1
	EOF
}

@test "holds both ends of both address spaces" {
	policy >a <<-EOF
	block ip4 0.0.0.0/32 - a - 1
	block ip4 255.255.255.255/32 - a - 1
	block ip4 255.255.255.254/32 - a - 1
	block ip6 ::/128 - a - 1
	block ip6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128 - a - 1
	EOF
	run_ts 0 ts-merge a
	expect_records <<-EOF
	block ip4 0.0.0.0/32 - a - 1
	block ip4 255.255.255.254/31 - a - 1
	block ip6 ::/128 - a - 1
	block ip6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128 - a - 1
	EOF
	policy >b <<-EOF
	block ip4 128.0.0.0/1 - b - 1
	block ip4 0.0.0.0/1 - b - 1
	block ip6 ::/0 - b - 1
	EOF
	run_ts 0 ts-merge b a
	expect_records <<-EOF
	block ip4 0.0.0.0/0 - a,b - 1
	block ip6 ::/0 - a,b - 1
	EOF
	printf '255.255.255.255\n::\n' >allow
	run_ts 0 ts-merge --allow allow b
	expect_eq blocks "$(grep -c ^block out)" $((32 + 128))
}

@test "keeps the triggers apart, with their responses, in canonical order" {
	policy >a <<-EOF
	block nsname ns.example nxdomain a - 1
	block nsip4 192.0.2.0/24 drop a - 1
	block client4 192.0.2.0/25 drop a - 1
	block client4 192.0.2.128/25 nodata a - 1
	block client4 198.51.100.0/25 redirect=w.example a - 1
	block client4 198.51.100.128/25 redirect=w.example a - 1
	block name x.example nxdomain a - 1
	block ip6 2001:db8::/32 - a - 1
	block ip4 192.0.2.0/24 - a - 1
	EOF
	echo 192.0.2.0/24 >never
	run_ts 0 ts-merge --never never a
	expect_records <<-EOF
	block ip6 2001:db8::/32 - a - 1
	block name x.example nxdomain a - 1
	block client4 192.0.2.0/25 drop a - 1
	block client4 192.0.2.128/25 nodata a - 1
	block client4 198.51.100.0/24 redirect=w.example a - 1
	block nsip4 192.0.2.0/24 drop a - 1
	block nsname ns.example nxdomain a - 1
	EOF
}

@test "takes classes of addresses out of the blocks" {
	policy >a <<-EOF
	block ip4 10.1.2.3/32 - a - 1
	block ip4 127.0.0.0/8 - a - 1
	block ip4 224.0.0.0/3 - a - 1
	block ip4 192.0.2.1/32 - a - 1
	block ip6 fd00::1/128 - a - 1
	block ip6 fe80::/9 - a - 1
	EOF
	run_ts 0 ts-merge --never-class private,loopback,multicast a
	expect_records <<-EOF
	block ip4 192.0.2.1/32 - a - 1
	block ip4 240.0.0.0/4 - a - 1
	block ip6 fe80::/9 - a - 1
	EOF
	run_ts 0 ts-merge --never-class documentation,reserved,linklocal a
	expect_eq left "$(field 3 | tr '\n' ' ')" \
		"10.1.2.3/32 127.0.0.0/8 224.0.0.0/4 fd00::1/128 fec0::/10 "
	run_ts 64 ts-merge --never-class private,lan a
	expect_err "--never-class: 'lan' is not one of private, linklocal,"
}

@test "ships a list of metadata and health-check addresses that it can read" {
	policy >a <<-EOF
	block ip4 169.254.169.254/32 - a - 1
	block ip4 192.0.2.1/32 - a - 1
	EOF
	run_ts 0 ts-merge --never "$TOP/scripts/never.list" a
	expect_records <<-EOF
	block ip4 192.0.2.1/32 - a - 1
	EOF
}

@test "drops the least corroborated over a ceiling, and says what" {
	policy >a <<-EOF
	block ip4 192.0.2.1/32 - a - 3
	block ip4 192.0.2.3/32 - a - 1
	block ip6 2001:db8::/32 - a - 1
	allow ip4 198.51.100.1/32 - a - 1
	block name a.example nxdomain a - 1
	block name b.example nxdomain a - 2
	EOF
	policy >b <<-EOF
	block ip4 192.0.2.5/32 - b - 1
	block ip4 192.0.2.128/25 - b - 1
	EOF
	run_ts 0 ts-merge -v --max-block 2 a b
	expect_records <<-EOF
	block ip4 192.0.2.1/32 - a - 3
	allow ip4 198.51.100.1/32 - a - 1
	block ip6 2001:db8::/32 - a - 1
	block name a.example nxdomain a - 1
	block name b.example nxdomain a - 2
	EOF
	expect_err "--max-block 2: 3 records left out" \
		"left out, weight 1: block ip4 192.0.2.3/32" \
		"left out, weight 1: block ip4 192.0.2.128/25"
	run_ts 0 ts-merge --max-block 1 --max-allow 1 a
	expect_records <<-EOF
	block ip4 192.0.2.1/32 - a - 3
	allow ip4 198.51.100.1/32 - a - 1
	block name b.example nxdomain a - 2
	EOF
	run_ts 64 ts-merge --max-block 0 a
}

@test "refuses a result that covers much less than the one before" {
	policy >old <<-EOF
	block ip4 192.0.2.0/24 - a - 1
	block ip4 192.0.2.0/25 - a 5000 1
	block ip4 198.51.100.0/24 - a 900 1
	block name x.example nxdomain a - 1
	EOF
	policy >new <<-EOF
	block ip4 192.0.2.0/25 - a - 1
	block name x.example nxdomain a - 1
	EOF
	run_ts 0 ts-merge --now 1000 --previous old --max-shrink 50 new
	run_ts 65 ts-merge --now 1000 --previous old --max-shrink 49.9 new
	expect_err "blocked IPv4 addresses went from 256 to 128, which is over 49.9 % less" hint:
	expect_no_out
	policy >new <<-EOF
	block ip4 192.0.2.0/24 - a - 1
	EOF
	run_ts 65 ts-merge --now 1000 --previous old --max-shrink 50 -o result new
	expect_err "blocked names went from 1 to 0"
	[[ ! -e result ]]
	run_ts 64 ts-merge --max-shrink 50 new
	run_ts 66 ts-merge --previous nowhere --max-shrink 50 new
}

@test "writes what went in beside the result, as far as the result agrees" {
	policy >a <<-EOF
	block ip4 10.0.0.0/8 - a - 1
	block ip4 10.0.0.1/32 - b 5000 2
	block ip4 10.0.0.1/32 - c - 1
	block ip4 192.0.2.0/25 - a - 1
	block ip4 192.0.2.128/25 - b - 1
	EOF
	echo 192.0.2.128/26 >never
	run_ts 0 ts-merge --now 1000 --never never --keep-entries kept a
	expect_eq records "$(field 3 | tr '\n' ' ')" \
		"10.0.0.0/8 192.0.2.0/25 192.0.2.192/26 "
	mv kept out
	expect_records <<-EOF
	block ip4 10.0.0.0/8 - a - 1
	block ip4 10.0.0.1/32 - a,b,c - 4
	block ip4 192.0.2.0/25 - a - 1
	block ip4 192.0.2.192/26 - b - 1
	EOF
}

# expect_explained POLICY VALUE... <<EOF: value, verdict, matched and source.
expect_explained() {
	run_ts 0 ts-explain --now 1000 --policy "$@"
	expect_eq explained "$(cut -f 1,2,4,5 out | tr '\t' ' ')" "$(cat)"
}

@test "names every list that named an address, from what it kept" {
	policy >drop <<-EOF
	block ip4 192.0.2.0/24 - drop - 1
	block ip6 2001:db8::/32 - drop - 1
	EOF
	policy >scan <<-EOF
	block ip4 192.0.2.7/32 - scan 9000 1
	block ip4 192.0.3.0/24 - scan - 1
	EOF
	policy >spam <<-EOF
	block ip4 192.0.2.7/32 - spam - 2
	block ip6 2001:db8::/48 - spam - 1
	EOF
	echo 192.0.2.128/25 >ours
	run_ts 0 ts-merge --now 1000 --allow ours --keep-entries kept -o all drop scan spam
	expect_explained kept 192.0.2.7 192.0.2.8 192.0.3.1 2001:db8::1 192.0.2.200 \
		192.0.4.1 <<-EOF
	192.0.2.7 block 192.0.2.7/32 drop,scan,spam
	192.0.2.8 block 192.0.2.0/25 drop
	192.0.3.1 block 192.0.3.0/24 scan
	2001:db8::1 block 2001:db8::/48 drop,spam
	192.0.2.200 allow 192.0.2.128/25 allow
	192.0.4.1 none - -
	EOF
}

@test "keeps no entry that a ceiling took out" {
	policy >a <<-EOF
	block ip4 192.0.2.0/31 - a - 2
	block ip4 192.0.2.1/32 - b - 2
	block ip4 198.51.100.1/32 - a - 1
	block name *.x.example nxdomain a - 2
	block name y.example nxdomain a - 1
	EOF
	policy names=list >b <<-EOF
	block name www.x.example nxdomain b - 2
	block name z.example nxdomain b - 1
	EOF
	run_ts 0 ts-merge --now 1000 --max-block 1 --keep-entries kept -o all a b
	expect_explained kept 192.0.2.1 198.51.100.1 www.x.example y.example \
		z.example <<-EOF
	192.0.2.1 block 192.0.2.1/32 a,b
	198.51.100.1 none - -
	www.x.example block www.x.example a,b
	y.example none - -
	z.example none - -
	EOF
}

@test "reads bare records, set streams and standard input" {
	printf 'block\tip4\t192.0.2.1/32\t-\ta\t-\t1\n# why\n\n' >raw
	run_sh 0 'ts-merge --raw - <raw'
	expect_records <<-EOF
	block ip4 192.0.2.1/32 - a - 1
	EOF
	printf '%s\n' '#ts-set/1' $'#set\tallow-ip4-0' \
		$'block-ip4-0\tblock\tip4\t192.0.2.0/32\t-\ta\t-\t1' \
		$'block-ip4-1\tblock\tip4\t192.0.2.1/32\t-\ta\t-\t1' \
		$'#end\trecords=2' >sets
	run_ts 0 ts-merge sets
	expect_records <<-EOF
	block ip4 192.0.2.0/31 - a - 1
	EOF
	run_ts 64 ts-merge --allow - -
	expect_err "'-' is given 2 times"
}

@test "a stream among bare records is checked and means what its header says" {
	printf 'block\tname\tx.example\tdrop\ta\t-\t1\n' >raw
	policy names=list >list <<-EOF
	block name a.x.example nxdomain b - 1
	block name *.x.example nxdomain b - 1
	EOF
	run_ts 0 ts-merge --raw raw list
	expect_records <<-EOF
	block name x.example drop a - 1
	block name *.x.example nxdomain b - 1
	EOF
	head -n 3 list >cut
	run_ts 65 ts-merge --raw raw cut
	expect_err "cut: no end record after 2 records"
	run_ts 65 ts-merge --raw --previous cut --max-shrink 50 raw
	expect_err "cut: no end record after 2 records"
	printf 'block\tip4\t192.0.2.0/24\t-\ta\t-\t1\n' >before
	run_ts 65 ts-merge --raw --previous before --max-shrink 50 raw
	expect_err "before:1: no '#ts-KIND/1' header"
}

@test "writes nothing where any input is cut off" {
	policy >a <<-EOF
	block ip4 192.0.2.1/32 - a - 1
	block ip4 192.0.2.3/32 - a - 1
	EOF
	head -n 2 a >cut
	run_ts 65 ts-merge a cut
	expect_err "cut: no end record after 1 records: the stream is cut off"
	expect_no_out
	echo old >result
	for list in --allow --except --never; do
		run_ts 65 ts-merge -o result "$list" cut a
	done
	expect_eq result "$(cat result)" old
	printf '#ts-event/1\n#end\trecords=0\n' >events
	run_ts 65 ts-merge events
	expect_err "events:1: this is a event stream, not policy"
}

@test "refuses a bad line in a list written by hand" {
	policy >a </dev/null
	printf '192.0.2.1\n\n192.0.2.1/24\n' >list
	run_ts 65 ts-merge --never list a
	expect_err "list:3: '192.0.2.1/24': bits are set behind the prefix"
	expect_no_out
	printf 'bad..name # x\n' >list
	run_ts 65 ts-merge --allow list a
	expect_err "list:1: 'bad..name': "
	printf '192.0.2.1 192.0.2.2\n' >list
	run_ts 65 ts-merge --allow list a
	expect_err "list:1: '192.0.2.1 192.0.2.2': "
	: >list
	run_ts 0 ts-merge --allow list a
	expect_err "list: no entry in it"
}

@test "takes names of a list written by hand" {
	policy >a <<-EOF
	block name *.example nxdomain a - 1
	block name x.test nxdomain a - 1
	EOF
	printf 'WWW.Example.\n*.x.test\nx.test # all of it\n' >list
	run_ts 0 ts-merge --allow list a
	expect_no_err
	expect_eq names "$(field 1,3 | tr '\t\n' '= ')" \
		"block=*.example allow=www.example block=*.www.example allow=x.test allow=*.x.test "
}

@test "agrees with brute force on random policies in small worlds" {
	oracle merge.py 60
}

@test "agrees with ipaddress and iprange on random lists" {
	oracle collapse.py 8
}
