load helper
load dns

setup_file() {
	dns_begin
	dns_key tk
	zone rpz.test 2026112401 <<'END'
Bad.Example CNAME .
*.bad.example CNAME .
esc\.dot CNAME *.
semi\;colon CNAME rpz-passthru.
24.0.2.0.192.rpz-ip CNAME .
48.zz.1.db8.2001.rpz-ip CNAME .
txt TXT "a b" "q\"uote\\ \009x"
mx MX 10 Mail.Example.
srv SRV 1 2 3 tgt.example.
a A 192.0.2.1
aaaa AAAA 2001:DB8::1
apl APL 1:192.168.32.0/21 !1:192.168.38.0/28
odd TYPE65400 \# 3 010203
END
	nsd_start 5300 tk rpz.test
}

teardown_file() { ns_stop; }

@test "a zone comes as master-file lines, its SOA first and once" {
	fetch 0 -k "$D/tk.key" axfr://127.0.0.1:5300/rpz.test
	head -n 1 out | grep -qP '^rpz\.test\.\t300\tIN\tSOA\tns\.invalid\. root\.invalid\. 2026112401 900 900 86400 300$'
	sort -o out out
	expect_out <<'END'
*.bad.example.rpz.test.	300	IN	CNAME	.
24.0.2.0.192.rpz-ip.rpz.test.	300	IN	CNAME	.
48.zz.1.db8.2001.rpz-ip.rpz.test.	300	IN	CNAME	.
a.rpz.test.	300	IN	A	192.0.2.1
aaaa.rpz.test.	300	IN	AAAA	2001:db8::1
apl.rpz.test.	300	IN	APL	1:192.168.32.0/21 !1:192.168.38.0/28
bad.example.rpz.test.	300	IN	CNAME	.
esc\.dot.rpz.test.	300	IN	CNAME	*.
mx.rpz.test.	300	IN	MX	10 mail.example.
odd.rpz.test.	300	IN	TYPE65400	\# 3 010203
rpz.test.	300	IN	NS	ns.invalid.
rpz.test.	300	IN	SOA	ns.invalid. root.invalid. 2026112401 900 900 86400 300
semi\;colon.rpz.test.	300	IN	CNAME	rpz-passthru.
srv.rpz.test.	300	IN	SRV	1 2 3 tgt.example.
txt.rpz.test.	300	IN	TXT	"a b" "q\"uote\\ \009x"
END
}

@test "IPv6 serves as well as IPv4" {
	fetch 0 -k "$D/tk.key" axfr://127.0.0.1:5300/rpz.test
	mv out four
	fetch 0 -v -k "$D/tk.key" 'axfr://[::1]:5300/RPZ.test.'
	cmp four out
	expect_err 'server=[::1]:5300 transport=tcp tsig=hmac-sha256 way=axfr serial=2026112401 records=15 '
}

@test "without the key the transfer is refused, and said how" {
	fetch 69 axfr://127.0.0.1:5300/rpz.test
	expect_no_out
	expect_err 'not authorised (REFUSED)' 'hint: the server may want a TSIG key'
}

@test "a wrong secret is BADSIG" {
	dns_key other
	sed 's/key "other"/key "tk"/' "$D/other.key" >wrong.key
	chmod 600 wrong.key
	fetch 77 -k wrong.key axfr://127.0.0.1:5300/rpz.test
	expect_no_out
	expect_err "another secret for the TSIG key 'tk' (BADSIG)"
}

@test "an unknown key is BADKEY" {
	dns_key other
	fetch 77 -k "$D/other.key" axfr://127.0.0.1:5300/rpz.test
	expect_err "does not know the TSIG key 'other' with hmac-sha256 (BADKEY)"
}
