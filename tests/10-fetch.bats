load helper
load dns

# In the namespace: nginx on port 80 (443: TLS, 444: its certificate has run out,
# 445: it has another name, 446: old TLS alone, 3128: a forward proxy), and
# fake/badhttp.py on 127.0.0.1 and 127.0.0.2, port 81 (82: TLS).
setup_file() {
	dns_begin
	mkdir -p www/gz www/secret
	seq 1 20000 >www/list.txt
	cp www/list.txt www/gz/list.txt
	cp www/list.txt www/secret/list.txt
	printf 'user:%s\n' "$(openssl passwd -apr1 'pa:ss@word')" >passwd
	certificates
	nginx_conf >nginx.conf
	dns_start nginx -e error.log -p "$D" -c nginx.conf
	dns_start "$TOP/tests/fake/badhttp.py" bad.log 127.0.0.1 81
	dns_start "$TOP/tests/fake/badhttp.py" other.log 127.0.0.2 81
	dns_start "$TOP/tests/fake/badhttp.py" tls.log 127.0.0.1 82 good.pem
	wait_for 20 answers http://127.0.0.1/list.txt
	wait_for 20 answers http://127.0.0.1:81/empty
	wait_for 20 answers http://127.0.0.2:81/empty
	wait_for 20 answers --insecure https://127.0.0.1:82/empty
}

teardown_file() { ns_stop; }

setup() {
	common_setup
	WEB=http://127.0.0.1 BAD=http://127.0.0.1:81 LIST=$D/www/list.txt
}

# lacks TEXT FILE...: none of the files has it.
lacks() {
	if grep -rF -e "$@"; then fail "there is: $1"; fi
}

answers() { ns_run curl --silent --fail --output /dev/null "$@"; }

# certificates: a CA, and what it signed: good.pem, old.pem, name.pem, each with
# its key, and pin.good, the pin of the first.
certificates() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-keyout ca.key -out ca.pem -days 30 -subj /CN=ca 2>/dev/null
	printf '%s\n' '[ca]' 'default_ca=d' '[d]' database=index.txt \
		new_certs_dir=. default_md=sha256 policy=p copy_extensions=copy \
		unique_subject=no rand_serial=yes '[p]' commonName=supplied >ca.conf
	: >index.txt
	sign good feed.test 'DNS:feed.test,IP:127.0.0.1' 20200101000000Z 20991231000000Z
	sign old feed.test 'DNS:feed.test,IP:127.0.0.1' 20200101000000Z 20200201000000Z
	sign name other.test 'DNS:other.test' 20200101000000Z 20991231000000Z
	openssl x509 -in good.pem -pubkey -noout |
		openssl pkey -pubin -outform der |
		openssl dgst -sha256 -binary | base64 >pin.good
}

# sign FILE CN ALTNAMES FROM TO
sign() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-keyout "$1.key" -out "$1.csr" -subj "/CN=$2" \
		-addext "subjectAltName=$3" 2>/dev/null
	openssl ca -batch -config ca.conf -cert ca.pem -keyfile ca.key \
		-in "$1.csr" -out "$1.crt" -notext -startdate "$4" -enddate "$5" 2>/dev/null
	cat "$1.crt" "$1.key" >"$1.pem"
}

tls_server() {
	printf ' server { listen 127.0.0.1:%s ssl; ssl_certificate %s.pem;\n' "$1" "$2"
	printf '  ssl_certificate_key %s.pem; %s\n' "$2" "${3:-}"
	# shellcheck disable=SC2016
	printf '  location /down { return 302 http://127.0.0.1/list.txt; } }\n'
}

