# ts-fetch s3:, against OpenStack Swift; what that cannot be brought to do is
# played by the stand-in for AWS (tests/fake/aws/s3.py).

load helper
load aws

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	seq 1 20000 >list.txt
	s3_start
	s3_use
	s3_client <<-'X'
		body = open("list.txt", "rb").read()
		for name in "feeds", "a.dotted.bucket", "versions":
		    s3.create_bucket(Bucket=name)
		s3.put_object(Bucket="feeds", Key="list.txt", Body=body)
		s3.put_object(Bucket="a.dotted.bucket", Key="list.txt", Body=body)
		s3.put_object(Bucket="feeds", Key="empty", Body=b"")
		s3.put_object(Bucket="feeds", Key="drop", Body=b"192.0.2.0/24\n")
		keys = ["a b", "a+b", "a%20b", "100%", "\u00fc\u20ac\U0001f600", "a//b", "/a", "./a",
		        "../a", "a/../b", "a/", "q?x=1&y", "f#g", "it's(1)*!", "~-_.", "a=b:c@d,e;f$",
		        'x"<>\\^`{|}', "versionId=3"]
		for i, key in enumerate(keys):
		    s3.put_object(Bucket="feeds", Key=key, Body=b"%d\n" % i)

		s3.put_bucket_versioning(Bucket="versions",
		                         VersioningConfiguration={"Status": "Enabled"})
		put = s3.put_object(Bucket="versions", Key="x", Body=b"old\n")
		open("old", "w").write(put["VersionId"])
		s3.put_object(Bucket="versions", Key="x", Body=b"new\n")

		up = dict(Bucket="feeds", Key="parts")
		up["UploadId"] = s3.create_multipart_upload(**up)["UploadId"]
		parts = [dict(PartNumber=n, ETag=s3.upload_part(
		    PartNumber=n, Body=b"%d\n" % n * 1000, **up)["ETag"]) for n in (1, 2, 3)]
		s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **up)
	X
	aws_start '{"buckets": {"feeds": {}, "paid": {"payer": true}}}'
	export FAKE=$AWS_FAKE
}

teardown_file() {
	s3_stop
	AWS_FAKE=$FAKE
	aws_stop
}

setup() {
	common_setup
	LIST=$BATS_FILE_TMPDIR/list.txt
}

teardown() {
	aws_stop
	ns_stop
}

# fetch STATUS ARGUMENT...
fetch() {
	local status=$1
	shift
	run_ts "$status" ts-fetch -v "$@"
}

# same [FILE]: what came is this, by default the list.
same() { cmp out "${1:-$LIST}"; }

# object JSON: one more object of the stand-in, in the bucket feeds.
object() { aws_do "{\"do\": \"object\", \"bucket\": \"feeds\", $1}" >/dev/null; }

# fake_use [FAULTS [SKEW]]: the stand-in, playing these.
fake_use() {
	export AWS_ENDPOINT_URL AWS_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
	export AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=secret/test+key
	AWS_ENDPOINT_URL=$(<"$BATS_FILE_TMPDIR/fake/url")
	ln -s "$BATS_FILE_TMPDIR/fake" fake
	aws_do "{\"do\": \"settings\", \"faults\": [${1:-}], \"bypass\": \"$PWD/good\", \"skew_s\": ${2:-0}}" >/dev/null
}

# faulty FAULT...: the same, and an object x of 200,000 bytes in the file want.
faulty() {
	fake_use "$(IFS=,; echo "$*")"
	object '"key": "x", "size": 200000, "sums": ["sha256"]'
	ts-fetch s3://feeds/x >want 2>/dev/null || true
	aws_forget
}

# store KEY: standard input, by s3.h, in the bucket feeds.
store() {
	cat >stored
	"$BINDIR/unit/test_s3" put feeds "$1" stored
}

# headers N: the headers of the Nth call to the stand-in, as JSON.
headers() { sed -n "$1p" fake/calls | grep -o '"headers": {[^}]*}'; }

@test "fetches an object, checked by the MD5 that its ETag is" {
	s3_use
	fetch 0 s3://feeds/list.txt
	same
	expect_err 'status=200 checked=md5 tries=1' "'s3://feeds/list.txt': new, 108894 bytes"
}

