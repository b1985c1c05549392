#!/usr/bin/env bats
# Calls of AWS: credentials, endpoint, retries, clock, pace. What a call prints is
# what the strict stand-in answered, so a wrong signature never passes.

load helper
load aws

setup_file() { aws_file_start; }
teardown_file() { aws_file_stop; }

list=(wafv2 ListIPSets '{"Scope":"REGIONAL"}')
empty='{"IPSets":[]}'

# call STATUS [NAME=VALUE...]: one call of ListIPSets with that environment.
call() {
	local status=$1
	shift
	# shellcheck disable=SC2086
	run_ts "$status" env "$@" "$BINDIR/unit/test_aws" call ${PROFILE:--} "${list[@]}" ${REPEAT:-}
}

@test "signs with keys of the environment" {
	aws_fresh
	call 0
	expect_out <<<"$empty"
}

@test "a wrong secret is said, and is not tried again" {
	aws_fresh
	call 77 AWS_SECRET_ACCESS_KEY=other
	expect_err 'wafv2 ListIPSets in us-east-1: InvalidSignatureException' '(request '
	expect_eq calls "$(aws_calls)" 1
}

@test "half a key in the environment is an error, not passed over" {
	aws_fresh
	call 77 -u AWS_SECRET_ACCESS_KEY
	expect_err 'environment: the access key has no secret'
}

@test "without any credentials it says where it looked" {
	aws_fresh
	call 77 -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY
	expect_err 'no AWS credentials'
}

@test "without a region it says how to give one" {
	aws_fresh
	call 78 -u AWS_REGION
	expect_err 'no AWS region'
}

@test "reads profiles: keys, region, comments, nested settings, another file for keys" {
	aws_fresh
	mkdir .aws
	cat >.aws/config <<-'X'
		# a comment
		[default]
		region = eu-west-1
		[profile main]
		region = us-east-1 ; a remark
		s3 =
		  max_concurrent_requests = 20
		aws_access_key_id = overridden
	X
	printf '[main]\naws_access_key_id=AKIDTEST\naws_secret_access_key = secret/test+key\n' >.aws/credentials
	PROFILE=main call 0 -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_REGION
	expect_out <<<"$empty"
	call 0 -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_REGION AWS_PROFILE=main
	PROFILE=none call 78
	expect_err "there is no AWS profile 'none'"
	echo 'no setting' >>.aws/config
	PROFILE=main call 78
	expect_err 'config:9: neither a section nor'
}

roles='{"roles": {"arn:aws:iam::444455556666:role/ts": {"external_id": "ours"},
	"arn:aws:iam::444455556666:role/web": {}}}'

@test "takes on a role by source_profile, with an external id" {
	aws_fresh "$roles"
	mkdir .aws
	cat >.aws/config <<-'X'
		[profile base]
		aws_access_key_id = AKIDTEST
		aws_secret_access_key = secret/test+key
		[profile role]
		role_arn = arn:aws:iam::444455556666:role/ts
		source_profile = base
		external_id = ours
		[profile env]
		role_arn = arn:aws:iam::444455556666:role/ts
		credential_source = Environment
		external_id = ours
		[profile wrong]
		role_arn = arn:aws:iam::444455556666:role/ts
		source_profile = base
		external_id = theirs
		[profile lost]
		role_arn = arn:aws:iam::444455556666:role/ts
		source_profile = nobody
		[profile ring]
		role_arn = arn:aws:iam::444455556666:role/ts
		source_profile = ring2
		[profile ring2]
		role_arn = arn:aws:iam::444455556666:role/ts
		source_profile = ring
		[profile bare]
		role_arn = arn:aws:iam::444455556666:role/ts
		aws_access_key_id = AKIDTEST
		aws_secret_access_key = secret/test+key
	X
	PROFILE=role call 0 -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY
	expect_out <<<"$empty"
	PROFILE='env' call 0
	expect_out <<<"$empty"
	PROFILE=wrong call 77
	expect_err "cannot assume the role 'arn:aws:iam::444455556666:role/ts': AccessDenied"
	PROFILE=lost call 78
	expect_err "profile 'lost' names the profile 'nobody', which is not there"
	PROFILE=ring call 78
	expect_err 'lead to one another'
	PROFILE=bare call 78
	expect_err "profile 'bare' has a role_arn, but neither source_profile nor credential_source"
}

@test "takes on a role given by option on top of what it found" {
	aws_fresh "$roles"
	call 0 TEST_ROLE_ARN=arn:aws:iam::444455556666:role/ts TEST_EXTERNAL_ID=ours
	grep -q '"key": "444455556666"' fake/calls
}

