#!/usr/bin/env bats
# ts-wafv2-apply against the strict stand-in, which is looked at with the AWS CLI too.

load helper
load aws
load waf

setup_file() { aws_file_start; }
setup() {
	common_setup
	aws_fresh '{"rates": false}'
}
teardown_file() { aws_file_stop; }

@test "makes sets of both families and two rules over them, allow first" {
	acl main "$(rule theirs 10)"
	three >in
	apply 0 in
	expect_no_out
	expect_no_err
	[[ $(dump 'acl("main").Rules | map("\(.Priority) \(.Name) \(.Action | keys[0])") | join(", ")') == \
		'0 TS_ThreatSTOP-allow_0 Count, 1 TS_ThreatSTOP-block_0 Block, 10 theirs Allow' ]]
	[[ $(dump '[.wafv2.ipset[] | "\(.Name) \(.IPAddressVersion) \(.Description)"] | sort | join(", ")') == \
		'TS_aIPSet_0 IPV4 ts-tools TS, TS_bIPSet6_0 IPV6 ts-tools TS, TS_bIPSet_0 IPV4 ts-tools TS, TS_bIPSet_1 IPV4 ts-tools TS' ]]
	# One set: one reference; several: an OR.
	[[ $(dump '[acl("main").Rules[] | .Statement | keys[0]] | join(" ")') == \
		'IPSetReferenceStatement OrStatement GeoMatchStatement' ]]
	run_ts 0 aws --endpoint-url "$AWS_ENDPOINT_URL" wafv2 list-ip-sets --scope REGIONAL \
		--query 'length(IPSets)' --output text
	expect_out <<<4
}

@test "an unchanged policy takes two calls, and as many reads as sets without the record" {
	acl main
	three >in
	apply 0 in
	aws_forget
	apply 0 in
	calls_are 2 ''
	rm -r state
	aws_forget
	apply 0 in
	calls_are 8 '' # lists of ACLs, sets and groups, the ACL, four sets
	aws_forget
	apply 0 in
	calls_are 2 ''
}

# bats test_tags=slow
@test "an unchanged policy of 100 sets takes three calls" {
	acl main
	for ((i = 0; i < 100; i++)); do echo "block-ip4-$i 192.0.2.$i/32"; done | sets >in
	TS_TIMEOUT=60 apply 0 in
	aws_forget
	apply 0 in
	calls_are 3 ''
}

@test "a changed set is one write, whatever spelling comes back" {
	acl main
	three >in
	apply 0 in
	sed 's,2001:db8::/32,2001:db8::/31,' in >new
	rm -r state
	aws_forget
	apply 0 new
	calls_are 9 'UpdateIPSet=1'
	expect_eq addresses "$(dump 'set("TS_bIPSet6_0").Addresses | join(" ")')" \
		'2001:0db8:0000:0000:0000:0000:0000:0000/31'
	sed 's/192.0.2.0/192.0.3.0/; s/198.51.100.7/198.51.100.8/' new >in
	aws_forget
	apply 0 --max-shrink 100 in
	calls_are 4 'UpdateIPSet=2'
}

@test "fewer sets: the rules let go of them first, then they are deleted" {
	acl main
	three >in
	apply 0 in
	sets <<<'block-ip4-0 192.0.2.0/24' >new
	aws_forget
	apply 0 --max-shrink 100 new
	expect_eq writes "$(writes)" 'DeleteIPSet=3 UpdateWebACL=1'
	[[ $(dump '[.wafv2.ipset[].Name] | join(" ")') == TS_bIPSet_0 ]]
	[[ $(dump '[acl("main").Rules[].Name] | join(" ")') == TS_ThreatSTOP-block_0 ]]
	aws_forget
	apply 0 new
	calls_are 2 ''
}

@test "another prefix of the same device leaves nothing behind" {
	acl main "$(rule theirs 10)"
	three >in
	apply 0 --device gate in
	apply 0 --device gate --prefix NEW in
	[[ $(dump '[.wafv2.ipset[].Name] | all(startswith("NEW_"))') == true ]]
	[[ $(dump '[acl("main").Rules[].Name] | join(" ")') == \
		'NEW_ThreatSTOP-allow_0 NEW_ThreatSTOP-block_0 theirs' ]]
}