@test "keys are the bytes that they are, each way of writing them" {
	s3_use
	local i=0 url
	for url in a%20b a+b a%2520b 100%25 %C3%BC%e2%82%ac%F0%9F%98%80 a//b /a ./a \
		../a a/../b a/ 'q%3Fx=1&y' f%23g "it's(1)*!" '~-_.' 'a=b:c@d,e;f$' \
		'x%22%3C%3E%5C%5E%60%7B%7C%7D' versionId=3; do
		fetch 0 "s3://feeds/$url"
		expect_out <<<"$i" || return
		i=$((i + 1))
	done
	fetch 0 s3://feeds/%61%2Bb
	expect_out <<<1
}

@test "a URL that is none is refused before anybody is asked" {
	local url
	s3_use
	for url in s3:feeds/x s3:///x s3://feeds s3://feeds/ s3://feeds?versionId=1 s3://u@feeds/x \
		s3://feeds:80/x s3://fe/x s3://feeds/a%zz s3://feeds/a% s3://feeds/a%4 s3://feeds/a%00 \
		s3://feeds/a%2 's3://feeds/a?x=1' 's3://feeds/a?versionId=' 's3://feeds/a?versionId=1&x=2' \
		's3://feeds/a#b' s3://arn:aws:s3:us-east-1:1:accesspoint/x s3://x--use1-az4--x-s3/y \
		"s3://feeds/$(printf 'k%.0s' {1..1025})"; do
		fetch 64 "$url"
		expect_no_out
	done
	fetch 64 -k key s3://feeds/x
	expect_err "--key-file means nothing to 's3:'"
	fetch 64 --region us-east-1 https://127.0.0.1/x
	expect_err "--region means nothing to 'https:'"
}

@test "asks by ETag, and answers from the state what is unchanged" {
	s3_use
	store changing <<<one
	fetch 0 --state st s3://feeds/changing
	expect_err status=200 ': new, 4 bytes'
	fetch 0 --state st --framed s3://feeds/changing
	expect_err status=304 ': unchanged, 4 bytes'
	grep -q 'status=unchanged.*url=s3://feeds/changing$' out
	expect_eq body "$(tail -n 1 out)" one
	store changing <<<two
	fetch 0 --state st s3://feeds/changing
	expect_err status=200 ': new, 4 bytes'
	expect_out <<<two
}

@test "a version of an object, that is not the current one" {
	s3_use
	fetch 0 "s3://versions/x?versionId=$(<"$BATS_FILE_TMPDIR/old")"
	expect_out <<<old
	fetch 0 s3://versions/x
	expect_out <<<new
	fetch 69 s3://versions/x?versionId=1600000000.00000
	expect_no_out
}

@test "an object of several parts has no MD5, and comes whole" {
	s3_use
	fetch 0 s3://feeds/parts
	expect_err checked=none
	expect_eq lines "$(uniq -c <out | tr -s ' \n' ' ')" ' 1000 1 1000 2 1000 3 '
}

@test "an empty object, and a bucket with dots in its name" {
	s3_use
	fetch 0 s3://feeds/empty
	expect_no_out
	expect_err checked=md5 'an empty body'
	fetch 0 s3://a.dotted.bucket/list.txt
	same
}

@test "what is not there, and who is not let in, is said" {
	s3_use
	fetch 69 s3://feeds/none
	expect_err "cannot fetch 's3://feeds/none': NoSuchKey: " "hint: the key asked for is 'none'"
	fetch 69 s3://none/none
	expect_err 'NoSuchBucket: ' "hint: asked at '127.0.0.1:"
	AWS_SECRET_ACCESS_KEY=other fetch 77 s3://feeds/list.txt
	expect_err 'SignatureDoesNotMatch: '
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	fetch 77 s3://feeds/list.txt
	expect_err 'no AWS credentials' 'hint: see CREDENTIALS in threatstop(7)'
	expect_no_out
}

@test "follows the region that the server's refusal names" {
	s3_use
	fetch 0 --region eu-central-1 s3://feeds/list.txt
	same
	expect_err region=us-east-1
}

