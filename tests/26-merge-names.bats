#!/usr/bin/env bats
# ts-merge on names: each input under its own meaning, the fewest records out.

load helper

# expect_records <<EOF: the output is these records, spaces for TABs, framed.
expect_records() {
	policy $'order=canonical\tnames=rpz' >expected
	expect_out <expected
}

@test "drops what a subtree of another list covers, and opens no hole in it" {
	policy names=list >hosts <<-EOF
	block name a.b.x.example nxdomain hosts - 1
	block name y.example nxdomain hosts - 1
	EOF
	policy names=list >adblock <<-EOF
	block name x.example nxdomain adblock - 1
	block name *.x.example nxdomain adblock - 1
	EOF
	run_ts 0 ts-merge hosts adblock
	expect_records <<-EOF
	block name x.example nxdomain adblock - 1
	block name *.x.example nxdomain adblock - 1
	block name y.example nxdomain hosts - 1
	EOF
}

@test "copies a wildcard below a name of another response in an earlier list" {
	policy names=list >ours <<-EOF
	block name a.x.example redirect=garden.example ours - 1
	EOF
	policy names=list >theirs <<-EOF
	block name *.x.example nxdomain theirs - 1
	EOF
	run_ts 0 ts-merge ours theirs
	expect_records <<-EOF
	block name *.x.example nxdomain theirs - 1
	block name a.x.example redirect=garden.example ours - 1
	block name *.a.x.example nxdomain theirs - 1
	EOF
}

@test "names every list that named a name, from what it kept" {
	policy names=list >hosts <<-EOF
	block name a.b.x.example nxdomain hosts - 1
	block name y.example nxdomain hosts - 1
	EOF
	policy names=list >adblock <<-EOF
	block name x.example nxdomain adblock - 1
	block name *.x.example nxdomain adblock - 1
	block name a.b.x.example nodata adblock - 1
	EOF
	policy >zone <<-EOF
	block name *.b.x.example nxdomain zone - 1
	block name y.example nxdomain zone - 1
	allow name z.x.example passthru zone - 1
	EOF
	run_ts 0 ts-merge --keep-entries kept -o all hosts adblock zone
	run_ts 0 ts-explain --policy kept a.b.x.example c.b.x.example b.x.example \
		q.x.example y.example z.x.example none.example
	expect_eq explained "$(cut -f 1,2,4,5 out | tr '\t' ' ')" "$(cat <<-EOF
	a.b.x.example block a.b.x.example hosts,zone
	c.b.x.example block *.b.x.example adblock,zone
	b.x.example block b.x.example adblock
	q.x.example block *.x.example adblock
	y.example block y.example hosts,zone
	z.x.example block *.x.example adblock
	none.example none - -
	EOF
	)"
	# The result needs no record of these names to decide the same.
	run_ts 0 ts-explain --policy all c.b.x.example b.x.example
	expect_eq matched "$(cut -f 2,4 out | tr '\t' ' ')" \
		"$(printf 'block *.x.example\nblock *.x.example')"
}

@test "tells with -v how many names are redundant, copied and excepted" {
	policy names=list >a <<-EOF
	block name *.x.example nxdomain a - 1
	block name a.x.example nxdomain a - 1
	block name deep.b.x.example nodata a - 1
	block name deep.b.x.example nxdomain a - 1
	block name y.example nxdomain a - 1
	block name *.z.example nxdomain a - 1
	EOF
	printf '%s\n' c.x.example '*.c.x.example' >never
	run_ts 0 ts-merge -v --max-block 6 --never never a
	expect_err "6 records in, 0 expired, 7 out" \
		"names: 6 records in, 2 redundant, 3 copies of a wildcard, 1 exceptions, 1 capped, 7 out" \
		"names: 1 records where one input decides twice"
}

@test "keeps the hole that a zone's own name opens" {
	policy names=rpz >zone <<-EOF
	block name *.x.example nxdomain zone - 1
	allow name ok.deep.x.example passthru zone - 1
	EOF
	run_ts 0 ts-merge zone
	expect_records <<-EOF
	block name *.x.example nxdomain zone - 1
	allow name ok.deep.x.example passthru zone - 1
	EOF
}

