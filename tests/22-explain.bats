#!/usr/bin/env bats
# ts-explain: what a policy does with a name or an address.

load helper

setup() {
	common_setup
	policy names=rpz >names.policy <<-'EOF'
	block name bad.example nxdomain a,b - 2
	block name *.bad.example nodata a - 1
	allow name ok.bad.example passthru w - 1
	block name deep.er.bad.example redirect=garden.test a 2000000000 1
	block name *.wild.test redirect=*.garden.test a - 1
	block name *.self.test redirect=a.self.test a - 1
	EOF
}

# explain POLICY VALUE...: prints the answers, TABs as spaces.
explain() {
	local policy=$1
	shift
	run_ts 0 ts-explain --now 1900000000 --policy "$policy" "$@"
	tr '\t' ' ' <out >answers
}

@test "a name, what is below it, and what another name keeps from it" {
	explain names.policy bad.example x.bad.example y.x.bad.example \
		ok.bad.example x.ok.bad.example er.bad.example x.er.bad.example \
		deep.er.bad.example x.wild.test wild.test other.test
	diff -u - answers <<-'EOF'
	bad.example block nxdomain bad.example a,b -
	x.bad.example block nodata *.bad.example a -
	y.x.bad.example block nodata *.bad.example a -
	ok.bad.example allow passthru ok.bad.example w -
	x.ok.bad.example none - ok.bad.example - -
	er.bad.example none - er.bad.example - -
	x.er.bad.example none - er.bad.example - -
	deep.er.bad.example block redirect=garden.test deep.er.bad.example a 2000000000
	x.wild.test block redirect=*.garden.test *.wild.test a -
	wild.test none - - - -
	other.test none - - - -
	EOF
}

@test "names=list: no name opens a hole" {
	sed -i '1s/rpz/list/' names.policy
	explain names.policy x.bad.example ok.bad.example x.ok.bad.example \
		er.bad.example x.er.bad.example wild.test
	diff -u - answers <<-'EOF'
	x.bad.example block nodata *.bad.example a -
	ok.bad.example allow passthru ok.bad.example w -
	x.ok.bad.example block nodata *.bad.example a -
	er.bad.example block nodata *.bad.example a -
	x.er.bad.example block nodata *.bad.example a -
	wild.test none - - - -
	EOF
}

@test "a redirect to the very name that is asked for lets it through" {
	explain names.policy a.self.test b.self.test
	diff -u - answers <<-'EOF'
	a.self.test allow passthru *.self.test a -
	b.self.test block redirect=a.self.test *.self.test a -
	EOF
}

@test "the value is printed as given, and taken in any case, with or without a dot" {
	explain names.policy BAD.Example. 'b\097d.example'
	diff -u - answers <<-'EOF'
	BAD.Example. block nxdomain bad.example a,b -
	b\097d.example block nxdomain bad.example a,b -
	EOF
}

@test "escaped dots part no labels" {
	policy names=rpz >p <<-'EOF'
	block name a\.b.example nxdomain x - 1
	block name *.c.example nxdomain x - 1
	block name q\\.c.example nxdomain x - 1
	EOF
	explain p 'a\.b.example' a.b.example b.example 'z\.c.example' \
		'z.q\\.c.example' 'z.c.example'
	diff -u - answers <<-'EOF'
	a\.b.example block nxdomain a\.b.example x -
	a.b.example none - - - -
	b.example none - - - -
	z\.c.example none - - - -
	z.q\\.c.example none - q\\.c.example - -
	z.c.example block nxdomain *.c.example x -
	EOF
}

@test "the root's wildcard takes every name that does not exist" {
	policy names=rpz >p <<-'EOF'
	block name * nxdomain x - 1
	allow name good.test passthru x - 1
	EOF
	explain p any.where good.test x.good.test test other.test
	diff -u - answers <<-'EOF'
	any.where block nxdomain * x -
	good.test allow passthru good.test x -
	x.good.test none - good.test - -
	test none - test - -
	other.test none - test - -
	EOF
}