nginx_conf() {
	cat <<-END
		user root; master_process off; daemon off; pid nginx.pid;
		events { }
		http {
		 log_format t '\$status \$uri \$bytes_sent \$sent_http_content_encoding \$http_host';
		 access_log access.log t; root www; gzip_types text/plain;
		 client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
		 uwsgi_temp_path tmp; scgi_temp_path tmp;
		 server { listen 127.0.0.1:80; listen [::1]:80;
		  location /gz/ { gzip on; }
		  location /secret/ { auth_basic secret; auth_basic_user_file passwd; }
		  location /slow/ { alias www/; limit_rate 1k; }
		  location /moved { return 301 /list.txt; }
		  location /up { return 302 https://127.0.0.1/list.txt; }
		  location /moved-secret { return 302 /secret/list.txt; }
		 }
		 server { listen 127.0.0.1:3128;
		  location / { proxy_pass http://\$http_host\$request_uri; add_header Via x; } }
	END
	tls_server 443 good
	tls_server 444 old
	tls_server 445 name
	tls_server 446 good 'ssl_protocols TLSv1.1; ssl_ciphers ALL@SECLEVEL=0;'
	echo '}'
}

# requests PATH [LOG]: how many times the bad server was asked for it.
requests() { grep -c "^$1\( \|\$\)" "$D/${2:-bad.log}" || true; }

header() {
	sha=$(sha256sum <"$1")
	printf '#ts-source/1\tbytes=%d\tsha256=%s\tstatus=%s\tserial=-\tfetched=%s\turl=%s\n' \
		"$(stat -c %s "$1")" "${sha%% *}" "$2" "$3" "$4"
}

# --- files

@test "a file comes by absolute, relative and escaped path" {
	echo text >'a b'
	for url in "file://$PWD/a%20b" "file://localhost$PWD/a%20b" file:a%20b FILE:a%20b; do
		run_ts 0 ts-fetch "$url"
		expect_out <<<text
		expect_no_err
	done
}

@test "a file URL with a host, a bad escape or nothing is refused" {
	for url in file://host/x file:a%2 file:a%zz file:%00 file:; do
		run_ts 64 ts-fetch "$url"
		expect_no_out
	done
}

@test "what is neither a file nor a FIFO is no input" {
	mkdir dir
	for url in file:dir file:none file:/dev/zero; do
		run_ts 66 ts-fetch "$url"
		expect_no_out
		expect_err "'${url#file:}'"
	done
}

@test "a FIFO is read to its end, and not waited for without end" {
	mkfifo fifo
	seq 3 >fifo &
	run_ts 0 ts-fetch file:fifo
	seq 3 | expect_out
	run_ts 75 ts-fetch --idle-timeout 1 file:fifo
	expect_err "ts-fetch: cannot read 'fifo': nothing came in time"
}

@test "a file over --max-bytes is refused whole, one of that size is not" {
	head -c 100000 /dev/zero >zeros
	run_ts 65 ts-fetch --max-bytes 99999 file:zeros
	expect_no_out
	expect_err "'zeros' is over the limit of 99999 bytes"
	run_ts 0 ts-fetch --max-bytes 100000 file:zeros
	cmp zeros out
}

@test "the frame is the header and exactly the body" {
	printf 'no newline at the end' >x
	run_ts 0 env SOURCE_DATE_EPOCH=86400 ts-fetch --framed file:x
	{
		header x new 1970-01-02T00:00:00Z file:x
		cat x
	} | cmp - out
	: >empty
	run_ts 0 env SOURCE_DATE_EPOCH=86400 ts-fetch -v --framed file:empty
	header empty new 1970-01-02T00:00:00Z file:empty | cmp - out
	expect_err "'file:empty': new, 0 bytes: an empty body"
	run_ts 78 env SOURCE_DATE_EPOCH=x ts-fetch --framed file:x
}

@test "an unknown scheme is told the known ones, and a URL without one is none" {
	run_ts 64 ts-fetch gopher://user:secret@host/
	expect_err "unknown scheme 'gopher:'; known are file:, http:, https:, s3:, axfr:"
	run_ts 64 ts-fetch user:secret@host/x
	run_ts 64 ts-fetch ./list
	expect_err 'the operand is not a URL'
	run_ts 64 ts-fetch 'http://host/a b'
	run_ts 64 ts-fetch "http://host/$(printf %3000d 0)"
	run_ts 64 ts-fetch http:///user:secret@host/
	lacks secret err
}

# bats test_tags=slow
@test "an option that means nothing to the scheme is refused" {
	for option in --ca-file=x --tls-name=x --key-file=x --proxy=x --alpn-require \
		--allow-md5 --accept-rollback --allow-unsized \
		--pin=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=; do
		run_ts 64 ts-fetch "$option" file:x
		expect_err "${option%%=*} means nothing to 'file:'"
	done
	run_ts 64 ts-fetch --pin=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= http://x/
	run_ts 64 ts-fetch --pin=AAAA https://x/
	expect_err "--pin: 'AAAA' is not a SHA-256 in base64"
}

@test "- reads the URL from standard input" {
	echo text >x
	run_sh 0 'printf "file:x\r\nmore\n" | ts-fetch -'
	expect_out <<<text
	run_ts 64 ts-fetch - </dev/null
	expect_err 'standard input holds no URL'
	run_sh 64 'printf "file:x\0y\n" | ts-fetch -'
	run_sh 64 'printf %3000d 0 | ts-fetch -'
}

# --- output

@test "-o replaces the file at once, and not when the fetch fails" {
	echo old >target
	echo new >x
	run_ts 66 ts-fetch -o target file:none
	run_ts 65 ts-fetch --max-bytes 1 -o target file:x
	expect_eq content "$(cat target)" old
	umask 027
	run_ts 0 ts-fetch -o target file:x
	expect_no_out
	expect_eq content "$(cat target)" new
	expect_eq mode "$(stat -c %a target)" 640
	run_ts 73 ts-fetch -o none/target file:x
	expect_eq files "$(echo *)" 'err out target x'
}

@test "a full disk is told from a bad source, and the old file stays" {
	mkdir small
	ns_run mount -t tmpfs -o size=256k none "$PWD/small"
	head -c 1000000 /dev/zero >zeros
	# shellcheck disable=SC2016
	ns_run sh -c 'echo old >"$1/small/target"' - "$PWD"
	TMPDIR=$PWD/small fetch 74 file:zeros
	expect_no_out
	expect_err 'No space left on device'
	fetch 74 -o "$PWD/small/target" file:zeros
	expect_eq content "$(ns_run cat "$PWD/small/target")" old
	expect_eq files "$(ns_run ls "$PWD/small")" target
	fetch 74 --state "$PWD/small/state" file:zeros
	TMPDIR=$PWD/small fetch 74 "$BAD/endless"
	expect_err 'No space left on device'
	run_sh 74 'ts-fetch file:zeros >/dev/full'
	expect_err "cannot write '<stdout>'"
	ns_run umount "$PWD/small"
}

@test "what is fetched is kept without a name until it is whole" {
	mkdir tmp
	ln -s /nonexistent tmp/ts-fetch.spool
	mkfifo source
	TMPDIR=$PWD/tmp ts-fetch file:source >first 3>&- &
	fetcher=$!
	exec 7>source
	echo text >&7
	expect_eq files "$(echo tmp/*)" tmp/ts-fetch.spool
	exec 7>&-
	wait "$fetcher"
	expect_eq body "$(<first)" text
	TMPDIR=none run_ts 73 ts-fetch file:first
	expect_err "cannot create a file in 'none'"
}

@test "standard output that was opened to append is written, too" {
	echo first >log
	seq 100000 >x
	run_sh 0 'ts-fetch file:x >>log'
	{ echo first; cat x; } | cmp - log
}

# bats test_tags=slow
@test "a fetcher that is killed while it writes into the pipe is noticed" {
	local header pid
	seq -f '192.0.2.%g' 1 9 >small
	run_sh 0 'ts-fetch --framed file:small | ts-feed2list --source x -o policy -'
	cp policy before
	seq -f '10.0.0.0/%.0f' 1 1000000 >big
	mkfifo pipe
	ts-fetch --framed "file:big" >pipe 3>&- &
	pid=$!
	exec 7<pipe
	IFS= read -r -u 7 header
	kill -9 "$pid"
	wait "$pid" || true
	{ printf '%s\n' "$header"; cat <&7; } >torn
	exec 7<&-
	run_ts 65 ts-feed2list --source x -o policy torn
	expect_err 'the source is cut off'
	cmp policy before
}

# --- state

@test "an unchanged source is answered from the state, whole" {
	seq 1000 >x
	run_ts 0 env SOURCE_DATE_EPOCH=1 ts-fetch --framed --state dir/state file:x
	{ header x new 1970-01-01T00:00:01Z file:x; cat x; } | cmp - out
	run_ts 0 env SOURCE_DATE_EPOCH=2 ts-fetch -v --framed --state dir/state file:x
	{ header x unchanged 1970-01-01T00:00:01Z file:x; cat x; } | cmp - out
	expect_err "'file:x': unchanged, 3893 bytes"
	run_ts 0 ts-fetch --state dir/state file:x
	cmp x out
	expect_no_err
	echo more >>x
	run_ts 0 env SOURCE_DATE_EPOCH=3 ts-fetch --framed --state dir/state file:x
	{ header x new 1970-01-01T00:00:03Z file:x; cat x; } | cmp - out
}

@test "the state is for its owner alone and holds no secret" {
	umask 000
	fetch 0 --state state "http://user:secret@127.0.0.1:81/good?key=secret&x=secret"
	expect_eq modes "$(stat -c '%a %n' state state/* | sort -k2)" \
		'700 state
600 state/body.1
600 state/lock
600 state/state'
	lacks secret state
	grep -qxF 'url = http://127.0.0.1:81/good?key=***&x=***' state/state
	fetch 0 -v --framed --state state "http://user:other@127.0.0.1:81/good?key=secret&x=secret"
	grep -q 'status=unchanged.*url=http://127.0.0.1:81/good?key=\*\*\*&x=\*\*\*$' out
	lacks secret err
	fetch 0 --state state "$BAD/good?key=other"
	expect_err 'is of another source'
}

@test "a damaged state is ignored, said, and mended" {
	local breakage
	seq 1000 >x
	run_ts 0 ts-fetch --state good file:x
	# shellcheck disable=SC2016
	for breakage in ': >state/state' 'echo x >state/state' \
		'sed -i "\$d" state/state' 'truncate -s -1 state/state' \
		'sed -i s/bytes/octets/ state/state' 'echo >>state/state' \
		'sed -i "s/^body = ./body = 2/" state/state' \
		'printf "x\0y = z\n" >>state/state' 'head -c 50000 /dev/zero >state/state' \
		'sed -i "s/^bytes = .*/bytes = 3892/" state/state' \
		'sed -i "s/^sha256 = ../sha256 = zz/" state/state' \
		'rm state/body.*' 'echo >>state/body.?' \
		'sed -i s/500/501/ state/body.?' \
		'for f in state/body.?; do rm "$f"; ln -s ../x "$f"; done'; do
		rm -rf state
		cp -r good state
		bash -c "$breakage"
		run_ts 0 ts-fetch --framed --state state file:x
		expect_err 'state/state' 'fetching anew' || fail "$breakage"
		grep -q status=new out
		cmp x "$(echo state/body.?)" || fail "$breakage"
		grep -qxF "$(grep ^sha256 good/state)" state/state || fail "$breakage"
	done
	run_ts 0 ts-fetch --framed --state state file:x
	expect_no_err
	grep -q status=unchanged out
}

@test "the state does not move before the body has been handed on" {
	seq 1000000 >x
	run_sh 74 'ts-fetch --framed --state state file:x >/dev/full'
	run_sh 0 'ts-fetch --framed --state state file:x | head -n 1 || true'
	run_ts 73 ts-fetch --framed --state state -o none/x file:x
	run_ts 0 ts-fetch --framed --state state file:x
	grep -aq status=new out
}

# bats test_tags=slow
@test "a run that is killed anywhere leaves the old body or the new, and a state to go on with" {
	[[ -e $TOP/build/inject.so ]] || skip 'no inject.so'
	[[ $BINDIR == "$TOP/build" ]] || skip 'not under a sanitizer'
	local call nth killed=0 step=${TEST_LONG:+1}
	seq 1000 >old
	seq 2000 >new
	cp old x
	run_ts 0 ts-fetch --state before file:x
	cp new x
	for call in write sendfile fchmod fsync linkat rename unlink; do
		for ((nth = 1; nth < 50; nth += ${step:-2})); do
			rm -rf state fired
			cp -r before state
			cp old target
			INJECT_PROG=ts-fetch INJECT_CALL=$call INJECT_NTH=$nth INJECT_FIRED=fired \
				INJECT_KILL=1 LD_PRELOAD=$TOP/build/inject.so \
				ts-fetch --state state -o target file:x || true
			[[ -e fired ]] || break
			killed=$((killed + 1))
			cmp -s target old || cmp target new
			run_ts 0 ts-fetch --framed --state state -o target file:x
			expect_no_err || fail "killed at $call $nth"
			tail -n +2 target | cmp - new
		done
	done

	((killed > (${TEST_LONG:+8} + 7))) || fail "only $killed kills"
}

# bats test_tags=slow
@test "two runs with one state: the second waits, and gives up after a while" {
	local pid
	mkfifo source
	ts-fetch --state state file:source >first 3>&- &
	pid=$!
	exec 7>source
	wait_for 10 test -s state/lock -o -e state/lock
	wait_for 10 held state/lock
	run_ts 75 ts-fetch --max-time 1 --state state file:source
	expect_err "'state/lock' is locked by another run"
	seq 3 >&7
	exec 7>&-
	wait "$pid"
	seq 3 | cmp - first
}

held() { ! flock -n "$1" true; }

# --- HTTP, as nginx speaks it

@test "a page comes whole, over IPv4 and IPv6" {
	fetch 0 -v "$WEB/list.txt"
	cmp "$LIST" out
	expect_err "'$WEB/list.txt': new, $(stat -c %s "$LIST") bytes"
	fetch 0 'http://[::1]/list.txt'
	cmp "$LIST" out
}

@test "an unmodified page is asked for by its validators and not sent again" {
	fetch 0 --framed --state state "$WEB/list.txt"
	grep -aq status=new out
	: >"$D/access.log"
	fetch 0 --framed --state state "$WEB/list.txt"
	grep -aq status=unchanged out
	tail -n +2 out | cmp - "$LIST"
	grep -q '^304 /list.txt' "$D/access.log"
	# The entity tag alone, and the date alone, serve as well.
	for key in etag last-modified; do
		cp -r state one
		sed -i "/^$key = /d" one/state
		: >"$D/access.log"
		fetch 0 --state one "$WEB/list.txt"
		cmp "$LIST" out
		grep -q '^304 /list.txt' "$D/access.log"
		rm -r one
	done
}

@test "a page that changed is new, the same bytes under another tag are not" {
	echo one >"$D/www/changing.txt"
	fetch 0 --framed --state state "$WEB/changing.txt"
	echo three >"$D/www/changing.txt"
	fetch 0 --framed --state state "$WEB/changing.txt"
	grep -q status=new out
	expect_eq body "$(tail -n 1 out)" three
	fetch 0 --framed --state moving "$BAD/moving-tag"
	fetch 0 --framed --state moving "$BAD/moving-tag"
	grep -aq status=unchanged out
	grep -qx 'etag = "2"' moving/state
}

@test "a page is sent compressed and comes decoded" {
	: >"$D/access.log"
	fetch 0 -v "$WEB/gz/list.txt"
	cmp "$LIST" out
	grep -q '^200 /gz/list.txt .* gzip' "$D/access.log"
	expect_err 'coding=gzip'
	fetch 0 --framed --state state "$WEB/gz/list.txt"
	fetch 0 --framed --state state "$WEB/gz/list.txt"
	grep -aq status=unchanged out
}

@test "credentials come from the URL or from a file, in two forms" {
	fetch 77 "$WEB/secret/list.txt"
	expect_err "cannot fetch '$WEB/secret/list.txt': the server answers '401 Unauthorized'" 'hint: -k FILE'
	fetch 77 http://user:wrong@127.0.0.1/secret/list.txt
	lacks wrong err
	fetch 0 -vv http://user:pa%3Ass%40word@127.0.0.1/secret/list.txt
	cmp "$LIST" out
	lacks word err
	install -m 600 /dev/null key
	echo 'user:pa:ss@word' >key
	fetch 0 -k key "$WEB/secret/list.txt"
	cmp "$LIST" out
	printf 'X-Api-Key: abc def\r\n' >key
	fetch 0 -k key "$BAD/good?header"
	grep -qF '/good host=127.0.0.1:81 accept-encoding=gzip x-api-key=abc def' "$D/bad.log"
	for text in '' 'no colon' $'a:b\nc:d' $'a\rb:c'; do
		printf '%s' "$text" >key
		fetch 78 -k key "$WEB/secret/list.txt"
		expect_err "key file 'key' is not one line of"
	done
	chmod 644 key
	fetch 78 -k key "$WEB/secret/list.txt"
	expect_err "hint: chmod 600 'key'"
	fetch 78 -k none "$WEB/secret/list.txt"
}

@test "redirects are followed, but never from https to http, and not for ever" {
	fetch 0 -v "$WEB/moved"
	cmp "$LIST" out
	expect_err 'redirects=1'
	fetch 0 --ca-file "$D/ca.pem" "$WEB/up"
	cmp "$LIST" out
	fetch 69 --ca-file "$D/ca.pem" https://127.0.0.1/down
	expect_no_out
	expect_err 'redirect from https to http'
	fetch 69 --ca-file "$D/ca.pem" "$BAD/to?u=https://127.0.0.1/down"
	expect_err 'redirect from https to http'
	fetch 69 "$BAD/loop"
	expect_err 'more than 10 redirects'
	expect_eq requests "$(requests /loop)" 11
	for to in file:///etc/passwd ftp://127.0.0.1/ http:// http://127.0.0.1:x/; do
		fetch 69 "$BAD/to?u=$to"
		expect_no_out
		expect_err 'redirect to a malformed URL'
	done
	fetch 69 "$BAD/nowhere"
	expect_err "'302 Found'"
}

@test "credentials follow a redirect within the server, and to no other" {
	fetch 0 http://user:pa%3Ass%40word@127.0.0.1/moved-secret
	cmp "$LIST" out
	echo 'X-Api-Key: topsecret' >key
	chmod 600 key
	for to in 127.0.0.2:81 user:topsecret@127.0.0.2:81; do
		fetch 0 -k key "$BAD/to?u=http://$to/good"
		fetch 0 "http://user:topsecret@127.0.0.1:81/to?u=http://$to/good"
	done
	expect_eq requests "$(requests /good other.log)" 4
	grep -q '^/to .*authorization=Basic' "$D/bad.log"
	grep -q '^/to .*x-api-key=topsecret' "$D/bad.log"
	lacks authorization "$D/other.log"
	lacks x-api-key "$D/other.log"
}

# bats test_tags=slow
@test "a proxy is used as the environment says, or --proxy" {
	: >"$D/access.log"
	http_proxy=http://127.0.0.1:3128 fetch 0 "$BAD/good"
	fetch 0 --proxy http://127.0.0.1:3128 "$BAD/good"
	expect_eq 'requests through the proxy' "$(grep -c '^200 /good' "$D/access.log")" 2
	http_proxy=http://127.0.0.1:3128 no_proxy=127.0.0.1 fetch 0 "$BAD/good"
	http_proxy=http://127.0.0.1:3128 fetch 0 --proxy '' "$BAD/good"
	expect_eq 'requests through the proxy' "$(grep -c '^200 /good' "$D/access.log")" 2
	https_proxy=http://127.0.0.1:81 fetch 77 --retries 0 --ca-file "$D/ca.pem" https://127.0.0.1/list.txt
	expect_err 'the proxy says: '
	https_proxy=http://x:y@127.0.0.1:81 fetch 0 --ca-file "$D/ca.pem" https://127.0.0.1/list.txt
	cmp "$LIST" out
}

# --- TLS

@test "a private CA is trusted when it is named, and only then" {
	fetch 77 https://127.0.0.1/list.txt
	expect_no_out
	expect_err 'SSL certificate problem' 'hint: --ca-file'
	fetch 0 --ca-file "$D/ca.pem" https://127.0.0.1/list.txt
	cmp "$LIST" out
	fetch 77 --ca-file "$D/name.crt" https://127.0.0.1/list.txt
	fetch 78 --ca-file none https://127.0.0.1/list.txt
	: >empty
	fetch 78 --ca-file empty https://127.0.0.1/list.txt
}

# bats test_tags=slow
@test "a certificate that has run out, or of another name, is refused" {
	fetch 77 --ca-file "$D/ca.pem" https://127.0.0.1:444/list.txt
	expect_err 'expired'
	fetch 77 --ca-file "$D/ca.pem" https://127.0.0.1:445/list.txt
	expect_err 'no alternative certificate subject name matches'
	fetch 0 --ca-file "$D/ca.pem" --tls-name other.test https://127.0.0.1:445/list.txt
	cmp "$LIST" out
	tail -n 1 "$D/access.log" | grep -q ' other.test:445$'
	fetch 77 --ca-file "$D/ca.pem" --tls-name wrong.test https://127.0.0.1:445/list.txt
	fetch 75 --retries 0 --ca-file "$D/ca.pem" https://127.0.0.1:446/list.txt
	expect_err 'protocol version'
}

# bats test_tags=slow
@test "a pin takes the place of the CA, and what is given beside it is checked" {
	local pin wrong=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
	pin=$(<"$D/pin.good")
	fetch 0 --pin "$pin" https://127.0.0.1/list.txt
	cmp "$LIST" out
	fetch 0 --pin "$wrong" --pin "$pin" https://127.0.0.1/list.txt
	fetch 77 --pin "$wrong" https://127.0.0.1/list.txt
	expect_no_out
	expect_err 'pinned' 'hint: '
	fetch 77 --ca-file "$D/ca.pem" --pin "$wrong" https://127.0.0.1/list.txt
	fetch 77 --ca-file "$D/name.crt" --pin "$pin" https://127.0.0.1/list.txt
	fetch 77 --tls-name wrong.test --pin "$pin" https://127.0.0.1/list.txt
	fetch 0 --tls-name feed.test --pin "$pin" https://127.0.0.1/list.txt
	fetch 77 --pin "$pin" https://127.0.0.1:445/list.txt
}

# --- HTTP, as it should not be spoken

# refuses CODE PATH TEXT...: nothing is handed on, and it is said why.
refuses() {
	local code=$1 path=$2
	shift 2
	fetch "$code" --retries 0 "$BAD$path"
	expect_no_out
	expect_err "ts-fetch: cannot fetch '${BAD}${path/=*/=***}'" "$@"
}

@test "a body that is cut off is no body" {
	refuses 75 /torn 'bytes remaining'
	refuses 75 /torn-chunk 'outstanding read data'
	refuses 75 /unended-chunks 'outstanding read data'
	refuses 75 /reset
	refuses 75 /nothing 'Empty reply'
	refuses 65 /gzip-torn 'gzip data is cut off'
	refuses 65 /unsized 'may be cut off' 'hint: --allow-unsized'
	fetch 0 --allow-unsized "$BAD/unsized"
	fetch 0 "$BAD/unsized-gzip"
}

@test "a body that is damaged or coded as nobody asked is no body" {
	refuses 65 /gzip-garbage 'damaged gzip data'
	refuses 65 /gzip-crc 'damaged gzip data'
	refuses 65 /gzip-not 'damaged gzip data'
	refuses 65 /brotli "coded as 'br'"
	refuses 65 /lengths 'two different lengths'
	fetch 0 "$BAD/good"
	mv out good
	fetch 0 "$BAD/gzip"
	cmp good out
	fetch 0 "$BAD/gzip-members"
	cmp good out
	fetch 0 "$BAD/empty"
	expect_no_out
}

@test "what is no answer to the question is refused" {
	refuses 65 /old 'HTTP/0.9'
	refuses 69 /unmodified "'304 Not Modified'"
	refuses 65 /part
	fetch 0 --state state "$BAD/trailer"
	lacks etag state/state
}

# bats test_tags=slow
@test "each refusal has its exit code" {
	for pair in 204:69 300:69 401:77 403:77 404:69 407:77 408:75 429:75 \
		500:75 501:69 503:75 505:69 999:75; do
		refuses "${pair#*:}" "/status?s=${pair%:*}" "${pair%:*} Some Reason"
	done
	fetch 75 --retries 0 http://127.0.0.1:9/x
	expect_err "Couldn't connect to server"
	fetch 75 --retries 0 http://none.invalid/x
	expect_err 'Could not resolve host: none.invalid'
}

@test "size has a ceiling: of the body, decoded or not, and of the headers" {
	for path in endless bomb; do
		fetch 65 --max-bytes 1M "$BAD/$path"
		expect_no_out
		expect_err 'over the limit of 1048576 bytes'
	done
	fetch 65 --max-bytes 1000 "$BAD/good"
	expect_err 'bytes are over the limit of 1000' 'hint: --max-bytes'
	refuses 65 /headers 'the headers are over 65536 bytes'
	refuses 65 /continue 'the headers are over 65536 bytes'
	refuses 69 /endless-refusal "'404 Not Found'"
	fetch 65 --retries 0 "$BAD/header-line"
	expect_no_out
}

# bats test_tags=slow
@test "a server that is silent or drips is given up" {
	for path in silent drip drip-head; do
		fetch 75 --retries 0 --idle-timeout 1 "$BAD/$path"
		expect_no_out
		expect_err 'Operation too slow'
	done
	fetch 75 --max-time 1 "$WEB/slow/list.txt"
	expect_no_out
	expect_err 'timed out'
}

# bats test_tags=slow
@test "only trouble that may pass is tried again, as often as asked" {
	fetch 75 --retries 2 "$BAD/busy"
	expect_eq requests "$(requests /busy)" 3
	fetch 0 -v "$BAD/busy-once"
	expect_err 'tries=2'
	fetch 0 "$BAD/reset-once"
	fetch 75 --max-time 10 "$BAD/busy-long"
	expect_err "'429 Too Many Requests'" 'hint: the server asks for a pause of 3600 s'
	expect_eq requests "$(requests /busy-long)" 1
	fetch 69 "$BAD/missing"
	expect_eq requests "$(requests /missing)" 1
}

@test "a transfer that breaks is taken up where it ended" {
	fetch 0 "$BAD/good"
	mv out good
	fetch 0 -v "$BAD/resume"
	cmp good out
	expect_err 'tries=2' 'resumed=yes'
	grep -q '^/resume .* range=bytes=[1-9][0-9]*- if-range="v1"' "$D/bad.log"
	for path in resume-wrong resume-other-tag resume-416 weak gzip-reset-once; do
		fetch 0 -v "$BAD/$path"
		cmp good out || fail "$path"
	done
	expect_eq 'requests for a part' "$(grep -cE '^/(weak|gzip-reset-once) .*range=' "$D/bad.log")" 0
}

@test "what changed while its transfer was broken comes whole and new" {
	fetch 0 "$BAD/good"
	sed 's/^192\.0\.2\./198.51.100./' out >want
	fetch 0 --state state "$BAD/resume-changed"
	cmp want out
	grep -qx 'etag = "v2"' state/state
}

@test "a validator is sent back only with the body that it belongs to" {
	fetch 0 --framed --state state "$BAD/tagged"
	fetch 0 --framed --state state "$BAD/tagged"
	grep -aq status=unchanged out
	rm state/body.*
	fetch 0 --framed --state state "$BAD/tagged"
	grep -aq status=new out
	expect_eq 'last request' "$(tail -n 1 "$D/bad.log")" '/tagged host=127.0.0.1:81 accept-encoding=gzip'
}