@test "leaves what a zone does not speak of to the next one" {
	policy >first <<-EOF
	block name *.x.example nxdomain first - 1
	allow name ok.deep.x.example passthru first - 1
	EOF
	policy >second <<-EOF
	block name *.deep.x.example nodata second - 1
	EOF
	run_ts 0 ts-merge first second
	expect_records <<-EOF
	block name *.x.example nxdomain first - 1
	block name *.deep.x.example nodata second - 1
	allow name ok.deep.x.example passthru first - 1
	block name *.ok.deep.x.example nodata second - 1
	EOF
	run_sh 0 'ts-merge first second >both && ts-explain --policy both \
		deep.x.example a.deep.x.example a.ok.deep.x.example'
	expect_eq 'decisions' "$(cut -f1-3 out)" \
		"$(printf '%s\tnone\t-\n%s\tblock\tnodata\n%s\tblock\tnodata' \
		deep.x.example a.deep.x.example a.ok.deep.x.example)"
}

@test "allows a name of a bare list and nothing below it" {
	policy names=list >theirs <<-EOF
	block name x.example nxdomain theirs - 1
	block name *.x.example nxdomain theirs - 1
	EOF
	echo ok.x.example >allow
	run_ts 0 ts-merge --allow allow theirs
	expect_records <<-EOF
	block name x.example nxdomain theirs - 1
	block name *.x.example nxdomain theirs - 1
	allow name ok.x.example passthru allow - 1
	block name *.ok.x.example nxdomain theirs - 1
	EOF
}

@test "takes a name out of a subtree without an allow record where it can" {
	policy names=list >theirs <<-EOF
	block name *.x.example nxdomain theirs - 1
	EOF
	echo ok.x.example >except
	run_ts 0 ts-merge --except except theirs
	expect_records <<-EOF
	block name *.x.example nxdomain theirs - 1
	block name *.ok.x.example nxdomain theirs - 1
	EOF
	echo '*.ok.x.example' >>except
	run_ts 0 ts-merge --never except theirs
	expect_records <<-EOF
	block name *.x.example nxdomain theirs - 1
	allow name ok.x.example passthru never - 1
	EOF
}

@test "a name that lasts longer than the wildcard above it stays" {
	policy names=list >p <<-EOF
	block name *.x.example nxdomain a 200 1
	block name a.x.example nxdomain a 100 1
	block name b.x.example nxdomain a - 1
	EOF
	run_ts 0 ts-merge --now 50 p
	expect_records <<-EOF
	block name *.x.example nxdomain a 200 1
	block name b.x.example nxdomain a - 1
	block name *.b.x.example nxdomain a 200 1
	EOF
}

@test "an expired name opens no hole" {
	policy >p <<-EOF
	block name *.x.example nxdomain a - 1
	allow name a.x.example passthru a 100 1
	EOF
	run_ts 0 ts-merge --now 100 p
	expect_records <<-EOF
	block name *.x.example nxdomain a - 1
	EOF
}

@test "name servers are a policy of their own" {
	policy >p <<-EOF
	block nsname *.x.example nxdomain a - 1
	block name a.x.example nxdomain a - 1
	EOF
	policy names=list >q <<-EOF
	block nsname a.x.example nxdomain b - 1
	EOF
	run_ts 0 ts-merge q p
	expect_records <<-EOF
	block name a.x.example nxdomain a - 1
	block nsname *.x.example nxdomain a - 1
	EOF
}

@test "random inputs mean the same as their merge, under a model of the manual" {
	local seed
	for ((seed = ${SEED:-1}; seed < ${SEED:-1} + $(rounds 12); seed++)); do
		run_ts 0 /usr/bin/python3 "$TOP/tests/property/names.py" "$seed" 20
		grep -q ', 0 wrong$' out
	done
}

@test "-v counts what goes before another kind of an earlier zone" {
	policy names=rpz >addresses <<<'block ip4 192.0.2.0/24 - a - 1'
	policy names=rpz >names <<-'EOF'
	allow name a.test passthru n - 1
	block name b.test nxdomain n 1000 1
	block client4 192.0.2.0/24 drop n - 1
	block nsname ns.test drop n - 1
	EOF
	run_ts 0 ts-merge -v --now 2000 addresses names
	expect_err '2 records of later zones go before those of another kind'
	# Nothing does the other way round, but the addresses before the servers.
	run_ts 0 ts-merge -v --now 2000 names addresses
	expect_err '1 records of later zones go before'
	sed -i /nsname/d names
	sed -i 's/records=4/records=3/' names
	run_ts 0 ts-merge -v --now 2000 names addresses
	run_ts 1 grep 'later zones' err
	sed -i 's/names=rpz/names=list/' addresses
	run_ts 0 ts-merge -v --now 2000 addresses names
	run_ts 1 grep 'later zones' err
}
