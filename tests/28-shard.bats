#!/usr/bin/env bats
# ts-shard: which entry goes into which set, and how few sets change.

load helper

# addresses FIRST LAST [WEIGHT]: block records 10.0.X.Y/32 for the numbers.
addresses() {
	local i
	for ((i = $1; i <= $2; i++)); do
		printf 'block ip4 10.0.%d.%d/32 - feed - %d\n' $((i / 256)) $((i % 256)) "${3:-1}"
	done
}

# members SET: the values in a set of the file out.
members() { awk -F'\t' -v s="$1" '$1 == s { print $4 }' out; }

@test "lays records out in sets of the capacity, in canonical order, framed" {
	{ addresses 3 5; echo 'block ip6 2001:db8::/32 - feed - 1'; echo 'allow ip4 192.0.2.1/32 - - - 2'; } | policy >p
	run_ts 0 ts-shard --capacity 2 p
	expect_no_err
	expect_out <<-'X'
	#ts-set/1	order=canonical
	block-ip4-0	block	ip4	10.0.0.3/32	-	feed	-	1
	block-ip4-0	block	ip4	10.0.0.4/32	-	feed	-	1
	block-ip4-1	block	ip4	10.0.0.5/32	-	feed	-	1
	block-ip6-0	block	ip6	2001:db8::/32	-	feed	-	1
	allow-ip4-0	allow	ip4	192.0.2.1/32	-	-	-	2
	#end	records=5
	X
}

@test "an empty policy gives an empty set stream" {
	policy </dev/null >p
	run_ts 0 ts-shard p
	expect_out <<-'X'
	#ts-set/1	order=canonical
	#end	records=0
	X
}

@test "the order of the input does not matter" {
	addresses 1 50 >a
	policy <a >p
	sort -R --random-source=/etc/services a | policy >q
	run_sh 0 'ts-shard --capacity 7 p > x && ts-shard --capacity 7 q > y && cmp x y'
}

@test "an unchanged policy gives the same bytes again" {
	addresses 1 50 | policy >p
	run_sh 0 'ts-shard --capacity 7 p > x && ts-shard --capacity 7 --previous x p > y && cmp x y'
}

@test "entries that stay keep their set, and freed room is used first" {
	addresses 0 9 | policy >p
	run_sh 0 'ts-shard --capacity 5 p > last'
	{ addresses 0 2; addresses 4 9; addresses 100 100; } | policy >p
	run_ts 0 ts-shard -v --capacity 5 --previous last p
	expect_err '1 sets change (1 added, 1 removed, 0 moved)'
	expect_eq 'block-ip4-0' "$(members block-ip4-0 | xargs)" \
		'10.0.0.0/32 10.0.0.1/32 10.0.0.2/32 10.0.0.4/32 10.0.0.100/32'
	expect_eq 'block-ip4-1' "$(members block-ip4-1 | wc -l)" 5
}

@test "the set that lost most is filled first, then the fullest" {
	{ echo '#ts-set/1'
	  addresses 0 4 | sed 's/^/block-ip4-0 /'
	  addresses 10 14 | sed 's/^/block-ip4-1 /'
	  addresses 20 22 | sed 's/^/block-ip4-2 /'
	  echo '#end records=13'; } | tr ' ' '\t' >last
	{ addresses 1 4; addresses 12 14; addresses 21 22; addresses 30 32; } | policy >p
	run_ts 0 ts-shard --capacity 5 --max-moves 0 --previous last p
	expect_eq 'block-ip4-1' "$(members block-ip4-1 | tail -n 2 | xargs)" \
		'10.0.0.30/32 10.0.0.31/32'
	expect_eq 'block-ip4-0' "$(members block-ip4-0 | tail -n 1)" 10.0.0.32/32
}

@test "what does not fit the freed room goes where the fewest further sets change" {
	# Three sets of 4 with 3, 1 and 3 free places.
	{ echo 'block-ip4-0 block ip4 10.0.0.0/32 - feed - 1'
	  for i in 1 2 3; do echo "block-ip4-1 block ip4 10.0.0.$i/32 - feed - 1"; done
	  echo 'block-ip4-2 block ip4 10.0.0.4/32 - feed - 1'; } | sed 's/ /\t/g' >body
	{ printf '#ts-set/1\n'; cat body; printf '#end\trecords=5\n'; } >last
	{ addresses 0 4; addresses 20 23; } | policy >p
	run_ts 0 ts-shard -v --capacity 4 --max-moves 0 --previous last p
	expect_err '2 sets change (4 added'
	expect_eq 'the set with room for later' "$(members block-ip4-2 | wc -l)" 1
}

@test "new sets are opened only when the others are full" {
	addresses 0 3 | policy >p
	run_sh 0 'ts-shard --capacity 4 p > last'
	addresses 0 4 | policy >p
	run_ts 0 ts-shard -v --capacity 4 --previous last p
	expect_err '5 entries in 2 sets, 1 sets change'
}

