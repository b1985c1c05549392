# What the tests of ts-wafv2-apply share; after helper and aws.
# shellcheck shell=bash

export SEEN='"VisibilityConfig": {"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "m"}'

# waf_do OPERATION ARGS [REGION]: at the fake, as the console.
waf_do() {
	aws_do '{"do": "call", "service": "wafv2", "operation": "'"$1"'", "args": '"$2"', "region": "'"${3:-us-east-1}"'"}'
}

# acl NAME [RULES [MEMBERS [REGION]]]: makes a web ACL.
acl() {
	waf_do CreateWebACL '{"Name": "'"$1"'", "Scope": "REGIONAL", "DefaultAction": {"Allow": {}},
		"Rules": ['"${2:-}"'], '"$SEEN${3:+, $3}"'}' "${4:-us-east-1}" >made
}

# rule NAME PRIORITY: one of somebody else's.
rule() {
	printf '{"Name": "%s", "Priority": %d, "Action": {"Allow": {}}, %s,
		"Statement": {"GeoMatchStatement": {"CountryCodes": ["AQ"]}}}' "$1" "$2" "$SEEN"
}

# sets <<EOF: a set stream of lines "SET ADDRESS [EXPIRES]", or "SET" for an empty one.
sets() {
	awk 'BEGIN { print "#ts-set/1" }
	NF == 1 { print "#set\t" $1 }
	NF > 1 {
		split($1, part, "-")
		print $1 "\t" part[1] "\t" part[2] "\t" $2 "\t-\tx\t" (NF > 2 ? $3 : "-") "\t1"
		n++
	}
	END { print "#end\trecords=" n + 0 }'
}

# apply STATUS [OPTION...]: to "main", in no hurry for AWS's sake.
apply() {
	local status=$1
	shift
	run_ts "$status" ts-wafv2-apply --web-acl main --write-interval 0 --wait 3 --state state "$@"
}

# dump JQ: of the fake's state; "set" and "acl" are functions there.
dump() {
	aws_do '{"do": "dump"}' | jq -rS 'def set($n): .wafv2.ipset[] | select(.Name == $n);
		def acl($n): .wafv2.webacl[] | select(.Name == $n);
		def group($n): .wafv2.rulegroup[] | select(.Name == $n); '"$1"
}

# writes: the names of calls that wrote, each with its number.
writes() {
	grep -oE '"op": "(Create|Update|Delete)[A-Za-z]*"' fake/calls | cut -d'"' -f4 | sort |
		uniq -c | awk '{ printf "%s%s=%d", before, $2, $1; before = " " }'
}

# calls_are N WRITES
calls_are() {
	expect_eq writes "$(writes)" "$2"
	expect_eq calls "$(aws_calls)" "$1"
}

three() {
	sets <<-'X'
		block-ip4-0 192.0.2.0/24
		block-ip4-1 198.51.100.7/32
		block-ip6-0 2001:db8::/32
		allow-ip4-0 203.0.113.1/32
	X
}