@test "credentials, region and endpoint of a profile" {
	s3_use
	mkdir .aws
	printf '[profile feeds]\nregion = us-east-1\nendpoint_url = %s\n' "$AWS_ENDPOINT_URL_S3" >.aws/config
	printf '[feeds]\naws_access_key_id = test:tester\naws_secret_access_key = testing\n' >.aws/credentials
	unset "${!AWS_@}"
	fetch 0 --profile feeds s3://feeds/list.txt
	same
	expect_err "credentials='profile 'feeds''"
	fetch 78 --profile none s3://feeds/list.txt
	expect_err "no AWS profile 'none'"
}

@test "the ceiling of bytes holds, and nothing of a larger one is handed on" {
	s3_use
	fetch 65 --max-bytes 1K s3://feeds/list.txt
	expect_err '108894 bytes are over the limit of 1024' 'hint: --max-bytes'
	expect_no_out
	fetch 0 --max-bytes 108894 s3://feeds/list.txt
	same
}

@test "a framed object goes through a filter" {
	s3_use
	run_sh 0 'ts-fetch --framed s3://feeds/drop | ts-feed2list --source drop -'
	grep -q $'^block\tip4\t192.0.2.0/24\t' out
}

@test "stores an object with its digest signed, and looks at it" {
	s3_use
	local s3=$BINDIR/unit/test_s3
	run_ts 0 "$s3" put feeds 'by us/ü +%' "$LIST"
	s3_client >got <<<'sys.stdout.write(s3.get_object(Bucket="feeds", Key="by us/\u00fc +%")["Body"].read().decode())'
	cmp got "$LIST"
	seq 1 500000 >large
	run_ts 0 "$s3" put feeds large large
	fetch 0 s3://feeds/large
	same large
	: >nothing
	run_ts 0 "$s3" put feeds nothing nothing
	run_ts 0 "$s3" head feeds nothing
	expect_out <<<'0 "d41d8cd98f00b204e9800998ecf8427e"'
	run_ts 69 "$s3" head feeds none
	run_ts 69 "$s3" put none x nothing
	expect_err "cannot store 's3://none/x': NoSuchBucket"
}

@test "each checksum that S3 keeps is checked; one wrong bit is found" {
	local sum
	fake_use '{"op": "GetObject", "nth": 1, "times": 100, "do": "corrupt"}'
	for sum in sha256 sha1 crc64nvme crc32c crc32; do
		object "\"key\": \"$sum\", \"size\": 5003, \"sums\": [\"$sum\"]"
		: >good
		fetch 0 "s3://feeds/$sum"
		expect_err "checked=$sum"
		rm good
		fetch 65 "s3://feeds/$sum"
		expect_err "the body's $sum is not the one that the server has for it"
		expect_no_out
	done
	object '"key": "all", "size": 10, "sums": ["crc32", "sha1", "sha256"]'
	object '"key": "md5", "size": 10'
	fetch 65 s3://feeds/md5
	expect_err "the body's md5 is not" 'hint: --opaque-etag'
	: >good
	fetch 0 s3://feeds/all
	expect_err checked=sha256
}

@test "an ETag that cannot be an MD5 is not taken for one" {
	local kms='"x-amz-server-side-encryption": "aws:kms"' odd='"ETag": "\"0123456789abcdef0123456789abcdef\""'
	fake_use
	object '"key": "kms", "size": 50, "headers": {'"$odd, $kms"'}'
	object '"key": "own", "size": 50, "headers": {'"$odd"', "x-amz-server-side-encryption-customer-algorithm": "AES256"}'
	object '"key": "parts", "size": 50, "headers": {"ETag": "\"0123456789abcdef0123456789abcdef-3\"", "x-amz-checksum-crc32": "AAAAAA==-3"}'
	object '"key": "odd", "size": 50, "headers": {'"$odd"'}'
	local key
	for key in kms own parts; do
		fetch 0 s3://feeds/$key
		expect_err checked=none
	done
	fetch 65 s3://feeds/odd
	fetch 0 --opaque-etag s3://feeds/odd
	expect_err checked=none
	object '"key": "bad", "size": 50, "headers": {"x-amz-checksum-sha256": "AAAA"}'
	fetch 65 s3://feeds/bad
	expect_err "the checksum 'AAAA' is no sha256"
}