@test "a name may begin like an address" {
	policy >p <<-EOF
	block name 888.example nxdomain s - 1
	block name 01.02.03.04x nxdomain s - 1
	EOF
	run_ts 0 ts-explain --policy p 888.example 0800.888.example 01.02.03.04x
	expect_eq verdicts "$(cut -f 2 out | tr '\n' ' ')" "block none block "
	run_ts 64 ts-explain --policy p 01.2.3.4
	expect_err "'01.2.3.4': an octet is over 255 or has a leading zero"
}

@test "an address is decided by the longest prefix" {
	policy >p <<-'EOF'
	block ip4 192.0.2.0/24 - a - 1
	allow ip4 192.0.2.128/25 - b - 1
	block ip4 192.0.2.200/32 - c - 1
	block ip6 2001:db8::/32 - d - 1
	allow ip6 2001:db8:1::/48 - e - 1
	EOF
	explain p 192.0.2.1 192.0.2.129 192.0.2.200 192.0.3.1 2001:DB8::1 \
		2001:db8:1:0::1 2001:db9::
	diff -u - answers <<-'EOF'
	192.0.2.1 block - 192.0.2.0/24 a -
	192.0.2.129 allow - 192.0.2.128/25 b -
	192.0.2.200 block - 192.0.2.200/32 c -
	192.0.3.1 none - - - -
	2001:DB8::1 block - 2001:db8::/32 d -
	2001:db8:1:0::1 allow - 2001:db8:1::/48 e -
	2001:db9:: none - - - -
	EOF
}

@test "a prefix whose parts are decided in another way is told as a part" {
	policy >p <<-'EOF'
	block ip4 10.0.0.0/8 - a - 1
	allow ip4 10.1.0.0/16 - b - 1
	block ip4 11.0.0.0/24 - a - 1
	EOF
	explain p 10.0.0.0/8 10.0.0.0/16 10.1.0.0/16 11.0.0.0/8 12.0.0.0/8
	diff -u - answers <<-'EOF'
	10.0.0.0/8 part - 10.0.0.0/8 a -
	10.0.0.0/16 block - 10.0.0.0/8 a -
	10.1.0.0/16 allow - 10.1.0.0/16 b -
	11.0.0.0/8 part - - - -
	12.0.0.0/8 none - - - -
	EOF
}

@test "two records with one value: allow, else the earlier" {
	policy names=rpz >p <<-'EOF'
	block name a.test nxdomain 1 - 1
	allow name a.test passthru 2 - 1
	block name b.test nodata 1 - 1
	block name b.test nxdomain 2 - 1
	block ip4 192.0.2.1/32 - 1 - 1
	allow ip4 192.0.2.1/32 - 2 - 1
	block ip4 192.0.2.2/32 - 1 - 1
	block ip4 192.0.2.2/32 - 2 - 1
	EOF
	explain p a.test b.test 192.0.2.1 192.0.2.2
	diff -u - answers <<-'EOF'
	a.test allow passthru a.test 2 -
	b.test block nodata b.test 1 -
	192.0.2.1 allow - 192.0.2.1/32 2 -
	192.0.2.2 block - 192.0.2.2/32 1 -
	EOF
}

@test "what has expired does not count, nor open a hole" {
	policy names=rpz >p <<-'EOF'
	block name *.a.test nxdomain x - 1
	allow name b.a.test passthru x 1900000000 1
	block ip4 192.0.2.0/24 - x 1900000001 1
	EOF
	explain p b.a.test 192.0.2.1
	diff -u - answers <<-'EOF'
	b.a.test block nxdomain *.a.test x -
	192.0.2.1 block - 192.0.2.0/24 x 1900000001
	EOF
	run_ts 0 ts-explain --now none -p p b.a.test
	expect_out <<<$'b.a.test\tallow\tpassthru\tb.a.test\tx\t1900000000'
	SOURCE_DATE_EPOCH=1900000001 run_ts 0 ts-explain -p p 192.0.2.1
	expect_out <<<$'192.0.2.1\tnone\t-\t-\t-\t-'
}