@test "--remove takes all of ours out and nothing else" {
	waf_do CreateIPSet '{"Name": "TS_mine", "Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": []}' >/dev/null
	acl main "$(rule theirs 10)" '"Description": "by hand"'
	dump . >before
	three >in
	apply 0 in
	apply 0 --remove --dry-run
	grep -qP '^-\tipset\tTS_bIPSet_0\t' out
	grep -qP '^~\twebacl\tmain\twcu=5->1 references=0' out
	apply 0 --remove
	dump . >after
	diff before after
	apply 0 --remove
}

# With TEST_LONG a hundred.
# bats test_tags=slow
@test "every member of a web ACL that there is in the model survives ten applies" {
	local i n rounds=${TEST_LONG:+10}
	waf_do CreateIPSet '{"Name": "x", "Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": []}' >set
	waf_do CreateRuleGroup '{"Name": "x", "Scope": "REGIONAL", "Capacity": 5, "Rules": [], '"$SEEN"'}' >group
	"$TOP/tests/fake/aws/everything.py" main "$(jq -r .Summary.ARN set)" "$(jq -r .Summary.ARN group)" >all
	waf_do CreateWebACL "$(<all)" >/dev/null
	dump 'acl("main") | del(.Capacity)' >before
	for ((i = 0; i < ${rounds:-1}; i++)); do
		for n in 1 2 3 4 5 6 7 8 9 10; do
			sets <<<"block-ip4-$((n % 3)) 192.0.2.$n/32" >in
			apply 0 --max-shrink 100 --place "$((n * 10))" in
		done
	done
	[[ $(aws_calls UpdateWebACL) -ge 10 ]]
	dump 'acl("main") | del(.Capacity) | .Rules |= map(select(.Name | startswith("TS_") | not))' >after
	diff before after
	[[ $(jq '[.Rules[].Statement | keys[0]] | unique | length' all) == 16 ]]
}

@test "the rules stand at the top, at the bottom or at a priority" {
	acl main "$(rule a 5),$(rule b 9)"
	three >in
	apply 0 --place bottom in
	[[ $(dump '[acl("main").Rules[] | "\(.Name)=\(.Priority)"] | join(" ")') == \
		'a=5 b=9 TS_ThreatSTOP-allow_0=10 TS_ThreatSTOP-block_0=11' ]]
	apply 0 --place 6 in
	[[ $(dump '[acl("main").Rules[] | .Priority] | join(" ")') == '6 7 5 9' ]]
	apply 78 --place 8 in
	expect_err "'b' has priority 9"
	apply 0 in
	[[ $(dump '[acl("main").Rules[] | .Priority] | join(" ")') == '0 1 5 9' ]]
	aws_forget
	apply 0 in
	calls_are 2 ''
}

@test "others' priorities are raised only when that is asked for" {
	acl main "$(rule a 0),$(rule b 1)"
	three >in
	dump . >before
	apply 78 in
	expect_err "'a' has priority 0" 'hint: --make-room'
	dump . >after
	diff before after
	apply 0 --make-room in
	expect_err 'raised by 102'
	[[ $(dump '[acl("main").Rules[] | "\(.Name)=\(.Priority)"] | join(" ")') == \
		'TS_ThreatSTOP-allow_0=0 TS_ThreatSTOP-block_0=1 a=102 b=103' ]]
	aws_forget
	apply 0 --make-room in
	calls_are 2 ''
}

@test "the action of either rule may change, and ALLOW names what it passes by" {
	acl main "$(rule theirs 10)"
	three >in
	apply 0 --action COUNT in
	[[ $(dump '[acl("main").Rules[].Action | keys[0]] | join(" ")') == 'Count Count Allow' ]]
	aws_forget
	apply 0 --allow-action ALLOW --dry-run in
	grep -qP '^=\trule\tmain/theirs\tpriority=10\tpassed by what is allowed$' out
	apply 0 --allow-action ALLOW in
	expect_err "what 'TS_ThreatSTOP-allow_0' allows passes by the rules behind it: 'theirs'"
	expect_eq writes "$(writes)" UpdateWebACL=1
	[[ $(dump '[acl("main").Rules[].Action | keys[0]] | join(" ")') == 'Allow Block Allow' ]]
}

