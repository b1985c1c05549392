# A stand-in for AWS that is as strict as its published models; see
# tests/fake/aws/server.py. A test starts its own by aws_start, or shares that of
# its file: aws_file_start in setup_file, aws_fresh in the test, aws_file_stop in
# teardown_file.
# shellcheck shell=bash

# aws_start [SETTINGS]: JSON; the tools and the AWS CLI then find it.
aws_start() {
	mkdir -p fake
	rm -f fake/url
	printf '%s' "${1:-{\}}" >fake/settings
	/usr/bin/python3 "$TOP/tests/fake/aws/server.py" fake fake/settings \
		>>fake/log 2>&1 3>&- &
	AWS_FAKE=$!
	wait_for 20 test -s fake/url || { cat fake/log; return 1; }
	aws_env fake
}

# aws_env DIR: the environment of the fake that runs in DIR.
aws_env() {
	export AWS_ENDPOINT_URL AWS_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
	export AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=secret/test+key
	export TS_RUNDIR=$PWD/run
	AWS_ENDPOINT_URL=$(<"$1/url")
}

aws_stop() {
	[[ -n ${AWS_FAKE:-} ]] || return 0
	kill -9 "$AWS_FAKE"
	wait "$AWS_FAKE" 2>/dev/null || true
	AWS_FAKE=''
}

aws_file_start() {
	cd "$BATS_FILE_TMPDIR" || return
	aws_start '{"rates": false}'
	echo "${AWS_FAKE:?}" >server.pid
}

aws_file_stop() { kill -9 "$(<"$BATS_FILE_TMPDIR/server.pid")"; }

# aws_fresh [SETTINGS]: the file's, in the state that aws_start leaves one in.
aws_fresh() {
	ln -sfn "$BATS_FILE_TMPDIR/fake" fake
	aws_env fake
	rm -f fake/journal fake/pid
	aws_do '{"do": "reset", "settings": '"${1:-{\}}"'}' >/dev/null
	aws_forget
}

# aws_do JSON: changes or shows the state, as somebody else. In the shell, as
# curl takes ten times as long to start as the answer takes.
aws_do() {
	local host=${AWS_ENDPOINT_URL#http://} status='' line fd
	exec {fd}<>"/dev/tcp/${host%:*}/${host##*:}" || return
	printf 'POST /_test HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s' "${#1}" "$1" >&"$fd"
	read -r -u "$fd" status || true
	while IFS= read -r -u "$fd" line && [[ $line != $'\r' ]]; do :; done
	cat <&"$fd"
	exec {fd}<&-
	[[ $status == 'HTTP/1.1 200 '* ]] || fail "aws_do: ${status:-no answer}: $1"
}

# aws_calls [OPERATION]: how many calls there were (of it); aws_forget: none.
aws_calls() {
	if [[ $# == 0 ]]; then
		grep -c . fake/calls
	else
		grep -c "\"op\": \"$1\"" fake/calls
	fi || true
}

# aws_no_core OPERATION COMMAND...: while the command waits for that one, no core
# file could be left of it.
aws_no_core() {
	local pid got=0
	: >held
	aws_do '{"do": "settings", "faults": [{"op": "'"$1"'", "do": "hold", "path": "'"$PWD/held"'"}]}' >/dev/null
	(ulimit -c "$(ulimit -Hc)" && exec "${@:2}") >out 2>err 3>&- &
	pid=$!
	wait_for 10 grep -q "Max core file size *0 *0 " "/proc/$pid/limits" || got=$?
	rm held
	wait "$pid" && return "$got"
}

aws_forget() { : >fake/calls; }

# s3_start: a real S3 server (OpenStack Swift) in $BATS_FILE_TMPDIR/s3, for a
# setup_file; s3_use makes the tools find it, s3_stop ends it.
s3_start() {
	mkdir -p "$BATS_FILE_TMPDIR/s3"
	/usr/bin/python3 "$TOP/tests/s3server.py" "$BATS_FILE_TMPDIR/s3" \
		>"$BATS_FILE_TMPDIR/s3.log" 2>&1 3>&- &
	export S3_SERVER=$!
	wait_for 60 test -s "$BATS_FILE_TMPDIR/s3/url" || { cat "$BATS_FILE_TMPDIR/s3.log"; return 1; }
}

s3_use() {
	export AWS_ENDPOINT_URL_S3 AWS_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
	export AWS_ACCESS_KEY_ID=test:tester AWS_SECRET_ACCESS_KEY=testing
	AWS_ENDPOINT_URL_S3=$(<"$BATS_FILE_TMPDIR/s3/url")
}

s3_stop() {
	[[ -n ${S3_SERVER:-} ]] || return 0
	kill -9 "$S3_SERVER" 2>/dev/null || true
	wait "$S3_SERVER" 2>/dev/null || true
}

# s3_client <<EOF: lines of Python, in which s3 is botocore's client of that server.
s3_client() {
	/usr/bin/python3 -c 'import os, sys, botocore.session
from botocore.config import Config
s3 = botocore.session.Session().create_client("s3",
    endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"],
    config=Config(s3={"addressing_style": "path"}))
exec(sys.stdin.read())'
}
