#!/usr/bin/env bats
# ts-r53-apply where AWS, the network, somebody else or the operator gets in
# between. After every write the stand-in notes lists and rules;
# tests/fake/aws/resolver.py says whether each name got the answer from before or
# the one that it was to get, at every moment.
# bats file_tags=slow

load helper
load aws

setup_file() { aws_file_start; }
teardown_file() { aws_file_stop; }

setup() {
	common_setup
	export TS_STATEDIR=$PWD/state
	mkdir state
	aws_fresh '{"rates": false, "journal_r53": "fake/journal"}'
	policies
}

G=rslvr-frg-0000000000000001
names=(a.test b.a.test c.b.a.test d.c.b.a.test x.test y.x.test m.test n.test o.test
	p.q.test q.test r.test s.test z.q.test un.known mine.test)

apply() {
	local status=$1
	shift
	run_ts "$status" ts-r53-apply -q --rate 1000 --max-shrink 100 -g "$G" "$@"
}

# Names change lists and layers, exceptions come and go, gardens too.
policies() {
	policy >old <<-'X'
		block name *.a.test nxdomain a - 1
		allow name b.a.test passthru a - 1
		block name x.test nodata a - 1
		block name *.x.test nxdomain a - 1
		block name m.test redirect=one.wall a - 1
		block name n.test redirect=two.wall a - 1
		block name *.q.test nxdomain a - 1
		block name q.test nxdomain a - 1
		block name s.test nxdomain a - 1
	X
	policy >new <<-'X'
		block name *.a.test nxdomain a - 1
		block name c.b.a.test nxdomain a - 1
		block name *.c.b.a.test nodata a - 1
		block name x.test nxdomain a - 1
		block name *.x.test nodata a - 1
		allow name y.x.test passthru a - 1
		block name m.test redirect=three.wall a - 1
		block name n.test redirect=one.wall a - 1
		block name o.test redirect=two.wall a - 1
		block name *.test nxdomain a - 1
		allow name r.test passthru a - 1
		block name q.test nodata a - 1
	X
}

# begin OLD NEW: OLD is in force, beside a rule of others; what NEW makes of it is
# in the file dump.new.
begin() {
	local id
	id=$(aws_do '{"do": "call", "service": "route53resolver",
		"operation": "CreateFirewallDomainList",
		"args": {"Name": "mine", "CreatorRequestId": "x"}}' | grep -o 'rslvr-fdl-[0-9a-f]*' | head -n 1)
	aws_do '{"do": "call", "service": "route53resolver", "operation": "UpdateFirewallDomains",
		"args": {"FirewallDomainListId": "'"$id"'", "Operation": "ADD", "Domains": ["mine.test"]}}' >/dev/null
	aws_do '{"do": "call", "service": "route53resolver", "operation": "CreateFirewallRule",
		"args": {"FirewallRuleGroupId": "'$G'", "FirewallDomainListId": "'"$id"'", "Priority": 4750,
		"Action": "ALLOW", "Name": "mine", "CreatorRequestId": "x"}}' >/dev/null
	apply 0 "$1"
	aws_do '{"do": "dump"}' >dump.old
	aws_do '{"do": "keep"}' >/dev/null
	rm -rf state.old
	cp -r state state.old
	aws_forget
	rm -f fake/journal
	apply 0 "$2"
	calls=$(aws_calls)
	aws_do '{"do": "dump"}' >dump.new
	judge "$1 to $2"
}

# back FAULT...: again as begin left it.
back() {
	local IFS=,
	aws_do '{"do": "back"}' >/dev/null
	rm -rf state fake/journal
	cp -r state.old state
	aws_do '{"do": "settings", "faults": ['"$*"']}' >/dev/null
}

judge() {
	/usr/bin/python3 "$TOP/tests/fake/aws/resolver.py" dump.old dump.new fake/journal "$G" \
		"${names[@]}" >judged 2>&1 || fail "$1" "$(<judged)"
}

# as_wanted: lists and rules are what they were to become, but for ids.
as_wanted() {
	aws_do '{"do": "settings", "faults": []}' >/dev/null
	apply 0 "$1"
	apply 0 --check "$1"
	judge "$2"
}

# With TEST_LONG after every call, else after some of them.
@test "killed after any call, no name's answer is a third one, and the next run repairs" {
	local n way first=0 step=${TEST_LONG:+1}
	for way in 'old new' 'new old'; do
		# shellcheck disable=SC2086
		begin $way
		((calls > 20)) || fail "$calls calls"
		for ((n = ++first + 12; n <= calls; n += ${step:-9})); do
			back '{"op": "*", "nth": '$n', "do": "kill"}'
			timeout 20 bash -c 'echo $$ >fake/pid; exec ts-r53-apply -q --rate 1000 \
				--max-shrink 100 -g "$1" "$2"' - "$G" "${way#* }" >out 2>err 3>&- || true
			as_wanted "${way#* }" "$way, killed after call $n"
		done
		rm -rf state
		mkdir state
		aws_fresh '{"rates": false, "journal_r53": "fake/journal"}'
	done
}

@test "an answer that is lost is got over, whichever it is" {
	local n step=${TEST_LONG:+1}
	begin old new
	export AWS_MAX_ATTEMPTS=1
	for ((n = 4; n <= calls; n += ${step:-11})); do
		back '{"op": "*", "nth": '$n', "do": "lost"}'
		# On a connection that was in use libcurl itself asks again.
		ts-r53-apply -q --rate 1000 --max-shrink 100 -g "$G" new 2>err || (($? == 75))
		as_wanted new "answer $n lost"
	done
}

