#!/usr/bin/env bats
# A policy as lists of a DNS firewall (lib/sense/layers.h), by layers-dump.
load helper

# lists [OPTION...]: what layers-dump makes of the policy in the file p, TABs as
# spaces.
lists() {
	run_ts 0 "$BINDIR/layers-dump" "$@" p
	tr '\t' ' ' <out >spaced
	mv spaced out
}

@test "an exception stands above its block, with all below it" {
	policy >p <<-EOF
	block name *.w.example nxdomain s - 1
	allow name ok.w.example passthru s - 1
	EOF
	lists
	expect_out <<-EOF
	list pass-0 4 ALERT pass trust
	ok.w.example
	list hole-0 3 ALLOW hole inspect
	*.ok.w.example
	list nxdomain-0 0 BLOCK nxdomain inspect
	*.w.example
	EOF
}

@test "a block inside an exception goes a layer up" {
	policy >p <<-EOF
	block name *.w.example nxdomain s - 1
	allow name *.ok.w.example passthru s - 1
	block name *.bad.ok.w.example nxdomain s - 1
	block name *.worse.bad.ok.w.example nodata s - 1
	EOF
	lists
	expect_out <<-EOF
	list hole-1 8 ALLOW hole inspect
	bad.ok.w.example
	worse.bad.ok.w.example
	list nodata-1 6 BLOCK nodata inspect
	*.worse.bad.ok.w.example
	list nxdomain-1 5 BLOCK nxdomain inspect
	*.bad.ok.w.example
	list pass-0 4 ALERT pass trust
	*.ok.w.example
	list hole-0 3 ALLOW hole inspect
	ok.w.example
	list nxdomain-0 0 BLOCK nxdomain inspect
	*.w.example
	EOF
}

@test "empty names between a wildcard and a record below it pass, unless ignored" {
	policy >p <<-EOF
	block name *.w.example nxdomain s - 1
	block name c.b.a.w.example nxdomain s - 1
	EOF
	lists
	expect_out <<-EOF
	list nxdomain-1 5 BLOCK nxdomain inspect
	c.b.a.w.example
	list hole-0 3 ALLOW hole inspect
	a.w.example
	*.a.w.example
	list nxdomain-0 0 BLOCK nxdomain inspect
	*.w.example
	EOF
	lists -e
	expect_out <<-EOF
	list nxdomain-0 0 BLOCK nxdomain inspect
	*.w.example
	EOF
}

@test "a publisher's list opens no holes" {
	policy names=list >p <<-EOF
	block name *.w.example nxdomain s - 1
	block name c.b.a.w.example nxdomain s - 1
	block name b.a.w.example nodata s - 1
	EOF
	lists
	expect_out <<-EOF
	list nodata-0 1 BLOCK nodata inspect
	b.a.w.example
	list nxdomain-0 0 BLOCK nxdomain inspect
	*.w.example
	EOF
	sed -i 's/names=list/names=rpz/' p
	cp out list
	lists -e
	expect_out <list
}

@test "what no list can say is left out by reason, and a wildcard above blocks it" {
	policy >p <<-EOF
	block ip4 192.0.2.0/24 - s - 1
	block ip6 2001:db8::/32 - s - 1
	block client4 192.0.2.0/24 nxdomain s - 1
	block nsip6 2001:db8::/32 nxdomain s - 1
	block nsname ns.example nxdomain s - 1
	block name old.example nxdomain s 5 1
	block name * nxdomain s - 1
	block name drop.example drop s - 1
	block name data.example data s - 1
	block name *.wild.example redirect=*.garden.example s - 1
	block name odd.example redirect=a_garden.example s - 1
	block name *.w.example nxdomain s - 1
	block name drop.w.example drop s - 1
	block name *.drop.w.example drop s - 1
	block name tcp.w.example tcp-only s - 1
	block name *.tcp.w.example nxdomain s - 1
	block name a_b.example nxdomain s - 1
	block name c_d.w.example nxdomain s - 1
	block name *.c_d.w.example nodata s - 1
	allow name e_f.w.example passthru s - 1
	EOF
	lists -v -t 5
	expect_out <<-EOF
	out root *
	out octets a_b.example
	out data data.example
	out drop drop.example
	out target odd.example
	out octets *.c_d.w.example
	out drop drop.w.example
	out drop *.drop.w.example
	out lost e_f.w.example
	out lost *.e_f.w.example
	out tcp-only tcp.w.example
	out wild-target *.wild.example
	list hole-0 3 ALLOW hole inspect
	tcp.w.example
	list nxdomain-0 0 BLOCK nxdomain inspect
	*.w.example
	left address 2
	left client 1
	left nsaddress 1
	left nsname 1
	left expired 1
	left drop 3
	left tcp-only 1
	left data 1
	left wild-target 1
	left target 1
	left octets 2
	left root 1
	left lost 2
	EOF
}

