#!/usr/bin/env bats
# ts-wafv2-apply where AWS, the network, somebody else or the operator gets in
# between. After every write the stand-in notes what is blocked; tests/fake/aws/cover.py
# says whether that was ever less than what both policies agree on.

load helper
load aws
load waf

setup_file() { aws_file_start; }
setup() {
	common_setup
	aws_fresh '{"rates": false, "journal": true}'
}
teardown_file() { aws_file_stop; }

# The two policies: .0 and .64 change places, .128 goes to a new set, the one of
# 203.0.113.0 goes away and leaves its addresses to the first.
policies() {
	sets >old <<-'X'
		block-ip4-0 192.0.2.0/26
		block-ip4-0 192.0.2.128/26
		block-ip4-1 192.0.2.64/26
		block-ip4-1 198.51.100.0/28
		block-ip4-2 203.0.113.0/24
		block-ip6-0 2001:db8::/120
		allow-ip4-0 203.0.114.1/32
		allow-ip4-0 203.0.114.2/32
	X
	sets >new <<-'X'
		block-ip4-0 192.0.2.64/26
		block-ip4-0 203.0.113.0/25
		block-ip4-1 192.0.2.0/26
		block-ip4-1 203.0.113.128/25
		block-ip4-3 192.0.2.128/26
		block-ip6-0 2001:db8::/121
		block-ip6-0 2001:db8::80/121
		allow-ip4-1 203.0.114.1/32
	X
}

# begin: the old policy is in force, with rules of others.
begin() {
	policies
	acl main "$(rule theirs 10)" '"Description": "by hand"'
	apply 0 old
	rm -f fake/journal
	cp -r state state.old
	aws_do '{"do": "keep"}' >/dev/null
	aws_forget
}

# Again as begin left it.
back() {
	aws_do '{"do": "back"}' >/dev/null
	rm -rf state fake/journal
	cp -r state.old state
	aws_do '{"do": "settings", "faults": ['"${1:-}"'], "propagation": 0}' >/dev/null
	aws_forget
}

# converged: what the new policy says is in force, nothing else of ours is there,
# and cover was kept on the way.
converged() {
	"$TOP/tests/fake/aws/cover.py" fake/journal old new >moments || fail "$(<moments)" || return
	[[ $(dump '[.wafv2.ipset[].Name] | sort | join(" ")') == \
		'TS_aIPSet_1 TS_bIPSet6_0 TS_bIPSet_0 TS_bIPSet_1 TS_bIPSet_3' ]] || fail "$(dump .)" || return
	[[ $(dump '[acl("main").Rules[].Name] | join(" ")') == \
		'TS_ThreatSTOP-allow_0 TS_ThreatSTOP-block_0 theirs' ]] || fail "$(dump .)" || return
	apply 0 --check new
}

fault() { # OP NTH DO [MEMBERS]
	printf '{"op": "%s", "nth": %d, "do": "%s"%s}' "$1" "$2" "$3" "${4:-}"
}

@test "a change in which sets exchange addresses keeps cover at every moment" {
	begin
	apply 0 new
	expect_no_out
	# Of the ring one set is written twice.
	expect_eq writes "$(writes)" 'CreateIPSet=2 DeleteIPSet=2 UpdateIPSet=4 UpdateWebACL=1'
	converged
	back
	apply 0 -n new
	grep -qP '^~\tipset\tTS_bIPSet_[01]\t.*first with 2 that others take over$' out
}

# bats test_tags=slow
@test "full sets that exchange addresses do so through a set of their own" {
	begin
	/usr/bin/python3 - <<-'X' >fill
		for n in range(2):
		    for i in range(9998):
		        print("block-ip4-%d 10.%d.%d.%d/32" % (n, n, i >> 8, i & 255))
	X
	{ cat fill; printf 'block-ip4-0 192.0.2.%d/32\n' 1 3; printf 'block-ip4-1 192.0.2.%d/32\n' 5 7; } |
		sets >old
	{ cat fill; printf 'block-ip4-1 192.0.2.%d/32\n' 1 3; printf 'block-ip4-0 192.0.2.%d/32\n' 5 7; } |
		sets >new
	apply 0 --max-shrink 100 old
	rm fake/journal
	apply 0 -n new
	grep -q $'^~\twebacl\tmain\t-\tfor what changes places' out
	grep -qP '^=\ttarget\t.* calls=6 ' out
	aws_forget
	apply 0 new
	"$TOP/tests/fake/aws/cover.py" fake/journal old new
	expect_eq writes "$(writes)" 'CreateIPSet=1 DeleteIPSet=1 UpdateIPSet=2 UpdateWebACL=2'
	apply 69 --max-sets 2 old
	expect_err 'would only hold what changes places' '--export'
}