@test "what an operator has added to our rules is kept" {
	acl main
	three >in
	apply 0 in
	aws_do '{"do": "patch", "name": "main", "changes": {"Rules": '"$(dump 'acl("main").Rules |
		map(.RuleLabels = [{"Name": "ours"}] | if .Action.Block then .Action.Block =
		{"CustomResponse": {"ResponseCode": 429}} else . end)')"'}}' >/dev/null
	aws_forget
	apply 0 in
	expect_eq writes "$(writes)" ''
	sets <<<'block-ip4-0 192.0.2.0/24' >in
	apply 0 --max-shrink 100 in
	[[ $(dump 'acl("main").Rules[0] | "\(.Action.Block.CustomResponse.ResponseCode) \(.RuleLabels[0].Name)"') == '429 ours' ]]
}

@test "a forwarded-IP header goes into every reference, and ANY costs five" {
	acl main
	three >in
	set -- --forwarded-ip-header X-Real-IP --forwarded-ip-position ANY --forwarded-ip-fallback MATCH
	apply 0 "$@" --dry-run in
	grep -qP '^~\twebacl\tmain\twcu=0->20 references=4' out
	apply 0 "$@" in
	[[ $(dump '[acl("main").Rules[] | .. | .IPSetForwardedIPConfig? // empty] |
		map("\(.HeaderName) \(.Position) \(.FallbackBehavior)") | unique | join(",")') == 'X-Real-IP ANY MATCH' ]]
	apply 0 in
	[[ $(dump '[acl("main").Rules[] | .. | .IPSetForwardedIPConfig? // empty] | length') == 0 ]]
}

@test "sets of our name without a mark are refused, or adopted on demand" {
	acl main
	waf_do CreateIPSet '{"Name": "TS_bIPSet_0", "Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": ["192.0.2.0/24"]}' >/dev/null
	three >in
	apply 78 in
	expect_err "'TS_bIPSet_0' has a name of this prefix but was not made by ts-tools" '--adopt'
	expect_eq writes "$(writes)" ''
	apply 0 --adopt in
	[[ $(dump 'set("TS_bIPSet_0").Description') == 'ts-tools TS' ]]
	apply 0 in
}

@test "a set of the other family under our name is refused" {
	acl main
	waf_do CreateIPSet '{"Name": "TS_bIPSet_0", "Scope": "REGIONAL", "IPAddressVersion": "IPV6", "Addresses": []}' >/dev/null
	three >in
	apply 78 --adopt in
	expect_err "'TS_bIPSet_0' is of the other address family"
}

# bats test_tags=slow
@test "on a terminal it is asked whether they may be overwritten" {
	acl main
	waf_do CreateIPSet '{"Name": "TS_bIPSet_0", "Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": ["192.0.2.0/24"]}' >/dev/null
	three >in
	set -- script -qec 'ts-wafv2-apply -w main --write-interval 0 in' typescript
	run_sh 78 "${*@Q} <<<n"
	grep -q "('TS_bIPSet_0' the first); overwrite them? \[y/N\]" typescript
	expect_eq writes "$(writes)" ''
	run_sh 0 "${*@Q} <<<y"
	[[ $(dump 'set("TS_bIPSet_0").Description') == 'ts-tools TS' ]]
}

@test "another device's sets are refused" {
	acl main
	three >in
	apply 0 --device one in
	aws_forget
	apply 78 --device two --adopt in
	expect_err "belongs to device 'one'"
	expect_eq writes "$(writes)" ''
}

@test "a web ACL of Firewall Manager is refused, and one that is not there" {
	acl main
	aws_do '{"do": "patch", "name": "main", "changes": {"ManagedByFirewallManager": true}}' >/dev/null
	three >in
	apply 78 in
	expect_err "'main' is managed by AWS Firewall Manager"
	expect_eq writes "$(writes)" ''
	run_ts 78 ts-wafv2-apply -w other in
	expect_err "there is no web ACL 'other' of scope REGIONAL in us-east-1"
}

@test "past 50 references the block rule goes through rule groups, and back" {
	acl main
	for ((i = 0; i < 60; i++)); do echo "block-ip4-$i 192.0.2.$i/32"; done | sets >many
	three >in
	apply 0 in
	TS_TIMEOUT=60 apply 0 --max-shrink 100 many
	[[ $(dump '[acl("main").Rules[].Name] | join(" ")') == 'TS_ThreatSTOP-block_0 TS_ThreatSTOP-block_1' ]]
	[[ $(dump '[.wafv2.rulegroup[] | "\(.Name) \(.Description) \(.Rules[0].Statement.OrStatement.Statements | length)"] | sort | join(",")') == \
		'TS_ThreatSTOP-block_0 ts-tools TS 50,TS_ThreatSTOP-block_1 ts-tools TS 10' ]]
	aws_forget
	apply 0 many
	calls_are 3 ''
	# One fewer: it leaves its group, no set changes its group.
	sed '/block-ip4-3\t/d; s/records=60/records=59/' many >fewer
	aws_forget
	apply 0 fewer
	expect_eq writes "$(writes)" 'DeleteIPSet=1 UpdateRuleGroup=1'
	TS_TIMEOUT=60 apply 0 --max-shrink 100 in
	[[ $(dump '.wafv2.rulegroup | length') == 0 && $(dump '.wafv2.ipset | length') == 4 ]]
	TS_TIMEOUT=60 apply 0 --max-shrink 100 many
	TS_TIMEOUT=60 apply 0 --remove
	[[ $(dump '[.wafv2[] | length] | join(" ")') == '0 0 1' ]]
}

# bats test_tags=slow
@test "references of others count, and what does not fit is refused with the quota" {
	waf_do CreateIPSet '{"Name": "x", "Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": []}' >set
	local many ref
	ref="{\"IPSetReferenceStatement\": {\"ARN\": \"$(jq -r .Summary.ARN set)\"}}"
	many=$(printf "$ref,%.0s" {1..49})
	acl main "{\"Name\": \"theirs\", \"Priority\": 9, \"Action\": {\"Count\": {}}, $SEEN,
		\"Statement\": {\"OrStatement\": {\"Statements\": [${many%,}]}}}"
	sets <<<$'block-ip4-0 192.0.2.0/24\nblock-ip4-1 192.0.3.0/24' >in
	apply 0 in
	[[ $(dump '[acl("main").Rules[] | .Statement | keys[0]] | join(" ")') == \
		'RuleGroupReferenceStatement OrStatement' ]]
	aws_forget
	apply 69 in --prefix SECOND
	expect_err 'over the quota of 50 reference statements of a web ACL'
	expect_eq writes "$(writes)" ''
}

@test "the number of sets and the capacity are checked before anything is written" {
	acl main
	for ((i = 0; i < 101; i++)); do echo "block-ip4-$i 192.0.2.$i/32"; done | sets >in
	apply 69 in
	expect_err '101 IP sets, 101 of them new, are over the quota of 100' 'hint: --max-sets'
	expect_eq writes "$(writes)" ''
	apply 69 --forwarded-ip-header X --forwarded-ip-position ANY --max-sets 5000 \
		--place 1 <(for ((i = 0; i < 1001; i++)); do echo "block-ip4-$i 192.0.2.1/32"; done | sets)
	expect_err 'WCU'
	expect_eq writes "$(writes)" ''
	TS_TIMEOUT=60 apply 0 --cap --max-sets 2 in
	expect_err 'left out: 99 entries of sets over the 2 of --max-sets'
	[[ $(dump '.wafv2.ipset | length') == 2 ]]
}

@test "what is wrong with the policy is refused before AWS is asked" {
	acl main
	three >in
	head -n 3 in >cut
	apply 65 cut
	sets <<<'block-ip4-0 0.0.0.0/0' >all
	apply 65 all
	expect_err 'all:2: a /0 is refused: it would block every IPv4 address'
	sets <<<'block-ip4-0' >none
	apply 65 none
	expect_err '--allow-empty'
	/usr/bin/python3 -c 'for i in range(10001): print("block-ip4-0 10.0.%d.%d/32" % (i >> 8, i & 255))' |
		sets >big
	apply 65 big
	expect_err "set 'block-ip4-0' has more prefixes than the 10000 of an IP set" 'ts-shard'
	expect_eq calls "$(aws_calls)" 0
}

@test "a policy that shrinks too far is refused" {
	acl main
	three >in
	apply 0 in
	sets <<<$'block-ip4-0 192.0.2.0/26\nblock-ip6-0 2001:db8::/32' >new
	aws_forget
	apply 65 new
	expect_err 'refused: 64 IPv4 addresses would be blocked, 257 are now' '--max-shrink 100'
	expect_eq writes "$(writes)" ''
	apply 0 --max-shrink 80 new
	sets </dev/null >none
	apply 65 none
	apply 0 --allow-empty none
	[[ $(dump '.wafv2.ipset | length') == 0 && $(dump 'acl("main").Rules | length') == 0 ]]
}

@test "allow wins over block, exactly, and that is said" {
	acl main
	sets <<<$'block-ip4-0 192.0.2.0/29\nallow-ip4-0 192.0.2.2/32' >in
	apply 0 in
	expect_err "both blocked and allowed: 1, '192.0.2.2/32' the first; allow wins"
	[[ $(dump 'set("TS_bIPSet_0").Addresses | join(" ")') == '192.0.2.0/31 192.0.2.3/32 192.0.2.4/30' ]]
}

@test "what has expired is left out and counted" {
	acl main
	sets <<<$'block-ip4-0 192.0.2.0/24 1000\nblock-ip4-0 192.0.3.0/24 4000000000' >in
	apply 0 in
	expect_err 'left out: 1 that have expired'
	[[ $(dump 'set("TS_bIPSet_0").Addresses | join(" ")') == '192.0.3.0/24' ]]
}

@test "--dry-run and --check change nothing" {
	acl main "$(rule theirs 10)"
	three >in
	apply 1 --check in
	apply 0 -n in
	expect_out <<-'X'
		#ts-plan/1
		+	ipset	TS_aIPSet_0	entries=1	-
		+	ipset	TS_bIPSet_0	entries=1	-
		+	ipset	TS_bIPSet_1	entries=1	-
		+	ipset	TS_bIPSet6_0	entries=1	-
		~	webacl	main	wcu=1->5 references=4	-
		+	rule	main/TS_ThreatSTOP-allow_0	priority=0 action=COUNT references=1	-
		+	rule	main/TS_ThreatSTOP-block_0	priority=1 action=BLOCK references=3	-
		=	rule	main/theirs	priority=10	-
		=	target	us-east-1	account=111122223333 scope=REGIONAL calls=5 seconds=1	-
		#end	records=9
	X
	expect_eq writes "$(writes)" ''
	[[ ! -e state ]]
	apply 0 in
	apply 0 --check in
	sed 's/192.0.2.0/192.0.4.0/' in >new
	apply 1 --check --max-shrink 100 new
	apply 0 -n --max-shrink 100 new
	grep -qP '^~\tipset\tTS_bIPSet_0\tentries=1 add=1 delete=1\t-$' out
	grep -qP '^=\twebacl\tmain\twcu=5\t-$' out
}

@test "a directory for locks that cannot be made is said, with advice" {
	acl main
	three >in
	TS_RUNDIR=/dev/null/run apply 73 in
	expect_err "cannot create directory '/dev/null'" 'hint: TS_RUNDIR names another directory'
}

@test "a second run at once ends with try later" {
	acl main
	three >in
	mkdir -p run
	run_ts 75 flock run/ts-wafv2-apply.111122223333.us-east-1.REGIONAL.TS \
		ts-wafv2-apply -w main --write-interval 0 in
	expect_eq writes "$(writes)" ''
}

@test "keys stay out of a core file" {
	acl main
	three >in
	aws_no_core ListWebACLs ts-wafv2-apply -w main --write-interval 0 in
}

@test "several web ACLs share the sets" {
	acl main
	acl second "$(rule theirs 10)"
	three >in
	apply 0 -w second in
	expect_eq writes "$(writes)" 'CreateIPSet=4 UpdateWebACL=2'
	[[ $(dump 'acl("second").Rules | length') == 3 ]]
	aws_forget
	apply 0 -w second in
	calls_are 2 ''
	acl third
	aws_forget
	apply 0 -w second -w third in
	expect_eq writes "$(writes)" UpdateWebACL=1
}

@test "several Regions and accounts at once, each reported on its own" {
	local role=arn:aws:iam::444455556666:role/ts
	aws_fresh '{"rates": false, "roles": {"'"$role"'": {}}}'
	acl main
	acl main '' '' eu-west-1
	three >in
	apply 78 -v --region us-east-1 --region eu-west-1 --region ap-south-1 in --metrics m --save s
	expect_err "ap-south-1: there is no web ACL 'main'" 'us-east-1: 4 entries in 4 sets in force' \
		'eu-west-1: 4 entries in 4 sets in force'
	[[ ! -e s ]]
	[[ $(grep -c '^ts_wafv2_sets{' m) == 2 ]]
	apply 0 -n --region us-east-1 --region eu-west-1 in
	[[ $(grep -c $'^=\ttarget' out) == 2 ]]
	# A plan that is not whole has no end.
	apply 78 -n --region us-east-1 --region ap-south-1 in
	[[ $(grep -c $'^=\ttarget' out) == 1 ]]
	! grep -q '^#end' out || false
	apply 78 -n --region ap-south-1 in
	expect_no_out
	apply 78 --role-arn "$role" in # of an account without that web ACL
	apply 77 --role-arn arn:aws:iam::444455556666:role/none in
}

@test "--metrics, --save and --export tell what is in force" {
	acl main
	three >in
	apply 0 --metrics m --save s in
	grep -qx 'ts_wafv2_sets{account="111122223333",region="us-east-1",scope="REGIONAL",prefix="TS"} 4' m
	grep -qx 'ts_wafv2_blocked_addresses{account="111122223333",region="us-east-1",scope="REGIONAL",prefix="TS",family="ip4"} 257' m
	grep -qx 'ts_wafv2_webacl_wcu{account="111122223333",region="us-east-1",scope="REGIONAL",webacl="main"} 4' m
	diff <(sed 1d in) <(sed 1d s)
	cp m m.before
	apply 78 --metrics m -w other in # tells of the last success, still
	cmp m m.before
	apply 0 --export
	diff <(grep -v '^#' out | cut -f1-4 | sort) <(grep -v '^#' in | cut -f1-4 | sort)
	cp out last
	ts-merge --raw - <<<$'block\tip4\t192.0.2.0/24\t-\tx\t-\t1' | ts-shard --previous last >next
	grep -q $'^block-ip4-0\tblock\tip4\t192.0.2.0/24' next
	aws_do '{"do": "patch", "name": "main", "changes": {"Rules": []}}' >/dev/null
	apply 0 --export
	expect_out <<<$'#ts-set/1\torder=canonical\n#end\trecords=0' # nothing is in force
}

# bats test_tags=slow
@test "share/iam holds exactly what is needed" {
	aws_fresh '{"rates": false, "keys": {"AKIDTEST": {"secret": "secret/test+key",
		"policy": "'"$TOP/share/iam/ts-wafv2-apply.json"'"}}}'
	acl main
	for ((i = 0; i < 60; i++)); do echo "block-ip4-$i 192.0.2.$i/32"; done | sets >many
	sed '/block-ip4-3\t/d; s/records=60/records=59/' many >fewer
	for f in many fewer; do TS_TIMEOUT=60 apply 0 "$f"; done
	rm -r state
	sed -i 's/192.0.2.1\//192.0.3.1\//' fewer
	TS_TIMEOUT=60 apply 0 fewer
	TS_TIMEOUT=60 apply 0 --remove
	diff <(jq -r '.Statement[].Action[]' "$TOP/share/iam/ts-wafv2-apply.json" | sort) \
		<(jq -r '"wafv2:" + .op' fake/calls | sort -u)
	jq 'del(.Statement[].Action[] | select(. == "wafv2:ListIPSets"))' \
		"$TOP/share/iam/ts-wafv2-apply.json" >less.json
	aws_stop
	aws_fresh '{"keys": {"AKIDTEST": {"secret": "secret/test+key", "policy": "'"$PWD/less.json"'"}}}'
	acl main
	apply 77 many
	expect_err 'AccessDeniedException: User is not authorized to perform: wafv2:ListIPSets'
}

# bats test_tags=slow
@test "a command line that makes no sense is refused" {
	three >in
	run_ts 64 ts-wafv2-apply in
	apply 64 -w main in
	expect_err "'main' is given twice"
	apply 64 --prefix a_b in
	apply 64 --scope CLOUDFRONT --region eu-west-1 in
	apply 64 --place middle in
	apply 64 --remove in
	apply 64 --remove --export
	apply 64 --export --dry-run
	apply 64 --check --dry-run in
	apply 64 --forwarded-ip-header 'a b' in
	apply 64 --device 'a b' in
}

@test "CloudFront's web ACLs are in us-east-1, whatever the Region" {
	waf_do CreateWebACL '{"Name": "edge", "Scope": "CLOUDFRONT", "DefaultAction": {"Allow": {}}, '"$SEEN"'}' >/dev/null
	three >in
	run_ts 0 env AWS_REGION=eu-west-1 ts-wafv2-apply -w edge --scope CLOUDFRONT --write-interval 0 in
	[[ $(dump 'acl("edge").Rules | length') == 2 ]]
}