@test "takes on a role by web identity" {
	aws_fresh "$roles"
	echo web-token >token
	call 0 -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY \
		AWS_WEB_IDENTITY_TOKEN_FILE=token AWS_ROLE_ARN=arn:aws:iam::444455556666:role/web
	expect_out <<<"$empty"
	call 77 -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY \
		AWS_WEB_IDENTITY_TOKEN_FILE=none AWS_ROLE_ARN=arn:aws:iam::444455556666:role/web
	expect_err "'none'"
}

@test "asks the program of credential_process" {
	aws_fresh
	mkdir .aws
	cat >.aws/config <<-'X'
		[profile program]
		credential_process = sh -c 'cat "creds file"'
		[profile failing]
		credential_process = sh -c 'exit 3'
		[profile absent]
		credential_process = /nonexistent/program
	X
	printf '{"Version":1,"AccessKeyId":"AKIDTEST","SecretAccessKey":"secret/test+key"}' >'creds file'
	set -- -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY
	PROFILE=program call 0 "$@"
	expect_out <<<"$empty"
	PROFILE=failing call 77 "$@"
	expect_err 'failed with status 3'
	PROFILE=absent call 78 "$@"
	expect_err 'cannot run credential_process'
	echo '{"Version":1}' >'creds file'
	PROFILE=program call 77 "$@"
	expect_err 'gives no usable credentials'
}

# metadata: a server of container and instance credentials; its URL in meta.url.
metadata() {
	cat >meta.py <<-'X'
		import http.server, json
		KEYS = {"AccessKeyId": "AKIDTEST", "SecretAccessKey": "secret/test+key",
		        "Expiration": "2099-01-01T00:00:00Z"}
		class H(http.server.BaseHTTPRequestHandler):
		    def log_message(self, *a): pass
		    def say(self, status, text):
		        raw = text.encode()
		        self.send_response(status)
		        self.send_header("Content-Length", str(len(raw)))
		        self.end_headers()
		        self.wfile.write(raw)
		    def do_PUT(self):
		        ok = self.path == "/latest/api/token" and \
		            self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
		        self.say(200 if ok else 403, "imds-token" if ok else "")
		    def do_GET(self):
		        base = "/latest/meta-data/iam/security-credentials/"
		        if self.path == "/creds":
		            good = self.headers.get("Authorization") == "agent-token"
		            self.say(200 if good else 401, json.dumps(KEYS))
		        elif self.headers.get("X-aws-ec2-metadata-token") != "imds-token":
		            self.say(401, "")
		        elif self.path == base: self.say(200, "the-role\n")
		        elif self.path == base + "the-role": self.say(200, json.dumps(KEYS))
		        else: self.say(404, "")
		s = http.server.HTTPServer(("127.0.0.1", 0), H)
		open("meta.new", "w").write("http://127.0.0.1:%d" % s.server_address[1])
		import os; os.rename("meta.new", "meta.url")
		s.serve_forever()
	X
	/usr/bin/python3 meta.py 3>&- &
	META=$!
	wait_for 10 test -s meta.url
}

@test "asks the container's agent, with its token, and no foreign host in the clear" {
	aws_fresh
	metadata
	set -- -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY
	call 0 "$@" AWS_CONTAINER_CREDENTIALS_FULL_URI="$(<meta.url)/creds" \
		AWS_CONTAINER_AUTHORIZATION_TOKEN=agent-token
	expect_out <<<"$empty"
	echo agent-token >token
	call 0 "$@" AWS_CONTAINER_CREDENTIALS_FULL_URI="$(<meta.url)/creds" \
		AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token
	call 77 "$@" AWS_CONTAINER_CREDENTIALS_FULL_URI="$(<meta.url)/creds"
	local uri
	for uri in http://192.0.2.1/ http://127.evil.example/ http://localhost.example/; do
		call 78 "$@" AWS_CONTAINER_CREDENTIALS_FULL_URI="$uri"
		expect_err 'AWS_CONTAINER_CREDENTIALS_FULL_URI'
	done
	kill "$META"
}

@test "asks the instance's metadata by version 2" {
	aws_fresh
	metadata
	call 0 -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_EC2_METADATA_DISABLED \
		AWS_EC2_METADATA_SERVICE_ENDPOINT="$(<meta.url)"
	expect_out <<<"$empty"
	kill "$META"
}

@test "tries again after throttling and faults, no more often than allowed" {
	aws_fresh '{"rates": false, "faults": [{"op": "ListIPSets", "times": 2, "do": "throttle"}]}'
	call 0
	expect_eq calls "$(aws_calls)" 3
	aws_do '{"do": "settings", "faults": [{"op": "ListIPSets", "times": 9, "do": "500"}]}'
	aws_forget
	call 75 AWS_MAX_ATTEMPTS=2
	expect_err 'InternalFailure'
	expect_eq calls "$(aws_calls)" 2
	call 78 AWS_MAX_ATTEMPTS=none
}