@test "throttling, faults of the service and a cut are tried again" {
	begin old new
	back '{"op": "UpdateFirewallDomains", "nth": 2, "times": 1, "do": "throttle"}' \
		'{"op": "CreateFirewallRule", "nth": 1, "do": "500"}' \
		'{"op": "CreateFirewallRule", "nth": 3, "do": "lost"}' \
		'{"op": "CreateFirewallDomainList", "nth": 1, "do": "lost"}' \
		'{"op": "DeleteFirewallRule", "nth": 1, "do": "cut"}' \
		'{"op": "DeleteFirewallDomainList", "nth": 1, "do": "lost"}'
	TS_TIMEOUT=60 apply 0 new
	apply 0 --check new
	judge faults
}

@test "a list or a rule that somebody deletes meanwhile is made again" {
	local id call='{"do": "call", "service": "route53resolver", "operation":'
	begin old new
	id=$(grep -o '"rslvr-fdl-[0-9a-f]*": {"Id": "[^"]*", "Arn": "[^"]*", "Name": "TS_nxdomain-0"' dump.old | cut -d'"' -f2)
	back '{"op": "UpdateFirewallDomains", "nth": 1, "do": "meanwhile", "what":
		'"$call"' "DeleteFirewallRule", "args": {"FirewallRuleGroupId": "'$G'", "FirewallDomainListId": "'"$id"'"}}}' \
		'{"op": "UpdateFirewallDomains", "nth": 2, "do": "meanwhile", "what":
		'"$call"' "DeleteFirewallDomainList", "args": {"FirewallDomainListId": "'"$id"'"}}}'
	run_ts 0 ts-r53-apply --rate 1000 --max-shrink 100 -g "$G" new
	expect_err ': once more'
	apply 0 --check new
}

@test "a priority that somebody takes meanwhile is left to them" {
	begin old new
	# The rule of the first new list gets its number from what was seen before.
	at=$(/usr/bin/python3 -c 'import json
old, new = (json.load(open(f))["route53resolver"]["groups"]["'$G'"]["rules"]
            for f in ("dump.old", "dump.new"))
print(min(set(r["Priority"] for r in new) - set(r["Priority"] for r in old)))')
	id=$(grep -o '"rslvr-fdl-[0-9a-f]*": {"Id": "[^"]*", "Arn": "[^"]*", "Name": "mine"' dump.old | cut -d'"' -f2)
	back '{"op": "CreateFirewallRule", "nth": 1, "do": "meanwhile", "what":
		{"do": "call", "service": "route53resolver", "operation": "CreateFirewallRule", "args":
		{"FirewallRuleGroupId": "'$G'", "FirewallDomainListId": "'"$id"'", "Qtype": "MX", "Priority": '"$at"',
		"Action": "ALLOW", "Name": "theirs", "CreatorRequestId": "y"}}}'
	run_ts 0 ts-r53-apply --rate 1000 -g "$G" --max-shrink 100 new
	expect_err ': once more'
	apply 0 --check new
	aws_do '{"do": "dump"}' | grep -q '"Priority": '"$at"', "Action": "ALLOW", "Name": "theirs"'
}

@test "a rule that somebody has changed is put right" {
	begin old new
	back
	id=$(grep -o '"rslvr-fdl-[0-9a-f]*": {"Id": "[^"]*", "Arn": "[^"]*", "Name": "TS_nxdomain-0"' dump.old | cut -d'"' -f2)
	aws_do '{"do": "call", "service": "route53resolver", "operation": "UpdateFirewallRule", "args":
		{"FirewallRuleGroupId": "'$G'", "FirewallDomainListId": "'"$id"'", "Priority": 3,
		"Action": "ALLOW", "Name": "renamed"}}' >/dev/null
	apply 1 --check old
	apply 0 old
	apply 0 --check old
	aws_do '{"do": "dump"}' >dump.now
	/usr/bin/python3 - <<-'X'
		import json
		def rules(f):
		    g = json.load(open(f))["route53resolver"]["groups"]
		    return sorted((r["Name"], r["Action"], r.get("BlockResponse"))
		                  for r in g["rslvr-frg-0000000000000001"]["rules"])
		assert rules("dump.old") == rules("dump.now")
	X
}

@test "session keys that run out in the middle are renewed" {
	aws_fresh '{"rates": false, "journal_r53": "fake/journal",
		"roles": {"arn:aws:iam::444455556666:role/ts": {}}}'
	aws_do '{"do": "settings", "account": "444455556666"}' >/dev/null
	run_ts 0 ts-r53-apply -q --rate 1000 -g "$G" --role-arn arn:aws:iam::444455556666:role/ts old
	aws_do '{"do": "settings", "faults": [{"op": "CreateFirewallRule", "nth": 1, "do": "expired"}]}' >/dev/null
	run_ts 0 ts-r53-apply -q --rate 1000 -g "$G" --max-shrink 100 --role-arn arn:aws:iam::444455556666:role/ts new
	run_ts 0 ts-r53-apply -q --rate 1000 -g "$G" --check --role-arn arn:aws:iam::444455556666:role/ts new
	expect_eq 'calls of STS' "$(aws_calls AssumeRole)" 4
	[[ $(cd run && echo pace-*) == pace-444455556666-us-east-1-route53resolver ]]
}

@test "two runs at once: the second says so" {
	: >held
	aws_do '{"do": "settings", "faults": [{"op": "GetFirewallRuleGroup", "do": "hold", "path": "'"$PWD/held"'"}]}' >/dev/null
	ts-r53-apply -q --rate 1000 -g "$G" old 3>&- &
	first=$!
	wait_for 10 bash -c 'ls run/pace-*'
	apply 75 old
	expect_err 'ts-r53-apply.'
	rm held
	wait "$first"
}
