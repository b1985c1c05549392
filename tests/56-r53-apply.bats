#!/usr/bin/env bats
# ts-r53-apply beside a strict stand-in for Route 53 Resolver DNS Firewall.

load helper
load aws

setup() {
	common_setup
	export TS_STATEDIR=$PWD/state
	mkdir state
}

teardown() { aws_stop; }

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
	aws_start
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
