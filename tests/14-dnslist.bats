# Address lists and settings published in DNS.
load helper
load dns

setup_file() {
	dns_begin
	dns_key tk
	dns_cert
	{
		cat <<'END'
basic A 203.0.113.9
basic A 192.0.2.1
basic A 192.0.2.200
basic AAAA 2001:DB8::1
basic AAAA ::ffff:192.0.2.1
basic1 A 198.51.100.1
basic1 A 192.0.2.1
basic2 A 198.51.100.2
nets APL 1:192.168.32.0/21 !1:192.168.38.0/28 2:2001:db8::/32
nets APL 1:10.0.0.0/8 2:::/0 1:0.0.0.0/0
emptyapl APL
alias CNAME alias2
alias2 CNAME basic
outward CNAME www.elsewhere.
chain PTR chunk-b
chain PTR chunk-a
chunk-a APL 1:10.1.0.0/16
chunk-b APL 1:10.2.0.0/16
chunk-b PTR chunk-c
chunk-c A 10.3.0.1
chunk-c PTR chain
broken PTR chunk-a
broken PTR nothing
cfg TXT "device_id=17" "port=5353"
cfg TXT "a;b|c" "q\"uo\\te"
cfg TXT "tab\009 lf\010 high\228" "" "#x"
sub.ent A 192.0.2.77
gap A 192.0.2.1
gap2 A 192.0.2.2
x.gap1 A 192.0.2.3
lost A 192.0.2.1
lost1 CNAME nowhere
q\?u\.x\032y%% A 192.0.2.9
END
		seq 0 3999 | awk '{printf "many A 10.9.%d.%d\n", $1 / 256, $1 % 256}'
		seq 2400 | awk '{printf "toomany AAAA 2001:db8::%x\n", $1}'
		printf 'long APL'
		seq 0 7499 | awk '{printf " 1:10.8.%d.%d/32", $1 / 256, $1 % 256}'
		printf '\n'
	} | zone list.test
	zone signed.test <<<'basic A 192.0.2.1'
	zone other.test </dev/null
	echo 'broken' >broken.test.zone
	echo 'allow-query { key tk; };' >signed.test.allow
	NAMED_TLS=5853 named_start 5300 list.test signed.test other.test broken.test </dev/null
	grep -E '^(basic|toomany) ' list.test.zone | zone nsd.test
	NSD_TLS=6853 nsd_start 6300 tk nsd.test
}

teardown_file() { ns_stop; }

L=dns://127.0.0.1:5300

@test "addresses come sorted, one a line, each once" {
	fetch 0 "$L/basic.list.test"
	expect_out <<'END'
192.0.2.1
192.0.2.200
203.0.113.9
::ffff:192.0.2.1
2001:db8::1
END
	fetch 0 "$L/Basic.LIST.test.?type=a"
	expect_eq lines "$(wc -l <out)" 3
	fetch 0 "$L/basic.list.test?type=AAAA"
	expect_eq lines "$(wc -l <out)" 2
}

@test "prefixes and their exceptions come as they are, also the widest" {
	fetch 0 "$L/nets.list.test?type=APL"
	expect_out <<'END'
0.0.0.0/0
10.0.0.0/8
192.168.32.0/21
!192.168.38.0/28
::/0
2001:db8::/32
END
}

@test "four thousand addresses in one answer are all there" {
	fetch 0 -v "$L/many.list.test?type=A"
	expect_eq lines "$(wc -l <out)" 4000
	expect_err ' way=list names=1 records=4000 bytes='
	fetch 0 "$L/long.list.test?type=APL"
	expect_eq lines "$(wc -l <out)" 7500
}

@test "more than a message holds is an error, never an empty list" {
	fetch 65 "$L/toomany.list.test?type=AAAA"
	expect_err 'is cut off (TC)'
	expect_no_out
	fetch 65 dns://127.0.0.1:6300/toomany.nsd.test?type=AAAA
	expect_err 'is cut off (TC)'
	expect_no_out
}

@test "no such name, and a name without what was asked for, are errors" {
	fetch 69 "$L/absent.list.test"
	expect_err "there is no 'absent.list.test.' (NXDOMAIN)"
	fetch 65 "$L/basic.list.test?type=TXT"
	expect_err "nothing of the list is at 'basic.list.test.'"
	fetch 65 "$L/ent.list.test"
	fetch 65 "$L/emptyapl.list.test?type=APL"
	expect_no_out
}

