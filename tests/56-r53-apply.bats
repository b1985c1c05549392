#!/usr/bin/env bats
# ts-r53-apply beside a strict stand-in for Route 53 Resolver DNS Firewall.

load helper
load aws

setup_file() { aws_file_start; }
teardown_file() { aws_file_stop; }

setup() {
	common_setup
	export TS_STATEDIR=$PWD/state
	mkdir state
}

G=rslvr-frg-0000000000000001

# apply STATUS [OPTION...] FILE: without the pace, which is tested on its own.
apply() {
	local status=$1
	shift
	run_ts "$status" ts-r53-apply --rate 1000 -g "$G" "$@"
}

# firewall: the lists by name, and the rules by priority, as they are.
firewall() {
	aws_do '{"do": "dump"}' | /usr/bin/python3 -c '
import json, sys
d = json.load(sys.stdin)["route53resolver"]
for l in sorted(d["lists"].values(), key=lambda l: l["Name"]):
    print(l["Name"], *l["Domains"])
for r in sorted(d["groups"][sys.argv[1]]["rules"], key=lambda r: r["Priority"]):
    print(r["Priority"], r["Name"], r["Action"], *(str(r[k]) for k in (
        "BlockResponse", "BlockOverrideDomain", "BlockOverrideTtl") if k in r),
        r["FirewallDomainRedirectionAction"][:5])' "$G"
}

expect_firewall() { diff -u --label expected --label firewall - <(firewall); }

small() {
	policy >p <<-'X'
		block name bad.example nxdomain a - 1
		block name *.bad.example nxdomain a - 1
		allow name good.bad.example passthru a - 1
		block name empty.example nodata a - 1
		block name garden.example redirect=wall.example a - 1
		block name under_score.example nxdomain a - 1
		block name dropped.example drop a - 1
		block ip4 192.0.2.0/24 - a - 1
	X
}

@test "makes lists and rules of a policy, and says what was left out" {
	aws_fresh '{"rates": false}'
	small
	apply 0 p
	expect_err 'left out: 1: '
	expect_firewall <<-'X'
		TS_hole-0 *.good.bad.example
		TS_nodata-0 empty.example
		TS_nxdomain-0 *.bad.example bad.example
		TS_pass-0 good.bad.example
		TS_redirect-wall_example-0 garden.example
		4500 TS_pass-0 ALERT TRUST
		4600 TS_hole-0 ALLOW INSPE
		4700 TS_redirect-wall_example-0 BLOCK OVERRIDE wall.example 300 INSPE
		4800 TS_nodata-0 BLOCK NODATA INSPE
		4900 TS_nxdomain-0 BLOCK NXDOMAIN INSPE
	X
}

# writes: the calls that have changed anything, each with how often.
writes() {
	grep '"status": 200' fake/calls |
		grep -oE '"op": "(Create|Update|Delete|Import)[A-Za-z]*"' | cut -d'"' -f4 |
		sort | uniq -c | sed 's/^ *//' | paste -sd' '
}

# somebody OPERATION ARGS: does it as another client.
somebody() {
	aws_do '{"do": "call", "service": "route53resolver", "operation": "'"$1"'", "args": '"$2"'}'
}

# list NAME CREATOR DOMAIN...: a list that somebody made; its id.
list() {
	local id domains
	id=$(somebody CreateFirewallDomainList '{"Name": "'"$1"'", "CreatorRequestId": "'"$2"'"}' |
		grep -o 'rslvr-fdl-[0-9a-f]*' | head -n 1)
	printf -v domains '"%s",' "${@:3}"
	(($# < 3)) || somebody UpdateFirewallDomains '{"FirewallDomainListId": "'"$id"'",
		"Operation": "ADD", "Domains": ['"${domains%,}"']}' >/dev/null
	echo "$id"
}

# rule LIST PRIORITY NAME: one that somebody made.
rule() {
	somebody CreateFirewallRule '{"FirewallRuleGroupId": "'$G'", "FirewallDomainListId": "'"$1"'",
		"Priority": '"$2"', "Action": "ALLOW", "Name": "'"$3"'", "CreatorRequestId": "'"$3"'"}' >/dev/null
}