@test "tries again when the answer is lost, or no JSON came with a 503" {
	aws_fresh '{"rates": false, "faults": [{"op": "ListIPSets", "do": "lost"},
		{"op": "ListIPSets", "nth": 2, "do": "html"}]}'
	call 0
	expect_out <<<"$empty"
	expect_eq calls "$(aws_calls)" 3
}

@test "an answer that is cut off is no answer" {
	aws_fresh '{"faults": [{"op": "ListIPSets", "times": 9, "do": "garbage"}]}'
	call 65
	expect_err 'the answer is no JSON'
}

@test "a quota is not taken for throttling" {
	aws_fresh '{"sets_max": 0}'
	run_ts 69 "$BINDIR/unit/test_aws" call - wafv2 CreateIPSet \
		'{"Name":"x","Scope":"REGIONAL","IPAddressVersion":"IPV4","Addresses":[]}'
	expect_err 'WAFLimitsExceededException'
	expect_eq calls "$(aws_calls)" 1
}

@test "a clock that is wrong is said and corrected for" {
	aws_fresh '{"skew_s": 4000}'
	call 0
	expect_out <<<"$empty"
	expect_err "this host's clock is " ' s behind AWS'
}

@test "a clock that is wrong is corrected for where a role is taken on, too" {
	aws_fresh '{"skew_s": -4000, "roles": {"arn:aws:iam::444455556666:role/ts": {}}}'
	call 0 TEST_ROLE_ARN=arn:aws:iam::444455556666:role/ts
	expect_out <<<"$empty"
	expect_err "this host's clock is " " s ahead of AWS"
	expect_eq 'calls of STS' "$(aws_calls AssumeRole)" 2
}

@test "taking on a role is tried again as other calls are" {
	aws_fresh '{"roles": {"arn:aws:iam::444455556666:role/ts": {}}, "faults": [
		{"op": "AssumeRole", "do": "throttle"}, {"op": "AssumeRole", "nth": 2, "do": "500"}]}'
	call 0 TEST_ROLE_ARN=arn:aws:iam::444455556666:role/ts
	expect_out <<<"$empty"
	expect_eq 'calls of STS' "$(aws_calls AssumeRole)" 3
	aws_do '{"do": "settings", "faults": [{"op": "AssumeRole", "times": 9, "do": "500"}]}'
	call 75 TEST_ROLE_ARN=arn:aws:iam::444455556666:role/ts AWS_MAX_ATTEMPTS=2
	expect_err "cannot assume the role 'arn:aws:iam::444455556666:role/ts': InternalFailure"
	expect_eq 'calls of STS' "$(aws_calls AssumeRole)" 5
}

@test "session keys that run out in the middle are renewed" {
	aws_fresh '{"roles": {"arn:aws:iam::444455556666:role/ts": {}},
		"faults": [{"op": "ListIPSets", "nth": 3, "do": "expired"}]}'
	REPEAT=4 call 0 TEST_ROLE_ARN=arn:aws:iam::444455556666:role/ts
	expect_eq 'calls of STS' "$(aws_calls AssumeRole)" 2
	expect_eq answers "$(grep -c . out)" 4
}

# bats test_tags=slow
@test "two processes keep one pace together" {
	aws_fresh '{"rates": false}'
	REPEAT=8
	call 0 &
	first=$!
	(mkdir other && cd other && BATS_TEST_TMPDIR=$PWD call 0)
	wait "$first"
	# 16 calls, 100 ms apart, of two processes.
	/usr/bin/python3 - <<-'X'
		import json
		t = sorted(json.loads(x)["t"] for x in open("fake/calls"))
		assert len(t) == 16, t
		assert t[-1] - t[0] >= 1.2, t[-1] - t[0]
	X
}

@test "processes that take on the same role keep one pace" {
	aws_fresh '{"roles": {"arn:aws:iam::444455556666:role/ts": {}}}'
	REPEAT=2 call 0 TEST_ROLE_ARN=arn:aws:iam::444455556666:role/ts
	REPEAT=2 call 0 TEST_ROLE_ARN=arn:aws:iam::444455556666:role/ts
	[[ $(cd run && echo pace-*) == pace-444455556666-us-east-1-* ]]
}

# bats test_tags=slow
@test "the AWS CLI is served from the same state" {
	aws_fresh
	run_ts 0 "$BINDIR/unit/test_aws" call - wafv2 CreateIPSet \
		'{"Name":"x","Scope":"REGIONAL","IPAddressVersion":"IPV4","Addresses":["192.0.2.0/24"]}'
	run_ts 0 aws --endpoint-url "$AWS_ENDPOINT_URL" wafv2 list-ip-sets --scope REGIONAL \
		--query 'IPSets[].Name' --output text
	expect_out <<<x
}