@test "a refusal and a failure of the server are told apart" {
	fetch 69 "$L/basic.elsewhere.test"
	expect_err 'not authorised (REFUSED)'
	fetch 75 --retries 0 "$L/x.broken.test"
	expect_err 'cannot answer' SERVFAIL
}

@test "queries are signed with a key" {
	fetch 69 "$L/basic.signed.test"
	expect_err REFUSED 'hint: the server may want a TSIG key'
	fetch 0 -v -k "$D/tk.key" "$L/basic.signed.test"
	expect_err ' tsig=hmac-sha256 '
	expect_out <<<192.0.2.1
}

@test "aliases are followed within the answer" {
	fetch 0 "$L/alias.list.test?type=A"
	expect_eq lines "$(wc -l <out)" 3
	fetch 65 "$L/outward.list.test"
	expect_err 'nothing of the list'
}

@test "PTR records lead to the further names of a list, loops included" {
	fetch 0 -v "$L/chain.list.test?type=A,APL"
	expect_out <<'END'
10.1.0.0/16
10.2.0.0/16
10.3.0.1
END
	expect_err ' names=4 records=3 '
	fetch 65 "$L/chain.list.test?type=A,APL&continue=none"
	fetch 69 "$L/broken.list.test?type=APL"
	expect_err "there is no 'nothing.list.test.' (NXDOMAIN)"
	expect_no_out
}

@test "numbered names continue a list until one does not exist" {
	fetch 0 -v "$L/basic.list.test?type=A&continue=number"
	expect_out <<'END'
192.0.2.1
192.0.2.200
198.51.100.1
198.51.100.2
203.0.113.9
END
	expect_err ' names=3 '
	fetch 65 "$L/gap.list.test?continue=number"
	expect_err "nothing of the list is at 'gap1.list.test.'"
	expect_no_out
	# That it leads nowhere is not that it does not exist.
	fetch 69 "$L/lost.list.test?continue=number"
	expect_err "there is no 'lost1.list.test.'"
	expect_no_out
}

@test "a TXT record is one line for each string, escaped" {
	fetch 0 "$L/cfg.list.test?type=TXT"
	expect_out <<'END'
a;b|c
q"uo\x5cte
device_id=17
port=5353
tab\x09 lf\x0a high\xe4
#x
END
}

@test "any byte of a name may be written as %HH" {
	local name
	for name in q%3Fu%5C.x%20y%25%25 'Q%3fu%5c%2Ex\032y%25%25' \
		'q%5C%3fu\.x\%20y%25\%25'; do
		fetch 0 "$L/$name.list%2Etest.?type=A"
		expect_out <<<192.0.2.9
	done
}

@test "lists come over TLS, with and without ALPN" {
	fetch 0 -v --ca-file "$D/cert.pem" dns+tls://127.0.0.1:5853/basic.list.test
	expect_err 'transport=tls tls=TLSv1.3 alpn=dot tsig=none way=list '
	mv out first
	fetch 0 --pin "$(<"$D/pin")" dns+tls://127.0.0.1:6853/basic.nsd.test
	cmp first out
	fetch 77 dns+tls://127.0.0.1:5853/basic.list.test
	expect_no_out
}

@test "an unchanged list is said to be unchanged" {
	fetch 0 --state st "$L/many.list.test?type=A"
	fetch 0 -v --state st "$L/many.list.test?type=A"
	expect_err unchanged
}

@test "ceilings hold" {
	fetch 65 --max-records 100 "$L/many.list.test?type=A"
	expect_err 'more than 100 addresses'
	fetch 65 --max-bytes 1000 "$L/many.list.test?type=A"
	expect_err 'longer than --max-bytes'
	expect_no_out
}

@test "what is no URL of this kind is refused before anything is asked" {
	local url
	for url in "$L/" "$L" dns:///x 'dns://[::1/x' "$L/x?type=MX" "$L/x?foo=1" \
		"$L/x?continue=maybe" dns://127.0.0.1:0/x dns://127.0.0.1:99999/x \
		"$L/a..b" "$L/a%2" "$L/a%zz.x" "$L/a%" dns://user@127.0.0.1/x axfr://127.0.0.1/x?type=A; do
		run_ts 64 ts-fetch "$url"
		expect_err 'malformed URL'
	done
	run_ts 64 ts-fetch "$L/50%off.list.test"
	expect_err "a '%' in the name without two hexadecimal digits"
}