@test "an unchanged policy writes nothing, and no list is read that nobody touched" {
	aws_fresh '{"rates": false}'
	small
	apply 0 p
	aws_forget
	apply 0 -v p
	expect_eq writes "$(writes)" ""
	expect_eq listings "$(aws_calls ListFirewallDomains)" 0
	expect_eq calls "$(aws_calls)" 8 # group, rules, lists, and five of those
	expect_err '6 names in 5 lists in force, 0 changes, 8 calls'
	apply 0 --check p
	aws_forget
	rm -r state
	apply 0 p
	expect_eq listings "$(aws_calls ListFirewallDomains)" 5
}

@test "what somebody did to a list is found and put right, and a damaged record not used" {
	aws_fresh '{"rates": false}'
	small
	apply 0 p
	firewall >before
	id=$(aws_do '{"do": "dump"}' | grep -o '"rslvr-fdl-[0-9a-f]*": {"Id": "[^"]*", "Arn": "[^"]*", "Name": "TS_nxdomain-0"' | cut -d'"' -f2)
	somebody UpdateFirewallDomains '{"FirewallDomainListId": "'"$id"'", "Operation": "REPLACE",
		"Domains": ["bad.example", "ours.example"]}' >/dev/null
	apply 1 --check p
	aws_forget
	apply 0 p
	expect_eq writes "$(writes)" "2 UpdateFirewallDomains"
	diff before <(firewall)
	sed -i s/bad/mad/ "state/TS/r53/$id"
	apply 0 --check p
}

@test "monitor-only and other actions change rules alone" {
	aws_fresh '{"rates": false}'
	small
	apply 0 p
	aws_forget
	apply 0 --monitor-only p
	expect_eq writes "$(writes)" "3 UpdateFirewallRule"
	firewall | grep -c ALERT >alerts
	expect_eq alerts "$(<alerts)" 4
	apply 0 p
	aws_forget
	apply 0 --allow-action ALLOW --implicit alert --override-ttl 1h p
	expect_eq writes "$(writes)" "3 UpdateFirewallRule"
	firewall >now
	grep -q '4500 TS_pass-0 ALLOW TRUST' now
	grep -q '4600 TS_hole-0 ALERT INSPE' now
	grep -q 'OVERRIDE wall.example 3600' now
}

@test "leaves others' rules, lists and priorities alone, and finds room between them" {
	aws_fresh '{"rates": false}'
	small
	a=$(list mine x a.example)
	b=$(list managed y b.example)
	aws_do '{"do": "managed", "ident": "'"$b"'"}' >/dev/null
	rule "$a" 999 first
	rule "$b" 1006 second
	firewall >others
	apply 0 p
	expect_no_out
	firewall | grep -E '^(mine|managed|999|1006)' | diff others -
	# All of ours are before the rule that comes behind the base.
	firewall | grep -E '^[0-9]' | cut -d' ' -f1 | paste -sd' ' >numbers
	expect_eq priorities "$(<numbers)" "999 1001 1002 1003 1004 1005 1006"
	apply 0 --priority-base 5000 p
	firewall | grep -E '^[0-9]' | cut -d' ' -f1 | head -n 3 | paste -sd' ' >numbers
	expect_eq priorities "$(<numbers)" "999 1006 8500"
	rule "$(list between z c.example)" 8650 between
	apply 0 --priority-base 5000 p
	expect_err "the rule 'between' stands between ours, at priority 8650"
}

@test "leaves room in the account for the names of others, and says what it left out" {
	aws_fresh '{"rates": false, "domains_max": 10}'
	list mine x {1..7}.example >/dev/null
	id=$(list managed y {1..3}.example)
	aws_do '{"do": "managed", "ident": "'"$id"'"}' >/dev/null
	policy >p <<-'X'
		block name a.test nxdomain a - 9
		block name b.test nxdomain a - 1
		block name c.test nxdomain a - 8
		block name d.test nodata a - 2
		block name e.test nxdomain a - 7
	X
	apply 0 --max-domains 10 p
	expect_err 'left out: 2: '
	firewall | grep '^TS' | diff <(echo 'TS_nxdomain-0 a.test c.test e.test') -
}