@test "a transfer that breaks is taken up where it ended, of the same version" {
	faulty '{"op": "GetObject", "nth": 2, "times": 2, "do": "torn", "at": 70000}'
	fetch 0 s3://feeds/x
	same want
	expect_err 'status=206 checked=sha256 tries=3 resumed=yes'
	headers 2 | grep '"If-Match": ".*"Range": "bytes=70000-"'
	headers 3 | grep '"If-Match": ".*"Range": "bytes=140000-"'
}

@test "an object that is replaced while it comes is begun anew" {
	faulty '{"op": "GetObject", "nth": 2, "do": "torn-replaced", "at": 70000}'
	fetch 0 s3://feeds/x
	yes 'another one' | head -n 2000 | cmp - out
	expect_err checked=md5 tries=3
	expect_eq answers "$(grep -o '"status": [0-9]*' fake/calls | tr -d '\n')" \
		'"status": 200"status": 412"status": 200'
}

@test "another part than was asked for is not taken" {
	faulty '{"op": "GetObject", "nth": 2, "do": "torn", "at": 70000}' \
		'{"op": "GetObject", "nth": 3, "do": "part"}'
	fetch 0 s3://feeds/x
	same want
	expect_err tries=3 resumed=no
}

@test "without a length the ceiling holds as well, and the end has to be marked" {
	faulty '{"op": "GetObject", "nth": 2, "times": 2, "do": "chunked"}' \
		'{"op": "GetObject", "nth": 4, "do": "unsized"}'
	fetch 0 s3://feeds/x
	same want
	expect_err checked=sha256
	fetch 65 --max-bytes 100K s3://feeds/x
	expect_err 'over the limit of 102400'
	fetch 65 s3://feeds/x
	expect_err 'does not say where the body ends'
	expect_no_out
}

@test "what does not come within the tries leaves the old state" {
	faulty '{"op": "GetObject", "nth": 3, "times": 2, "do": "torn", "at": 100}'
	fetch 0 --state st s3://feeds/x
	cp st/state before
	object '"key": "x", "size": 100000'
	fetch 75 --state st --retries 1 s3://feeds/x
	expect_no_out
	cmp st/state before
	fetch 0 --state st s3://feeds/x
	expect_eq size "$(wc -c <out)" 100000
}

# bats test_tags=slow
@test "a server that drips, and one that never ends, is given up on" {
	faulty '{"op": "GetObject", "nth": 2, "times": 9, "do": "drip"}'
	fetch 75 --idle-timeout 1 --retries 0 s3://feeds/x
	expect_no_out
	fetch 75 --max-time 1 s3://feeds/x
	expect_no_out
}

@test "throttling and trouble of the server's are tried again" {
	faulty '{"op": "GetObject", "nth": 2, "do": "throttle"}' \
		'{"op": "GetObject", "nth": 3, "do": "500"}' \
		'{"op": "GetObject", "nth": 4, "do": "garbage"}' \
		'{"op": "GetObject", "nth": 6, "do": "throttle"}'
	fetch 0 s3://feeds/x
	same want
	expect_err tries=4
	fetch 75 --retries 0 s3://feeds/x
	expect_err 'SlowDown'
}

@test "keys that ran out are renewed, and a wrong clock corrected for, at once" {
	fake_use '{"op": "GetObject", "nth": 2, "do": "expired"}' 4000
	object '"key": "x", "size": 10'
	aws_forget
	fetch 0 --retries 0 s3://feeds/x
	expect_err tries=1 "this host's clock is 4000 s behind AWS's"
	expect_eq calls "$(aws_calls GetObject)" 3
}

@test "archived, deleted, paid for by others: each is explained" {
	fake_use
	object '"key": "cold", "size": 10, "class": "GLACIER"'
	fetch 69 s3://feeds/cold
	expect_err 'InvalidObjectState' 'hint: the object is archived as GLACIER: restore it first'
	local version
	version=$(aws_do '{"do": "object", "bucket": "feeds", "key": "gone", "deleted": true}' | grep -oE '[0-9a-f]{32}')
	fetch 69 s3://feeds/gone
	expect_err NoSuchKey
	fetch 69 "s3://feeds/gone?versionId=$version"
	expect_err MethodNotAllowed 'hint: that version marks that the object was deleted'
	aws_do '{"do": "object", "bucket": "paid", "key": "x", "size": 10}'
	fetch 77 s3://paid/x
	expect_err AccessDenied 'a bucket whose requester pays'
	fetch 0 --requester-pays s3://paid/x
	AWS_ACCESS_KEY_ID=other fetch 77 s3://paid/x
	expect_err 'InvalidAccessKeyId: '
}