@test "never holds more than the sets allow: the least corroborated go, and it says so" {
	{ addresses 0 3 2; addresses 4 5 1; addresses 6 7 3; } | policy >p
	run_ts 0 ts-shard --capacity 3 --block-sets 2 p
	expect_err '2 block ip4 entries left out: over what the sets hold'
	run ! grep -E '10\.0\.0\.[45]/' out
	expect_eq 'records' "$(tail -n1 out)" $'#end\trecords=6'
}

@test "among equals the ones that have a set already stay" {
	addresses 10 13 | policy >p
	run_sh 0 'ts-shard --capacity 2 --block-sets 2 p > last'
	addresses 0 13 | policy >p
	run_ts 0 ts-shard -v --capacity 2 --block-sets 2 --previous last p
	expect_err '10 block ip4 entries left out' '0 sets change'
	run_sh 0 'ts-shard -q --capacity 2 --block-sets 2 --previous last p | cmp - last'
}

@test "leaves out what ts-merge --max-block and --max-allow would" {
	local i
	local -a verdict=(block allow)
	for ((i = 0; i < 512; i++)); do
		printf '%s ip4 10.%d.%d.0/%d - x - %d\n' "${verdict[i >> 8]}" \
			$((i >> 8)) $((i & 255)) $((29 + i * 5 % 7 % 4)) $((i * 11 % 13 % 3 + 1))
	done | policy >p
	for i in 1 37 100 150 255; do
		run_sh 0 "ts-shard -q --capacity $i --block-sets 1 --allow-sets 1 p"
		sed '1d;$d' out | cut -f 2-4 | sort >sharded
		run_sh 0 "ts-merge -q --now none --max-block $i --max-allow $i p"
		sed '1d;$d' out | cut -f 1-3 | sort | cmp - sharded
		expect_eq "of $i" "$(wc -l <sharded)" $((2 * i))
	done
}

@test "sets over the number allowed are emptied into the others" {
	addresses 0 5 | policy >p
	run_sh 0 'ts-shard --capacity 2 p > last'
	run_ts 0 ts-shard -v --capacity 4 --block-sets 2 --previous last p
	expect_err '6 entries in 2 sets'
	expect_eq 'kept' "$(members block-ip4-0 | head -n 2 | xargs)" '10.0.0.0/32 10.0.0.1/32'
}

@test "sparse sets are emptied, moving no more than --max-moves" {
	addresses 0 29 | policy >p
	run_sh 0 'ts-shard --capacity 10 p > last'
	{ addresses 0 5; addresses 10 15; addresses 20 24; } | policy >p
	run_ts 0 ts-shard -v --capacity 10 --max-moves 4 --previous last p
	expect_err '17 entries in 3 sets' '0 moved'
	run_ts 0 ts-shard -v --capacity 10 --max-moves 5 --previous last p
	expect_err '17 entries in 2 sets' '5 moved'
}

@test "a deferred removal stays with an expiry while its set does not change" {
	addresses 0 5 | policy >p
	run_sh 0 'ts-shard --capacity 3 p > last'
	{ addresses 0 0; addresses 2 5; } | policy >p
	run_ts 0 ts-shard -v --capacity 3 --defer-removals 1h --now 1000 --previous last p
	expect_err '0 sets change' '1 wait for removal'
	grep -q $'^block-ip4-0\tblock\tip4\t10.0.0.1/32\t-\tfeed\t4600\t1$' out || fail "$(cat out)"
	# The date stays what it was,
	cp out last
	run_ts 0 ts-shard --capacity 3 --defer-removals 1h --now 4599 --previous last p
	cmp out last
	# and at that date it goes.
	run_ts 0 ts-shard -v --capacity 3 --defer-removals 1h --now 4600 --previous last p
	expect_err '1 sets change (0 added, 1 removed' '0 wait'
}

@test "a deferred removal goes when its set is written anyway" {
	addresses 0 5 | policy >p
	run_sh 0 'ts-shard --capacity 3 p > last'
	{ addresses 0 0; addresses 2 5; } | policy >p
	run_sh 0 'ts-shard --capacity 3 --defer-removals 1h --now 1000 --previous last p > next'
	{ addresses 0 0; addresses 2 5; addresses 9 9; } | policy >p
	run_ts 0 ts-shard -v --capacity 3 --defer-removals 1h --now 2000 --previous next p
	expect_err '1 sets change (1 added, 1 removed' '0 wait'
}

@test "a deferred removal does not hold a set above its capacity" {
	addresses 0 2 | policy >p
	run_sh 0 'ts-shard --capacity 3 p > last'
	addresses 0 1 | policy >p
	run_ts 0 ts-shard -v --capacity 2 --defer-removals 1h --now 1000 --previous last p
	expect_err '1 sets change (0 added, 1 removed' '0 wait'
	expect_eq 'block-ip4-0' "$(members block-ip4-0 | xargs)" '10.0.0.0/32 10.0.0.1/32'
}