# many OPERATION FORMAT ARG...: as printf; two ARGs each.
many() {
	local calls
	# shellcheck disable=SC2059 # that is what it is for
	printf -v calls '{"do": "call", "service": "route53resolver", "operation": "'"$1"'",
		"args": '"$2"'},' "${@:3}"
	aws_do '{"do": "each", "what": ['"${calls%,}"']}'
}

@test "leaves room in the group for the rules of others: the least used gardens go" {
	aws_fresh '{"rates": false, "rules_max": 100}'
	many CreateFirewallDomainList '{"Name": "l%d", "CreatorRequestId": "%d"}' {1..97}{,} |
		grep -oE '"Id": "[^"]*"' | cut -d'"' -f4 >ids
	# shellcheck disable=SC2046 # words are wanted
	many CreateFirewallRule '{"FirewallRuleGroupId": "'$G'", "Priority": %d,
		"FirewallDomainListId": "%s", "Action": "ALLOW", "Name": "l", "CreatorRequestId": "c"}' \
		$(awk '{ print NR, $1 }' ids) >/dev/null
	policy >p <<-'X'
		block name a.test redirect=one.wall a - 1
		block name b.test redirect=one.wall a - 1
		block name c.test redirect=two.wall a - 1
		block name d.test nxdomain a - 1
		block name e.test redirect=three.wall a - 1
		block name f.test redirect=three.wall a - 1
	X
	apply 0 p
	expect_err 'left out: 1: '
	firewall | grep '^TS' >lists
	diff - lists <<-'X'
		TS_nxdomain-0 d.test
		TS_redirect-one_wall-0 a.test b.test
		TS_redirect-three_wall-0 e.test f.test
	X
}

@test "without room for old and new names at once, takes turns" {
	aws_fresh '{"rates": false, "domains_max": 6}'
	policy >p <<-'X'
		block name a.test nxdomain a - 1
		block name b.test nxdomain a - 1
		block name c.test nxdomain a - 1
		block name d.test nodata a - 1
		block name e.test nodata a - 1
		block name f.test nodata a - 1
	X
	apply 0 --max-domains 6 p
	policy >q <<-'X'
		block name a.test nodata a - 1
		block name b.test nxdomain a - 1
		block name c.test nxdomain a - 1
		block name d.test nodata a - 1
		block name g.test nodata a - 1
		block name h.test redirect=wall.example a - 1
	X
	apply 0 --max-domains 6 q
	expect_firewall <<-'X'
		TS_nodata-0 a.test d.test g.test
		TS_nxdomain-0 b.test c.test
		TS_redirect-wall_example-0 h.test
		4700 TS_redirect-wall_example-0 BLOCK OVERRIDE wall.example 300 INSPE
		4800 TS_nodata-0 BLOCK NODATA INSPE
		4900 TS_nxdomain-0 BLOCK NXDOMAIN INSPE
	X
}

@test "refuses lists of its name that are not its own, and replaces them when told to" {
	aws_fresh '{"rates": false}'
	small
	id=$(list TS_nodata-0 hand old.example)
	rule "$id" 7 hand
	apply 78 p
	expect_err "the domain list 'TS_nodata-0' ($id) has a name of ours" '--adopt'
	apply 0 --adopt p
	apply 0 --check p
	firewall >now
	if grep -E 'old.example|hand' now; then false; fi
	# What only begins like one of ours is not.
	list TS_custom hand2 x.example >/dev/null
	apply 0 --check p
	apply 78 --device other p
	expect_err 'belongs to another device' "its device is 'TS'"
	aws_do '{"do": "group", "name": "g2", "ident": "rslvr-frg-2"}' >/dev/null
	G=rslvr-frg-2 apply 78 p
	expect_err 'belongs to another rule group'
}