@test "a redirect to a name below its own wildcard lets that name through" {
	policy >p <<-EOF
	block name *.w.example redirect=garden.w.example s - 1
	block name x.example redirect=x.example s - 1
	EOF
	lists
	expect_out <<-EOF
	list pass-0 4 ALERT pass trust
	garden.w.example
	x.example
	list redirect-garden_w_example-0 2 BLOCK redirect=garden.w.example inspect
	*.w.example
	EOF
	# Unless it exists for another reason, and so is no garden's.
	policy >p <<-EOF
	block name *.w.example redirect=garden.w.example s - 1
	block name b.garden.w.example redirect=garden.w.example s - 1
	EOF
	lists
	expect_out <<-EOF
	list redirect-garden_w_example-1 7 BLOCK redirect=garden.w.example inspect
	b.garden.w.example
	list hole-0 3 ALLOW hole inspect
	garden.w.example
	*.garden.w.example
	list redirect-garden_w_example-0 2 BLOCK redirect=garden.w.example inspect
	*.w.example
	EOF
}

@test "to monitor only, the same lists alert" {
	policy >p <<-EOF
	block name *.w.example nxdomain s - 1
	allow name ok.w.example passthru s - 1
	block name bad.example redirect=garden.example s - 1
	EOF
	lists
	sed s/BLOCK/ALERT/ out >monitor
	lists -m
	expect_out <monitor
	lists -a -H
	grep -qx 'list pass-0 4 ALLOW pass trust' out
	grep -qx 'list hole-0 3 ALERT hole inspect' out
}

@test "the order of the records is of no matter, but of one owner allow wins" {
	policy >p <<-EOF
	block name b.example nodata s - 1
	block name a.example nxdomain s - 1
	block name b.example nxdomain s - 1
	allow name a.example passthru s - 1
	block name *.example nxdomain s - 1
	EOF
	lists
	expect_out <<-EOF
	list pass-0 4 ALERT pass trust
	a.example
	list hole-0 3 ALLOW hole inspect
	*.a.example
	*.b.example
	list nodata-0 1 BLOCK nodata inspect
	b.example
	list nxdomain-0 0 BLOCK nxdomain inspect
	*.example
	conflicts 2
	EOF
}

@test "a list is named by what it is, however long its target" {
	local long=garden.with-a-name-that-is.rather-longer.than-lists.may-have
	policy >p <<-EOF
	block name a.example redirect=$long.example s - 1
	block name b.example redirect=$long.test s - 1
	EOF
	lists
	expect_out <<-EOF
	list redirect-garden_with-a-name-t$(fnv "$long.example")-0 2 BLOCK redirect=$long.example inspect
	a.example
	list redirect-garden_with-a-name-t$(fnv "$long.test")-0 2 BLOCK redirect=$long.test inspect
	b.example
	EOF
}

