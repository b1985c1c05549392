#!/usr/bin/env bats
# ts-merge: several policies to one.

load helper

# expect_records <<EOF: the output is these records, spaces for TABs, framed.
expect_records() {
	policy $'order=canonical\tnames=rpz' >expected
	expect_out <expected
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
}

@test "cuts an allowed address out of a wide block exactly" {
	policy >a <<-EOF
	block ip4 10.0.0.0/8 - a - 1
	EOF
	echo '10.0.0.1  # ours' >allow
	run_ts 0 ts-merge --allow allow a
	grep -c ^block out >n
	expect_eq "blocks" "$(cat n)" 24
	grep -qx $'allow\tip4\t10.0.0.1/32\t-\tallow\t-\t1' out
	run_sh 0 'ts-merge --except allow a | grep -c ^block'
	expect_eq "blocks" "$(cat out)" 24
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
}

@test "refuses a bad line in a list written by hand" {
	policy >a </dev/null
	printf '192.0.2.1\n\n192.0.2.1/24\n' >list
	run_ts 65 ts-merge --never list a
	expect_err "list:3: '192.0.2.1/24': bits are set behind the prefix"
	expect_no_out
}

@test "agrees with brute force on random policies in small worlds" {
	local rounds=80
	[[ -z ${TS_LONG:-} ]] || rounds=20000
	TS_TIMEOUT=3600 run_ts 0 /usr/bin/python3 \
		"$TOP/tests/property/merge.py" "$RANDOM" "$rounds"
}