@test "refuses a group that is shared or not there, and explains" {
	aws_fresh '{"rates": false}'
	small
	aws_do '{"do": "group", "name": "g3", "ident": "rslvr-frg-3", "share": "SHARED_WITH_ME"}' >/dev/null
	G=rslvr-frg-3 apply 78 p
	expect_err 'belongs to another account'
	G=rslvr-frg-4 apply 78 p
	expect_err "there is no rule group 'rslvr-frg-4' in us-east-1" 'hint: '
	G=arn:x apply 64 p
}

@test "refuses an empty policy, one that shrinks too much, and a stream that is cut off" {
	aws_fresh '{"rates": false}'
	small
	apply 0 p
	policy </dev/null >none
	apply 65 none
	expect_err 'no name to block' '--allow-empty'
	policy >few <<-'X'
		block name bad.example nxdomain a - 1
	X
	apply 65 few
	expect_err 'refused: 1 entries would block, 4 do now: 75.0 % fewer'
	head -n 3 p >cut
	apply 65 cut
	apply 0 --check p
	apply 0 --max-shrink 80 few
	apply 0 --allow-empty none
	expect_firewall </dev/null
}

@test "prints a plan with its calls and seconds, and changes nothing" {
	aws_fresh '{"rates": false}'
	small
	apply 0 -n p
	expect_eq writes "$(writes)" ""
	grep -qP '^\+\tdomain-list\tTS_nxdomain-0\tnames=2 add=2 remove=0\t-$' out
	grep -qP '^\+\trule\tTS_nodata-0\tpriority=4800 BLOCK NODATA\t-$' out
	grep -qP '^~\trule-group\tothers\tcalls=20 seconds=1\t'$G'$' out
	apply 1 --check p
	expect_no_out
	before=$(aws_calls)
	apply 0 p
	# What was foreseen, and the three that look first.
	expect_eq calls $(($(aws_calls) - before)) 23
}

@test "takes out what is its own and nothing else" {
	aws_fresh '{"rates": false}'
	small
	id=$(list mine x a.example)
	rule "$id" 10 mine
	firewall >before
	apply 0 p
	apply 0 --remove --dry-run
	grep -qP '^-\tdomain-list\tTS_nodata-0' out
	apply 0 --remove
	diff before <(firewall)
	[[ -z $(ls state/TS/r53) ]]
	apply 0 --remove
}

@test "a list that another rule uses stays, and that is said" {
	aws_fresh '{"rates": false}'
	small
	apply 0 p
	id=$(aws_do '{"do": "dump"}' | grep -o '"rslvr-fdl-[0-9a-f]*": {"Id": "[^"]*", "Arn": "[^"]*", "Name": "TS_nodata-0"' | cut -d'"' -f2)
	somebody CreateFirewallRule '{"FirewallRuleGroupId": "'$G'", "FirewallDomainListId": "'"$id"'",
		"Priority": 3, "Action": "ALLOW", "Name": "theirs", "CreatorRequestId": "t", "Qtype": "MX"}' >/dev/null
	apply 0 --remove
	expect_err "the domain list 'TS_nodata-0' ($id) is not wanted any more, but a rule that is not ours uses it"
	expect_firewall <<-'X'
		TS_nodata-0 empty.example
		3 theirs ALLOW INSPE
	X
}

@test "exports what is in force, as a policy that means the same" {
	aws_fresh '{"rates": false}'
	small
	apply 0 p
	firewall >before
	apply 0 --export
	cp out exported
	run_sh 0 'ts-merge --now none exported >merged'
	apply 0 --monitor-only exported
	apply 0 --export
	cmp out exported
	aws_do '{"do": "dump"}' >/dev/null
	apply 0 --allow-action ALLOW exported
	# A hole comes back as a passthru.
	diff <(grep -vE 'pass|hole' before) <(firewall | grep -vE 'pass|hole')
}

# bats test_tags=slow
@test "waits for lists that are being updated, and for those of somebody else's doing" {
	aws_fresh '{"rates": false, "updating": 2}'
	awk 'BEGIN { for (i = 0; i < 2500; i++) print "block name n" i ".test nxdomain a - 1" }' | policy >p
	apply 0 p
	expect_eq names "$(firewall | head -n 1 | wc -w)" 2501
	grep -q ConflictException fake/calls
	apply 0 --check p
}