# fnv TEXT: H and its FNV-1a hash.
fnv() {
	local i octet h=$((0xcbf29ce484222325))
	for ((i = 0; i < ${#1}; i++)); do
		printf -v octet %d "'${1:i:1}"
		h=$(((h ^ octet) * 0x100000001b3))
	done
	printf 'H%016X' "$h"
}

@test "names over the ceiling go in whole groups, the heaviest last" {
	policy >p <<-EOF
	block name *.a.example nxdomain s - 3
	allow name ok.a.example passthru s - 1
	block name a.example nxdomain s - 1
	block name b.example nxdomain s - 2
	block name c.example nxdomain s - 2
	allow name d.example passthru s - 1
	EOF
	# a.example has four entries; d.example blocks nothing and stays.
	lists -n 6 -v
	expect_out <<-EOF
	out names c.example
	list pass-0 4 ALERT pass trust
	ok.a.example
	d.example
	list hole-0 3 ALLOW hole inspect
	*.ok.a.example
	list nxdomain-0 0 BLOCK nxdomain inspect
	a.example
	*.a.example
	b.example
	left names 1
	groups 1
	EOF
	# There is no room for the heaviest group, but for others in its place.
	lists -n 3
	expect_out <<-EOF
	list pass-0 4 ALERT pass trust
	d.example
	list nxdomain-0 0 BLOCK nxdomain inspect
	b.example
	c.example
	left names 4
	groups 1
	EOF
}

@test "what only passes may take a fifth, and no more where there is no room" {
	{
		printf 'block name b%d.example nxdomain s - 1\n' {1..9}
		printf 'allow name p%d.example passthru s - 1\n' {1..9}
	} | policy >p
	lists -n 10
	expect_eq blocked "$(grep -c '^b' out)" 8
	expect_eq passed "$(grep -c '^p' out)" 2
	lists -n 14
	expect_eq blocked "$(grep -c '^b' out)" 9
	expect_eq passed "$(grep -c '^p' out)" 5
}

@test "over the ceiling of lists the least used gardens go, with their exceptions" {
	policy >p <<-EOF
	block name *.a.example redirect=one.test s - 1
	allow name ok.a.example passthru s - 1
	block name *.b.example redirect=two.test s - 1
	block name b.example redirect=two.test s - 1
	block name two.b.example redirect=two.test s - 1
	block name *.c.example nxdomain s - 1
	block name x.c.example redirect=one.test s - 1
	block name d.example redirect=three.test s - 1
	EOF
	lists -l 4
	expect_out <<-EOF
	list pass-0 4 ALERT pass trust
	ok.a.example
	list hole-0 3 ALLOW hole inspect
	*.two.b.example
	*.x.c.example
	list redirect-two_test-0 2 BLOCK redirect=two.test inspect
	b.example
	*.b.example
	list nxdomain-0 0 BLOCK nxdomain inspect
	*.c.example
	left garden 3
	gardens 2
	EOF
}

@test "then the groups that need the highest levels go" {
	policy >p <<-EOF
	block name *.w.example nxdomain s - 1
	allow name ok.w.example passthru s - 1
	block name x.example nxdomain s - 1
	EOF
	lists -l 1
	expect_out <<-EOF
	list nxdomain-0 0 BLOCK nxdomain inspect
	x.example
	left lists 3
	groups 1
	EOF
}

@test "names up to the longest, and nothing below it" {
	local label name
	label=$(printf 'x%.0s' {1..63})
	name=$label.$label.$label.$(printf 'y%.0s' {1..56})
	policy >p <<-EOF
	block name *.$name nxdomain s - 1
	allow name aa.$name passthru s - 1
	allow name abc.$name passthru s - 1
	EOF
	lists
	expect_out <<-EOF
	list pass-0 4 ALERT pass trust
	aa.$name
	abc.$name
	list hole-0 3 ALLOW hole inspect
	*.aa.$name
	list nxdomain-0 0 BLOCK nxdomain inspect
	*.$name
	EOF
}

@test "refuses a policy that was cut off" {
	policy <<<'block name a.example nxdomain s - 1' | head -n 2 >p
	run_ts 65 "$BINDIR/layers-dump" p
	expect_no_out
	expect_err "no end record after 1 records"
}

# bats test_tags=slow
@test "says so when memory is short" {
	! grep -q __asan_init "$BINDIR/layers-dump" || skip "allocation is the sanitizer's"
	policy >p <<-EOF
	block name *.w.example redirect=one.test s - 1
	allow name ok.w.example passthru s - 1
	block name x.example redirect=two.test s - 1
	EOF
	local call n fired=0
	for call in calloc reallocarray; do
		for n in {1..15}; do
			INJECT_CALL=$call INJECT_NTH=$n INJECT_PROG=layers-dump \
				INJECT_FIRED=$PWD/fired LD_PRELOAD=$BINDIR/inject.so \
				"$BINDIR/layers-dump" -n 2 -l 3 p >out 2>err || true
			[[ -e fired ]] || break
			rm fired
			expect_no_out
			expect_err "out of memory"
			fired=$((fired + 1))
		done
	done
	((fired > 8))
}

@test "under any ceiling no name gets what it would not get without" {
	TS_TIMEOUT=60 run_ts 0 /usr/bin/python3 "$TOP/tests/property/layers.py" 7 3
}

@test "the lists mean what BIND makes of the zone, along CNAMEs too" {
	SEEDS=30 NAMES=3000 TS_TIMEOUT=60 run_ts 0 "$TOP/tests/oracle/run" layers
	cat out
	grep -qx 'names: 3000 asked, 0 mismatches' out
	grep -qx 'chains: 3000 asked, 0 mismatches' out
}

# bats test_tags=slow
@test "the same with responses and names that no list has" {
	SEEDS=31 NAMES=3000 TS_TIMEOUT=60 \
		run_ts 0 "$TOP/tests/oracle/run" layers --mixed
	grep -qx 'names: 3000 asked, 0 mismatches' out
}

# bats test_tags=slow
@test "the comparison sees lists in the wrong order" {
	mkdir bin
	ln -s "$BINDIR"/ts-* bin/
	cat >bin/layers-dump <<-EOF
	#!/bin/sh
	$BINDIR/layers-dump "\$@" |
		awk '/^list/ { if (l) r = l r; l = "" } { l = l \$0 "\n" } END { printf "%s%s", l, r }'
	EOF
	chmod +x bin/layers-dump
	SEEDS=32 NAMES=800 BINDIR=bin TS_TIMEOUT=60 \
		run_ts 1 "$TOP/tests/oracle/run" layers
	grep -q '^mismatch: names: ' out
	grep -q '^mismatch: chains: ' out
}
