# Zone transfer over TLS, and by difference from a saved zone.
load helper
load dns

setup_file() {
	dns_begin
	dns_key tk
	dns_cert
	zone xot.test <<<'bad.example CNAME .'
	seq -f 'n%06.0f.example CNAME .' 20000 | zone big.test
	seq -f 'n%04.0f.example CNAME .' 500 | zone ixfr.test
	seq -f 'n%04.0f.example CNAME .' 500 | zone knot.test
	echo 'allow-transfer { key tk; }; allow-update { key tk; };' >ixfr.test.allow
	echo 'allow-transfer port 5853 transport tls { key tk; };' >xot.test.allow
	cp xot.test.allow big.test.allow
	NAMED_TLS=5853 named_start 5300 ixfr.test xot.test big.test </dev/null
	NSD_TLS=6853 nsd_start 6300 tk xot.test big.test
	knot_start 7300 tk knot.test
}

teardown_file() { ns_stop; }

xot() { fetch "$1" -k "$D/tk.key" --ca-file "$D/cert.pem" "${@:2}"; }

@test "a zone comes over TLS from BIND, with ALPN agreed upon" {
	xot 0 -v axfr+tls://127.0.0.1:5853/xot.test
	grep -q '^bad.example.xot.test.	300	IN	CNAME	.$' out
	expect_err 'transport=tls tls=TLSv1.3 alpn=dot tsig=hmac-sha256 way=axfr serial=1 records=3 '
}

@test "a zone of many messages is complete over TLS" {
	xot 0 axfr+tls://127.0.0.1:5853/big.test
	expect_eq lines "$(wc -l <out)" 20002
	sort -o bind out
	xot 0 axfr+tls://127.0.0.1:6853/big.test
	sort out | cmp bind -
}

@test "what is only for TLS is refused on plain TCP" {
	fetch 69 -k "$D/tk.key" axfr://127.0.0.1:5300/xot.test
	expect_err REFUSED
}

@test "NSD, which has no ALPN, serves unless ALPN is required" {
	xot 0 -v axfr+tls://127.0.0.1:6853/xot.test
	expect_err ' alpn=none '
	xot 69 --alpn-require axfr+tls://127.0.0.1:6853/xot.test
	expect_err "did not agree upon ALPN 'dot'"
	expect_no_out
	xot 0 --alpn-require axfr+tls://127.0.0.1:5853/xot.test
}

@test "a certificate that no known CA vouches for is refused" {
	fetch 77 -k "$D/tk.key" axfr+tls://127.0.0.1:5853/xot.test
	expect_err "the server's certificate is not trusted: self-signed certificate" 'hint: --ca-file or --pin'
	expect_no_out
}

@test "the certificate has to carry the name" {
	xot 0 --tls-name dns.test axfr+tls://127.0.0.1:5853/xot.test
	xot 77 --tls-name other.test axfr+tls://127.0.0.1:5853/xot.test
	expect_err "the server's certificate is not for 'other.test'"
}

@test "pins stand for CA and name, and one of several is enough" {
	local pin other
	pin=$(<"$D/pin")
	other=$(head -c 32 /dev/zero | base64)
	fetch 0 -k "$D/tk.key" --pin "$pin" axfr+tls://127.0.0.1:5853/xot.test
	fetch 0 -k "$D/tk.key" --pin "$other" --pin "$pin" axfr+tls://127.0.0.1:5853/xot.test
	fetch 77 -k "$D/tk.key" --pin "$other" axfr+tls://127.0.0.1:5853/xot.test
	expect_err "the server's public key has none of the pins"
	fetch 77 -k "$D/tk.key" --pin "$pin" --tls-name other.test axfr+tls://127.0.0.1:5853/xot.test
	expect_err "the server's certificate is not for 'other.test'"
	fetch 64 -k "$D/tk.key" --pin abc axfr+tls://127.0.0.1:5853/xot.test
}

@test "a CA file that is none is a matter of configuration" {
	fetch 78 --ca-file /dev/null axfr+tls://127.0.0.1:5853/xot.test
	expect_err "cannot read CA file '/dev/null'"
}

@test "a server without TLS is no TLS server" {
	xot 75 --connect-timeout 1 --retries 0 axfr+tls://127.0.0.1:7300/knot.test
	expect_err 'TLS handshake'
	expect_no_out
}

# same_as_axfr PORT ZONE: out holds the records of the zone as it is.
same_as_axfr() {
	mv out incremental
	fetch 0 -k "$D/tk.key" "axfr://127.0.0.1:$1/$2"
	diff <(sort incremental) <(sort out)
	expect_eq 'first line' "$(head -n 1 incremental)" "$(head -n 1 out)"
	mv incremental out
}