@test "names listed with a final dot are the same names" {
	aws_fresh '{"rates": false, "final_dot": true}'
	small
	apply 0 p
	rm -r state
	apply 0 --check p
}

@test "keys stay out of a core file" {
	aws_fresh '{"rates": false}'
	small
	aws_no_core GetFirewallRuleGroup ts-r53-apply --rate 1000 -g "$G" p
}

# bats test_tags=slow
@test "the policy that ships is enough" {
	aws_fresh '{"rates": false, "keys": {"AKIDTEST": {"secret": "secret/test+key",
		"policy": "'"$TOP"'/share/iam/ts-r53-apply.json"}}}'
	small
	list mine x a.example >/dev/null
	apply 0 p
	apply 0 --monitor-only p
	policy >q <<-'X'
		block name bad.example nxdomain a - 1
	X
	apply 0 --max-shrink 100 q
	apply 0 --remove
}

@test "does nothing where what was applied could not be kept" {
	aws_fresh '{"rates": false}'
	small
	apply 73 --save none/saved p
	expect_err "'none/saved" 'No such file or directory'
	expect_firewall </dev/null
	apply 0 --save saved p
	cmp p saved
}

@test "a record that cannot be written is said, and is no obstacle" {
	aws_fresh '{"rates": false}'
	small
	apply 0 --state /dev/null/state --save saved p
	expect_err "no record for the next run: cannot create directory '/dev/null'"
	expect_eq warnings "$(grep -c 'no record' err)" 1
	cmp p saved
	apply 0 --state /dev/null/state --check p
}

@test "a policy that can be read once only is read again from what was kept" {
	aws_fresh '{"rates": false, "domains_max": 3}'
	list mine x 1.example >/dev/null
	policy >p <<-'X'
		block name a.test nxdomain a - 1
		block name b.test nxdomain a - 2
		block name c.test nxdomain a - 3
	X
	run_sh 0 "ts-r53-apply --rate 1000 -g $G --max-domains 3 --save saved <(cat p)"
	expect_err 'left out: 1: '
	cmp p saved
	firewall | grep '^TS' | diff <(echo 'TS_nxdomain-0 b.test c.test') -
}

@test "keeps what was applied and writes metrics, from standard input too" {
	aws_fresh '{"rates": false}'
	small
	run_sh 0 "ts-r53-apply --rate 1000 -g $G --save saved --metrics m <p"
	cmp p saved
	grep -qx 'ts_r53_names{group="'$G'",list="TS_nxdomain-0"} 2' m
	grep -qx 'ts_r53_left_out{group="'$G'",reason="drop"} 1' m
	grep -q '^ts_r53_success_timestamp_seconds' m
	head -n 3 p >cut
	run_sh 65 "ts-r53-apply --rate 1000 -g $G <cut"
	expect_err '<stdin>'
}

# bats test_tags=slow
@test "a change of 500 names in 100,000 makes the fewest calls" {
	aws_fresh '{"rates": false, "domains_max": 101000}'
	awk 'BEGIN { for (i = 0; i < 50000; i++) { print "block name n" i ".test nxdomain a - 1"
		print "block name *.n" i ".test nxdomain a - 1" } }' | policy >p
	TS_TIMEOUT=100 apply 0 --max-domains 101000 p
	expect_eq 'first fill' "$(writes)" '1 CreateFirewallDomainList 1 CreateFirewallRule 100 UpdateFirewallDomains'
	sed -E 's/^(block\tname\t(\*\.)?)n([12][0-9][0-9]|3[0-4][0-9])\.test/\1m\3.test/' p >q
	expect_eq changed "$(diff p q | grep -c '^>')" 500
	aws_forget
	apply 0 --max-domains 101000 q
	# One call each to look at group, lists, the list and rules; one to add, one to
	# take away, one to see that it is so.
	expect_eq writes "$(writes)" '2 UpdateFirewallDomains'
	expect_eq calls "$(aws_calls)" 7
}