# A kill after call N leaves what one before call N+1 leaves. With TEST_LONG after
# every call, else after some of them.
# bats test_tags=slow
@test "killed between any two calls, the next run converges" {
	begin
	local n got step=${TEST_LONG:+1}
	for ((n = 2; n < 40; n += ${step:-3})); do
		back "$(fault '*' "$n" kill)"
		got=0
		timeout 20 bash -c 'echo $$ >fake/pid; exec ts-wafv2-apply -w main \
			--write-interval 0 --wait 3 --state state new' >out 2>err || got=$?
		((got != 0)) || break
		expect_eq "status of kill $n" "$got" 137
		apply 0 new
		converged || fail "kill $n" || return
	done
	((n > 12)) || fail "only $n calls"
}

# bats test_tags=slow
@test "an answer that is lost after the change took effect is no obstacle" {
	begin
	local n step=${TEST_LONG:+1}
	for ((n = 5; n < 40; n += ${step:-3})); do
		back "$(fault '*' "$n" lost)"
		apply 0 new
		converged || fail "lost $n" || return
		grep -q '"fault": "lost"' fake/calls || break
	done
	((n > 12)) || fail "only $n calls"
}

@test "a request that is cut off before it took effect is sent again" {
	begin
	local n
	for n in 3 7 9; do
		back "$(fault '*' "$n" cut)"
		apply 0 new
		converged || fail "cut $n" || return
	done
}

# bats test_tags=slow
@test "throttling, faults and an expired token are got over" {
	begin
	local what
	for what in throttle 500 expired html; do
		back "$(fault UpdateIPSet 2 "$what"), $(fault UpdateWebACL 1 "$what")"
		apply 0 new
		converged || fail "$what" || return
	done
}

# bats test_tags=slow
@test "what fails for good leaves a state from which the next run converges" {
	begin
	local what
	for what in 'CreateIPSet 2' 'UpdateIPSet 3' 'UpdateWebACL 1' 'DeleteIPSet 2'; do
		# shellcheck disable=SC2086
		back "$(fault $what 500 ', "times": 9')"
		AWS_MAX_ATTEMPTS=1 apply 75 new
		aws_do '{"do": "settings", "faults": []}' >/dev/null
		apply 0 new
		converged || fail "$what" || return
	done
}

# bats test_tags=slow
@test "a stale lock token: looked at again, and done" {
	begin
	local op
	for op in UpdateIPSet UpdateWebACL DeleteIPSet; do
		back "$(fault "$op" 1 stale)"
		apply 0 new
		converged || fail "$op" || return
	done
	back "$(fault UpdateWebACL 1 stale ', "times": 99')"
	TS_TIMEOUT=60 apply 75 new
	expect_err 'WAFOptimisticLockException' 'hint: somebody else keeps changing the same things'
}

# meanwhile OP NTH JSON: what somebody else does right before that call.
meanwhile() {
	back "$(fault "$1" "$2" meanwhile ', "what": '"$3")"
}

@test "a web ACL that somebody changes between our reading and writing keeps their change" {
	begin
	meanwhile UpdateWebACL 1 '{"do": "patch", "name": "main", "changes": {"Description": "changed"}}'
	apply 0 new
	[[ $(dump 'acl("main").Description') == changed ]]
	expect_eq 'calls of UpdateWebACL' "$(aws_calls UpdateWebACL)" 2
	sed -i '/"Description": "by hand"/d' fake/journal
	converged
}