# ixfr PORT ZONE: what holds of every server that keeps differences.
ixfr() {
	local url=ixfr://127.0.0.1:$1/$2 s1
	fetch 0 -v --state st -k "$D/tk.key" "$url"
	expect_err ' way=axfr '
	same_as_axfr "$1" "$2"
	s1=$(serial "$1" "$2")

	fetch 0 -v --state st -k "$D/tk.key" "$url"
	expect_err " way=ixfr serial=$s1 messages=1 " 'unchanged'
	same_as_axfr "$1" "$2"

	update "$1" tk "$2" <<<"update add new.$2. 300 CNAME ."
	fetch 0 -v --state st -k "$D/tk.key" "$url"
	expect_err ' way=ixfr ' 'deltas=1 '
	same_as_axfr "$1" "$2"

	# Three differences, one of which takes back what another did.
	update "$1" tk "$2" <<<"update delete n0001.example.$2. CNAME"
	update "$1" tk "$2" <<END
update delete new.$2. CNAME
update delete n0002.example.$2. CNAME
update add n0002.example.$2. 600 A 192.0.2.2
END
	update "$1" tk "$2" <<END
update add new.$2. 300 CNAME .
update add n0001.example.$2. 300 CNAME .
update add txt.$2. 300 TXT "a;b" "c"
END
	fetch 0 -v --state st -k "$D/tk.key" "$url"
	expect_err ' way=ixfr ' 'deltas=3 '
	same_as_axfr "$1" "$2"
	grep -q $'^n0002.example.'"$2"$'.\t600\tIN\tA\t192.0.2.2$' out
}

@test "differences from BIND, several in one answer" { ixfr 5300 ixfr.test; }

@test "differences from Knot, several in one answer" { ixfr 7300 knot.test; }

@test "a server without differences sends the whole zone, and it is taken" {
	fetch 0 --state st -k "$D/tk.key" --ca-file "$D/cert.pem" ixfr+tls://127.0.0.1:5853/xot.test
	sed -i 's/^serial = .*/serial = 0/' st/state
	xot 0 -v --state st ixfr+tls://127.0.0.1:5853/xot.test
	expect_err ' way=ixfr serial=1 records=3 '
	expect_eq lines "$(wc -l <out)" 3
}

@test "a difference that does not fit the saved zone falls back to the whole" {
	local sum
	fetch 0 --state st -k "$D/tk.key" ixfr://127.0.0.1:5300/ixfr.test
	# Another zone is saved than the server believes: a line is missing.
	cp st/body.* body
	sed -i '/^n0400/d' body
	cat body >st/body.[01]
	sum=$(sha256sum <body)
	sed -i "s/^sha256 = .*/sha256 = ${sum%% *}/; s/^bytes = .*/bytes = $(stat -c %s body)/" st/state
	update 5300 tk ixfr.test <<<'update delete n0400.example.ixfr.test. CNAME'
	fetch 0 -v --state st -k "$D/tk.key" ixfr://127.0.0.1:5300/ixfr.test
	expect_err ' way=axfr fallback=yes '
	same_as_axfr 5300 ixfr.test
}

@test "with a state, AXFR asks for the serial first" {
	fetch 0 --state st -k "$D/tk.key" axfr://127.0.0.1:5300/ixfr.test
	mv out first
	fetch 0 -v --state st -k "$D/tk.key" axfr://127.0.0.1:5300/ixfr.test
	expect_err ' way=soa ' ' messages=1 ' unchanged
	cmp first out
	update 5300 tk ixfr.test <<<'update add another.ixfr.test. 300 CNAME .'
	fetch 0 -v --state st -k "$D/tk.key" axfr://127.0.0.1:5300/ixfr.test
	expect_err ' way=axfr ' new
	grep -q ^another out
}

@test "a serial that went back is refused, and taken when asked" {
	local way
	for way in axfr ixfr; do
		fetch 0 --state st$way -k "$D/tk.key" $way://127.0.0.1:5300/ixfr.test
		sed -i 's/^serial = .*/serial = 1000/' st$way/state
		fetch 65 --state st$way -k "$D/tk.key" $way://127.0.0.1:5300/ixfr.test
		expect_err "'ixfr.test.' went back: the server has serial " 'the state 1000' 'hint: ' --accept-rollback
		expect_no_out
		fetch 0 -v --state st$way --accept-rollback -k "$D/tk.key" $way://127.0.0.1:5300/ixfr.test
		same_as_axfr 5300 ixfr.test
		fetch 0 -v --state st$way -k "$D/tk.key" $way://127.0.0.1:5300/ixfr.test
		expect_err unchanged
	done
}