@test "of sets with room the one that has removals waiting is written" {
	{ echo '#ts-set/1'
	  addresses 0 2 | sed 's/^/block-ip4-0 /'
	  addresses 4 6 | sed 's/^/block-ip4-1 /'
	  echo '#end records=6'; } | tr ' ' '\t' >last
	{ addresses 0 2; addresses 4 5; addresses 9 9; } | policy >p
	run_ts 0 ts-shard -v --capacity 4 --defer-removals 1h --now 1000 --previous last p
	expect_err '1 sets change (1 added, 1 removed' '0 wait'
	expect_eq 'block-ip4-1' "$(members block-ip4-1 | xargs)" \
		'10.0.0.4/32 10.0.0.5/32 10.0.0.9/32'
}

@test "a deferred removal never touches an allowed address, wider or narrower" {
	local allow
	for allow in 10.0.0.1/32 10.0.0.0/24; do
		{ addresses 1 1; addresses 256 256; } | policy >p
		run_sh 0 'ts-shard p > last'
		{ addresses 256 256; echo "allow ip4 $allow - - - 1"; } | policy >p
		run_ts 0 ts-shard --defer-removals 1h --now 1000 --previous last p
		run ! grep -F $'\tblock\tip4\t10.0.0.1/32' out
	done
	echo 'block ip4 10.0.0.0/24 - feed - 1' | policy >p
	run_sh 0 'ts-shard p > last'
	echo 'allow ip4 10.0.0.7/32 - - - 1' | policy >p
	run_ts 0 ts-shard --defer-removals 1h --now 1000 --previous last p
	run ! grep -F $'\tblock\t' out
}

@test "allow entries are never deferred" {
	echo 'allow ip4 192.0.2.1/32 - - - 1' | policy >p
	run_sh 0 'ts-shard p > last'
	policy </dev/null >p
	run_ts 0 ts-shard --defer-removals 1h --now 1000 --previous last p
	run ! grep -F 'allow-ip4' out
}

@test "names and other triggers are counted and reported" {
	{ addresses 1 1; echo 'block name bad.example nxdomain feed - 1'
	  echo 'block name worse.example nxdomain feed - 1'
	  echo 'block client4 10.0.0.0/8 drop feed - 1'; } | policy >p
	run_ts 0 ts-shard p
	expect_err "2 records of kind 'name' left out" "1 records of kind 'client4' left out"
	expect_eq 'records' "$(tail -n1 out)" $'#end\trecords=1'
}

@test "a first run without the previous file says so and goes on" {
	addresses 1 2 | policy >p
	run_ts 0 ts-shard --previous none p
	expect_err "there is no 'none': every set is laid out anew"
}

@test "refuses a policy or a previous stream that is cut off" {
	addresses 1 9 | policy >p
	run_sh 0 'ts-shard p > last'
	head -n 5 p >torn
	run_ts 65 ts-shard torn
	expect_no_out
	head -n 5 last >torn
	run_ts 65 ts-shard --previous torn p
	expect_err 'no end record' 'hint: without --previous'
	expect_no_out
	sed 's/^block-ip4-0/block-ip4-x/' last >bad
	run_ts 65 ts-shard --previous bad p
	expect_err "bad:2: bad set name 'block-ip4-x'"
	sed 's/^block-ip4-0/allow-ip4-0/' last >bad
	run_ts 65 ts-shard --previous bad p
	expect_err 'the record does not belong into set'
}

# poisoned: the list on standard input on its way into sets; list.policy is what
# passed last.
poisoned() {
	ts-feed2list --source list -o list.policy - || echo "refused: $?" >&2
	ts-merge --never-class private list.policy | ts-shard --previous sets - >new
}

@test "nothing of a poisoned list reaches a set, and what was laid out stays" {
	local i
	for ((i = 1; i < 250; i++)); do echo "192.0.2.$i"; done >list
	poisoned <list
	mv new sets
	# Left out, and said with its line.
	{ cat list; echo 0.0.0.0/0; } >default
	{ echo 128.0.0.0/1; cat list; } >half
	{ cat list; awk 'BEGIN { for (i = 0; i < 1000000; i++)
		print "10." int(i / 65536) "." int(i / 256) % 256 "." i % 256 }'; } >private
	{ cat list; echo co.uk; } >suffix
	{ cat list; head -c 100000000 /dev/zero | tr '\0' 1; echo; } >long
	for i in default half private suffix long; do
		poisoned <"$i" 2>err
		cmp new sets
		[[ $i == private ]] || grep '^ts-feed2list: <stdin>:[0-9]*: ' err
	done
	grep ':250: line over 65536 bytes$' err
	# Refused, so that the last good policy stays.
	head -c 30000000 /dev/zero | gzip -9 >bomb
	head -c 5000 /bin/sh >binary
	{ echo 128.0.0.0/1; head -n 9 list; } >most
	for i in bomb binary most; do
		poisoned <"$i" 2>err
		cmp new sets
		grep -E '<stdin>' err
		grep -Fx 'refused: 65' err
	done
}

@test "over random histories: every entry in one set, no set too large, few sets change" {
	run_ts 0 /usr/bin/python3 "$TOP/tests/property/shard.py" "${SEED:-1}" "$(rounds 40)"
	expect_err 'seed'
}