@test "a set that somebody changes or deletes is put right" {
	begin
	meanwhile UpdateIPSet 1 '{"do": "patch", "kind": "ipset", "name": "TS_bIPSet6_0", "changes": {"Addresses": []}}'
	apply 0 new
	[[ $(dump 'set("TS_bIPSet6_0").Addresses | length') == 2 ]]
	back
	aws_do '{"do": "patch", "name": "main", "changes": {"Rules": []}}' >/dev/null
	aws_do '{"do": "drop", "kind": "ipset", "name": "TS_bIPSet_1"}' >/dev/null
	apply 0 new
	[[ $(dump '[.wafv2.ipset[].Name] | sort | join(" ")') == \
		'TS_aIPSet_1 TS_bIPSet6_0 TS_bIPSet_0 TS_bIPSet_1 TS_bIPSet_3' ]]
	back
	meanwhile UpdateWebACL 1 '{"do": "drop", "kind": "ipset", "name": "TS_bIPSet6_0"}'
	apply 0 --wait 1 new || apply 0 new
	[[ $(dump 'set("TS_bIPSet6_0").Addresses | length') == 2 ]]
}

# bats test_tags=slow
@test "new sets that AWS does not see yet are waited for, in vain only so long" {
	begin
	aws_do '{"do": "settings", "propagation": 1}' >/dev/null
	apply 0 --wait 20 new
	converged
	(($(aws_calls UpdateWebACL) > 1))
	back
	aws_do '{"do": "settings", "propagation": 1000000}' >/dev/null
	apply 75 --wait 1 new
	expect_err 'WAFUnavailableEntityException'
	aws_do '{"do": "settings", "propagation": 0}' >/dev/null
	apply 0 new
	converged
}

@test "a set that another web ACL uses is left, and said" {
	begin
	acl second "{\"Name\": \"x\", \"Priority\": 1, \"Action\": {\"Count\": {}}, $SEEN,
		\"Statement\": {\"IPSetReferenceStatement\": {\"ARN\": \"$(dump 'set("TS_bIPSet_2").ARN')\"}}}"
	apply 75 --wait 1 new
	expect_err "'TS_bIPSet_2' is not deleted: it is still in use" 'hint: '
	waf_do UpdateWebACL "$(dump 'acl("second")' | jq -c '{Name, Scope: "REGIONAL", Id, DefaultAction, VisibilityConfig}
		+ {LockToken: "'"$(waf_do ListWebACLs '{"Scope": "REGIONAL"}' |
		jq -r '.WebACLs[] | select(.Name == "second").LockToken')"'"}')" >/dev/null
	apply 0 new
	[[ $(dump '[.wafv2.ipset[].Name] | index("TS_bIPSet_2")') == null ]]
}

# bats test_tags=slow
@test "through rule groups too, a kill at any moment loses nothing" {
	begin
	for ((i = 0; i < 55; i++)); do echo "block-ip4-$i 192.0.2.$i/32"; done | sets >old
	for ((i = 0; i < 55; i++)); do echo "block-ip4-$(((i + 53) % 56)) 192.0.2.$i/32"; done | sets >new
	TS_TIMEOUT=60 apply 0 --max-shrink 100 old
	aws_do '{"do": "keep"}' >/dev/null
	rm -r state.old
	cp -r state state.old
	local n got
	for n in ${TEST_LONG:+4 60 62} 59 61 63; do
		back "$(fault '*' "$n" kill)"
		got=0
		timeout 60 bash -c 'echo $$ >fake/pid; exec ts-wafv2-apply -w main \
			--write-interval 0 --wait 3 --state state new' >out 2>err || got=$?
		TS_TIMEOUT=60 apply 0 new
		"$TOP/tests/fake/aws/cover.py" fake/journal old new || return
		((got == 137)) || break
	done
}

@test "a record that is damaged, or another's, only costs reads" {
	begin
	local f
	f=$(echo state/wafv2.*)
	head -c 200 "$f" >cut
	for record in cut /dev/null "$TOP/README.md"; do
		cp "$record" "$f"
		aws_forget
		apply 0 old
		expect_eq writes "$(writes)" ''
		expect_eq reads "$(aws_calls GetIPSet)" 5
	done
	sed -i 's/192.0.2.128/192.0.2.192/' "$f" # a lie about content: the next change is whole again
	apply 0 new
	converged || true
	rm -r state
	apply 0 --check new
}