# bats test_tags=slow
@test "the policy in share/iam is enough, and no more than is needed" {
	local iam=$TOP/share/iam/ts-fetch.json
	aws_start '{"keys": {"AKIDTEST": {"secret": "secret/test+key", "policy": "'"$iam"'"}}}'
	local version
	version=$(aws_do '{"do": "object", "bucket": "feeds", "key": "x", "size": 10}' | grep -oE '[0-9a-f]{32}')
	fetch 0 s3://feeds/x
	fetch 0 "s3://feeds/x?versionId=$version"
	fetch 77 s3://feeds/none
	expect_err AccessDenied 'hint: a key that is not there is denied too, unless s3:ListBucket is allowed'
	run_ts 77 "$BINDIR/unit/test_s3" put feeds x "$LIST"
}

# aws_names: AWS's own names and port lead to the stand-in, in a namespace.
aws_names() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout cert.key \
		-out ca.pem -days 30 -subj /CN=s3 -addext "subjectAltName=$(printf 'DNS:%s,' "$@")DNS:localhost" 2>/dev/null
	cat ca.pem cert.key >cert.pem
	printf '127.0.0.1 localhost %s\n' "${*/\*/feeds}" >hosts
	mkdir -p fake
	printf '{"port": 443, "cert": "cert.pem", "buckets": {"feeds": {"region": "eu-west-1"}, "a.b": {}, "near": {}}}' >settings
	ns_start
	ns_run mount --bind hosts /etc/hosts
	ns_run /usr/bin/python3 "$TOP/tests/fake/aws/server.py" fake settings >>fake/log 2>&1 3>&- &
	wait_for 20 test -s fake/url || { cat fake/log; return 1; }
	export AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=secret/test+key AWS_EC2_METADATA_DISABLED=true
	local bucket
	for bucket in feeds a.b near; do
		ns_run curl -sS --fail-with-body --cacert ca.pem https://localhost/_test \
			-d "{\"do\": \"object\", \"bucket\": \"$bucket\", \"key\": \"x\", \"size\": 99}"
	done
}

@test "a bucket is found by its name, where AWS has it, over TLS" {
	local -a user=()
	[[ $EUID == 0 ]] || user=(--user --preserve-credentials)
	aws_names 'feeds.s3.us-east-1.amazonaws.com' 'feeds.s3.eu-west-1.amazonaws.com' s3.us-east-1.amazonaws.com \
		near.s3-fips.dualstack.us-east-1.amazonaws.com near.s3.us-east-1.amazonaws.com
	inside() {
		local status=$1
		shift
		run_ts "$status" nsenter --target "$NS_PID" "${user[@]}" --net --mount --pid --wd="$PWD" ts-fetch -v "$@"
	}
	# From us-east-1, which knows where it is, to its own region.
	inside 0 --ca-file ca.pem s3://feeds/x
	expect_err 'server=feeds.s3.eu-west-1.amazonaws.com region=eu-west-1'
	expect_eq asked "$(aws_calls GetObject)" 2
	inside 0 --ca-file ca.pem --region eu-west-1 s3://feeds/x
	expect_eq asked "$(aws_calls GetObject)" 3
	AWS_CA_BUNDLE=ca.pem inside 0 s3://a.b/x
	expect_err 'server=s3.us-east-1.amazonaws.com'
	AWS_USE_FIPS_ENDPOINT=true AWS_USE_DUALSTACK_ENDPOINT=true inside 0 --ca-file ca.pem s3://near/x
	expect_err 'server=near.s3-fips.dualstack.us-east-1.amazonaws.com'
	inside 77 s3://near/x
	expect_err 'hint: --ca-file names another CA'
	inside 75 --retries 0 --ca-file ca.pem --proxy http://127.0.0.1:9 s3://near/x
}