@test "--side asks the records on clients or name servers" {
	policy names=rpz >p <<-'EOF'
	block ip4 192.0.2.0/24 - x - 1
	block client4 10.0.0.0/8 drop x - 1
	block nsip4 10.9.0.0/16 nxdomain x - 1
	block nsname ns.test nodata x - 1
	EOF
	explain p 10.9.0.1
	grep -q '^10.9.0.1 none' answers
	explain p --side client 10.9.0.1 192.0.2.1
	diff -u - answers <<-'EOF'
	10.9.0.1 block drop 10.0.0.0/8 x -
	192.0.2.1 none - - - -
	EOF
	explain p --side server 10.9.0.1 ns.test
	diff -u - answers <<-'EOF'
	10.9.0.1 block nxdomain 10.9.0.0/16 x -
	ns.test block nodata ns.test x -
	EOF
}

@test "values by lines; a bad one is told of and the rest answered" {
	run_sh 65 "printf '%s\n' bad.example a..b 192.0.2.300 10.0.0.1/8 1:2 x |
		ts-explain --policy names.policy"
	expect_err "<stdin>:2: 'a..b': a label is empty" \
		"<stdin>:3: '192.0.2.300': an octet" \
		"<stdin>:4: '10.0.0.1/8': bits are set" \
		"<stdin>:5: '1:2': not an address"
	[[ $(cut -f 1 out | tr '\n' ' ') == "bad.example x " ]]
	run_ts 64 ts-explain --policy names.policy a..b
	expect_err "'a..b': a label is empty"
}

@test "a policy from standard input, but not the values too" {
	run_sh 0 "ts-explain --policy - bad.example <names.policy"
	expect_out <<<$'bad.example\tblock\tnxdomain\tbad.example\ta,b\t-'
	run_ts 64 ts-explain --policy - -
	expect_err "both from standard input"
	run_ts 64 ts-explain --policy names.policy - bad.example
	expect_err "'-' and values exclude each other"
	run_ts 64 ts-explain --policy names.policy bad.example -
	expect_err "'-' and values exclude each other"
}

@test "a full disk is told of also where a value is bad" {
	run_sh 74 "ts-explain --policy names.policy a..b x >/dev/full"
	expect_err "'a..b': a label is empty" "No space left on device"
}

@test "a set stream is asked as the policy that its sets hold" {
	printf '%s\n' '#ts-set/1' $'#set\tallow-ip4-0' \
		$'block-ip4-0\tblock\tip4\t192.0.2.0/24\t-\ta\t-\t1' \
		$'block-ip4-1\tblock\tip4\t198.51.100.1/32\t-\tb\t-\t1' \
		$'#end\trecords=2' >sets
	explain sets 192.0.2.1 198.51.100.1 198.51.100.2
	diff answers - <<-'EOF'
	192.0.2.1 block - 192.0.2.0/24 a -
	198.51.100.1 block - 198.51.100.1/32 b -
	198.51.100.2 none - - - -
	EOF
}

@test "an IPv4-mapped address is asked as what it stands for, unless it is listed itself" {
	policy order=input >mapped <<-'EOF'
	block ip4 192.0.2.0/24 - a - 1
	allow ip6 ::ffff:192.0.2.7/128 - b - 1
	EOF
	explain mapped ::ffff:192.0.2.1 ::ffff:c000:207 ::ffff:192.0.2.128/121 ::ffff:198.51.100.1
	diff answers - <<-'EOF'
	::ffff:192.0.2.1 block - 192.0.2.0/24 a -
	::ffff:c000:207 allow - ::ffff:192.0.2.7/128 b -
	::ffff:192.0.2.128/121 block - 192.0.2.0/24 a -
	::ffff:198.51.100.1 none - - - -
	EOF
}

@test "a policy that is cut off answers nothing" {
	sed '$d' names.policy >torn
	run_ts 65 ts-explain --policy torn bad.example
	expect_no_out
	expect_err "torn: no end record"
}
