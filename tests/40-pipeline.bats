#!/usr/bin/env bats
# The main job from end to end: what a fault at any edge leaves behind.
# bats file_tags=slow
# shellcheck disable=SC2016 # what is quoted is for the shell in the namespace

load helper
load dns

# A zone of 2,000 rules, served by NSD and by BIND; the kernel's sets hold an
# older policy before each test.
setup_file() {
	dns_begin
	dns_key tk
	for ((i = 0; i < 1000; i++)); do
		printf 'n%d.example CNAME .\n*.n%d.example CNAME .\n' "$i" "$i"
	done | { cat; printf '24.0.2.0.192.rpz-ip CNAME .\n48.zz.1.db8.2001.rpz-ip CNAME .\n'
		printf 'good.n1.example CNAME rpz-passthru.\n'; } | zone rpz.test 7
	nsd_start 5300 tk rpz.test
	printf 'allow-transfer { key tk; };' >rpz.test.allow
	named_start 5301 rpz.test </dev/null
}

teardown_file() { ns_stop; }

setup() {
	common_setup
	export -f ns_run
	mkdir -p run
	export TS_RUNDIR=$PWD/run
	printf 'block ip4 198.51.100.0/24 - old - 1\nblock ip4 203.0.113.9/32 - old - 1\n' |
		policy >last.policy
	cp last.policy kept
	ns_run ts-ipset-apply --prefix TS last.policy
	in_force >before
}

teardown() { ns_run ts-ipset-apply --prefix TS --remove; }

in_force() { ns_run ipset list -o save | grep -v '^create' | sort; }

# nothing_changed: neither the last good policy nor the kernel.
nothing_changed() {
	cmp kept last.policy || fail 'the last good policy was replaced'
	in_force | diff -u before - || fail 'the kernel was changed'
}

# in_ns STATUS SCRIPT: a line of bash with pipefail, in the namespace.
in_ns() {
	# shellcheck disable=SC2016
	run_ts "$1" bash -c 'ns_run bash -o pipefail -c "$1"' - "$2"
}

@test "a zone gives the same policy from its file, from NSD and from BIND" {
	in_ns 0 'ts-rpz2list --source z --origin rpz.test "$D/rpz.test.zone" >file.policy'
	in_ns 0 'ts-fetch --framed -k "$D/tk.key" axfr://127.0.0.1:5300/rpz.test | ts-rpz2list --source z -o nsd.policy'
	in_ns 0 'ts-fetch --framed -k "$D/tk.key" axfr://127.0.0.1:5301/rpz.test | ts-rpz2list --source z -o bind.policy'
	for p in file nsd bind; do ts-merge --now none "$p.policy" >"$p.merged"; done
	cmp file.merged nsd.merged
	cmp file.merged bind.merged
	expect_eq 'records' "$(tail -n 1 file.merged)" $'#end\trecords=2003'
}

@test "the whole way: from a signed transfer and a list to kernel sets" {
	printf '203.0.113.66\n2001:db8:9::/48\n' >list
	printf '192.0.2.7\n' >allow
	in_ns 0 'ts-fetch --framed -k "$D/tk.key" axfr://127.0.0.1:5300/rpz.test | ts-rpz2list --source z -o z.policy &&
		ts-fetch --framed file:list | ts-feed2list --source l -o l.policy &&
		ts-merge --allow allow z.policy l.policy | ts-ipset-apply -q --prefix TS --max-shrink 100 -'
	in_force >after
	grep -q '^add TSblockaddr 203.0.113.66 ' after
	grep -q '^add TSallowaddr 192.0.2.7 ' after
	grep -q '^add TSblocknet6 2001:db8:1::/48 ' after
	run ! ns_run ipset test TSblocknet 192.0.2.7
	ns_run ipset test TSblocknet 192.0.2.8
}

@test "a fetcher killed while it writes into the pipe leaves policy and kernel alone" {
	seq 1 200000 | awk '{ printf "10.%d.%d.%d\n", $1 / 65536, $1 / 256 % 256, $1 % 256 }' >big
	mkfifo edge
	ts-fetch --framed file:big >edge 3>&- &
	fetcher=$!
	{
		head -c 300000 # the fetcher now waits for room in the pipe
		kill -9 "$fetcher"
		cat
	} <edge >torn
	wait "$fetcher" || true
	[[ $(stat -c %s torn) -lt $(stat -c %s big) ]]
	in_ns 65 'ts-feed2list --source l -o last.policy torn && ts-merge last.policy | ts-ipset-apply --prefix TS -'
	expect_err 'cut off'
	nothing_changed
}

@test "the same without files: nothing of a torn pipe is applied, whatever the shell" {
	seq 1 200000 | awk '{ printf "10.%d.%d.%d\n", $1 / 65536, $1 / 256 % 256, $1 % 256 }' >big
	for ((n = 1; n < 4; n++)); do
		run_sh 0 'ts-fetch --framed file:big >framed'
		head -c $((n * 400000)) framed >torn
		# No pipefail here: only the frames speak.
		# shellcheck disable=SC2016
		run_ts 65 bash -c 'ns_run sh -c "ts-feed2list --source l torn 2>/dev/null | ts-merge - 2>/dev/null | ts-ipset-apply --prefix TS -"'
		expect_err 'ts-ipset-apply: <stdin>: '
		nothing_changed
	done
}

@test "bad sources leave policy and kernel alone, and say what is wrong" {
	: >empty
	printf '<!DOCTYPE html>\n<html><body>503 Service Unavailable</body></html>\n' >html
	printf '192.0.2.1\n0.0.0.0/0\n' >world
	printf '128.0.0.0/1\n' >half
	head -c 3000 /dev/zero >zeros
	local list
	for list in empty html world half zeros; do
		in_ns 65 "ts-fetch --framed file:$list | ts-feed2list --source l -o last.policy &&
			ts-merge last.policy | ts-ipset-apply --prefix TS -"
		expect_err 'ts-feed2list: '
		nothing_changed
	done
}

@test "a wrong key, a refused zone and no server leave policy and kernel alone" {
	tsig-keygen tk >wrong.key
	chmod 600 wrong.key
	try() {
		in_ns "$1" "ts-fetch --framed -o z.source $2 && ts-rpz2list --source z -o last.policy z.source &&
			ts-merge last.policy | ts-ipset-apply --prefix TS -"
		expect_err 'ts-fetch: '
		nothing_changed
	}
	try 77 '-k wrong.key axfr://127.0.0.1:5300/rpz.test'
	expect_err 'secret'
	try 69 'axfr://127.0.0.1:5301/rpz.test'
	expect_err 'not authorised'
	try 75 '--retries 0 axfr://127.0.0.1:5399/rpz.test'
	expect_err 'Connection refused'
}

@test "an applier refuses what is no whole policy, an empty one, and a great shrink" {
	head -n 2 last.policy >torn
	in_ns 65 'ts-ipset-apply --prefix TS torn'
	nothing_changed
	policy </dev/null >none
	in_ns 65 'ts-ipset-apply --prefix TS none'
	expect_err '--allow-empty'
	nothing_changed
	printf 'block ip4 203.0.113.9/32 - old - 1\n' | policy >less
	in_ns 65 'ts-ipset-apply --prefix TS less'
	expect_err '--max-shrink'
	nothing_changed
}