# bats test_tags=slow
@test "keeps under five calls a second without being told" {
	aws_fresh
	policy >p <<-'X'
		block name a.test nxdomain a - 1
	X
	run_ts 0 ts-r53-apply -g "$G" p
	# 9 calls, 250 ms apart.
	/usr/bin/python3 - <<-'X'
		import json
		t = sorted(json.loads(x)["t"] for x in open("fake/calls"))
		assert len(t) >= 7, t
		assert t[-1] - t[0] >= 0.24 * (len(t) - 1), t
	X
	if grep -q Throttling fake/calls; then false; fi
}

@test "large changes go by way of an object in S3, when a bucket is given" {
	aws_fresh '{"rates": false, "updating": 1, "buckets": {"lists": {}}}'
	# shellcheck disable=SC2030
	export AWS_ENDPOINT_URL_S3=$AWS_ENDPOINT_URL
	awk 'BEGIN { for (i = 0; i < 4000; i++) print "block name n" i ".test nxdomain a - 1" }' | policy >p
	awk 'BEGIN { for (i = 0; i < 8000; i += 2) print "block name n" i ".test nxdomain a - 1"
		for (i = 0; i < 2000; i++) print "block name m" i ".test nxdomain a - 1" }' | policy >q
	apply 64 --import-bucket https://lists p
	apply 0 --import-bucket s3://lists/r53/ p
	expect_eq writes "$(writes)" '1 CreateFirewallDomainList 1 CreateFirewallRule 1 ImportFirewallDomains'
	apply 0 --check p
	aws_forget
	# 4000 come, 2000 go: the first by an object that has the old ones, too.
	apply 0 --import-bucket s3://lists/r53/ q
	expect_eq writes "$(writes)" '1 ImportFirewallDomains 2 UpdateFirewallDomains'
	rm -r state
	apply 0 --check q
	apply 69 --import-bucket s3://nobodys/ --max-shrink 100 p
}

@test "an import that fails is said, and the next run does without" {
	aws_fresh '{"rates": false, "buckets": {"lists": {}}}'
	# shellcheck disable=SC2031
	policy >p <<<'block name a.test nxdomain a - 1'
	apply 0 p
	id=$(aws_do '{"do": "dump"}' | grep -o 'rslvr-fdl-[0-9a-f]*' | head -n 1)
	awk 'BEGIN { for (i = 0; i < 4000; i++) print "block name n" i ".test nxdomain a - 1" }' | policy >q
	# Somebody puts something else where the names were.
	aws_do '{"do": "settings", "faults": [{"op": "ImportFirewallDomains", "do": "meanwhile", "what":
		{"do": "object", "bucket": "lists", "key": "'"$id"'.txt", "body": "bad_name"}}]}' >/dev/null
	AWS_ENDPOINT_URL_S3=$AWS_ENDPOINT_URL apply 69 --import-bucket s3://lists q
	expect_err "import into domain list 'TS_nxdomain-0' ($id): Invalid domain in the file"
	apply 0 q
	expect_eq names "$(firewall | head -n 1 | wc -w)" 4001
}

# bats test_tags=slow
@test "what it leaves at AWS means what BIND makes of the zone, along CNAMEs too" {
	SEEDS=40 NAMES=600 TS_TIMEOUT=60 run_ts 0 "$TOP/tests/oracle/run" layers --apply
	cat out
	grep -qx 'names: 600 asked, 0 mismatches' out
	grep -qx 'chains: 600 asked, 0 mismatches' out
}

# bats test_tags=slow
@test "the comparison with BIND sees a hole that is not made" {
	mkdir bin
	ln -s "$BINDIR"/ts-* bin/
	rm bin/ts-r53-apply
	printf '#!/bin/sh\nexec %s/ts-r53-apply --ent ignore "$@"\n' "$BINDIR" >bin/ts-r53-apply
	chmod +x bin/ts-r53-apply
	SEEDS=41 NAMES=2000 BINDIR=bin TS_TIMEOUT=60 \
		run_ts 1 "$TOP/tests/oracle/run" layers --apply
	grep -q '^mismatch: names: ' out
}
