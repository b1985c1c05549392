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
	zone alg.test <<<'bad.example CNAME .'
	printf '%s\n' 'tld CNAME .' 'ns.invalid A 192.0.2.1' | zone root 1 ''
	zone odd 1 'a\.b.\000\255\032/x.test' <<<'\001.\;\"\@\$ CNAME .'
	knot_start 6300 tk alg.test
	local n
	for n in 1 224 384 512; do
		dns_key "sha$n" "hmac-sha$n"
	done
	dns_key md5 hmac-md5
	{
		printf 'zone "alg.test" { type primary; file "alg.test.zone";'
		printf ' allow-transfer { key tk; key sha1; key sha224;'
		printf ' key sha384; key sha512; key md5; }; };\n'
		printf 'zone "." { type primary; file "root.zone";'
		printf ' allow-transfer { key tk; }; };\n'
		printf 'zone "a\\.b.\\000\\255\\032/x.test" { type primary;'
		printf ' file "odd.zone"; allow-transfer { key tk; }; };\n'
	} | named_start 7300
	dns_up 7300 alg.test
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

@test "an address that does not answer is followed by the next" {
	# localhost is ::1 and 127.0.0.1; BIND listens on the second alone.
	fetch 0 -v -k "$D/tk.key" axfr://localhost:7300/alg.test
	expect_err 'server=127.0.0.1:7300 '
}

@test "a server that is not there, or has no address, says so" {
	fetch 75 --retries 0 axfr://127.0.0.1:1/rpz.test
	expect_err 'cannot connect to 127.0.0.1:1: Connection refused'
	fetch 75 --retries 0 axfr://nowhere.invalid/rpz.test
	expect_err "cannot resolve 'nowhere.invalid'"
}

@test "a zone that is not served is NOTAUTH" {
	fetch 69 -k "$D/tk.key" axfr://127.0.0.1:5300/other.test
	expect_err "does not serve the zone 'other.test.'" NOTAUTH
}

@test "every algorithm is checked against BIND, and md5 only if allowed" {
	local n
	for n in 1 224 384 512; do
		fetch 0 -v -k "$D/sha$n.key" axfr://127.0.0.1:7300/alg.test
		expect_err " tsig=hmac-sha$n "
	done
	fetch 78 -k "$D/md5.key" axfr://127.0.0.1:7300/alg.test
	expect_err 'hmac-md5 is too weak' 'hint: --allow-md5'
	fetch 0 -v --allow-md5 -k "$D/md5.key" axfr://127.0.0.1:7300/alg.test
	expect_err ' tsig=hmac-md5 '
}

@test "a wrong clock is told by its skew, by BIND, NSD and Knot alike" {
	local port zone
	cat >skew.c <<'END'
#include <time.h>
time_t time(time_t *t)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += 1000;
	if (t)
		*t = now.tv_sec;
	return now.tv_sec;
}
END
	cc -shared -fPIC -o skew.so skew.c
	for port in 5300 6300 7300; do
		zone=rpz.test
		[[ $port == 5300 ]] || zone=alg.test
		LD_PRELOAD=$PWD/skew.so fetch 77 -k "$D/tk.key" "axfr://127.0.0.1:$port/$zone"
		expect_err "this host's clock is " " s ahead of the server's" BADTIME
		grep -Eq 'clock is (999|100[01]) s' err
		expect_no_out
	done
}

# key MODE: the file k with what is on standard input.
key() { rm -f k && cat >k && chmod "$1" k; }

@test "a key file may be written in any form that named reads" {
	local secret
	secret=$(dns_secret tk)
	key 600 <<END
# a comment
/* another
   key "no" */ KEY tk. { // and one more
	secret $secret; algorithm "HMAC-SHA256"; } ;
END
	fetch 0 -k k axfr://127.0.0.1:5300/rpz.test
	key 400 <<<"key \"TK\"{algorithm hmac-sha256.;secret \"$secret\";};"
	fetch 0 -k k axfr://127.0.0.1:5300/rpz.test
	fetch 0 -k <(cat k) axfr://127.0.0.1:5300/rpz.test
}

@test "a key file that is none is refused without showing what is in it" {
	local text
	while read -r text; do
		key 600 <<<"$text"
		run_ts 78 ts-fetch -k k axfr://127.0.0.1:1/rpz.test
		expect_err "k'" 'hint: '
		run_ts 1 grep -F SECRET err
	done <<'END'

SECRET
key SECRET
key "a..b" { algorithm hmac-sha256; secret "U0VDUkVUU0VDUkVU"; };
key a { algorithm hmac-sha256; secret "U0VDUkVUU0VDUkVU"; }
key a { algorithm hmac-sha256; secret "U0VDUkVUU0VDUkVU" };
key a { algorithm hmac-sha256; secret "U0VDUkVUU0VDUkV"; };
key a { algorithm hmac-sha256; secret "U0VDUkVUU0VDUk=V"; };
key a { algorithm hmac-sha256; secret "U0VD"; };
key a { algorithm hmac-sha256; };
key a { secret "U0VDUkVUU0VDUkVU"; };
key a { algorithm SECRET; secret "U0VDUkVUU0VDUkVU"; };
key a { algorithm hmac-sha256; secret "U0VDUkVUU0VDUkVU"; }; key b { };
key a { algorithm hmac-sha256; secret "U0VDUkVUU0VDUkVU
key a { SECRET hmac-sha256; secret "U0VDUkVUU0VDUkVU"; };
END
	run_ts 78 ts-fetch -k absent axfr://127.0.0.1:1/rpz.test
}

@test "a key file that others can read or write is refused" {
	local mode
	for mode in 644 604 620 602; do
		key $mode <"$D/tk.key"
		run_ts 78 ts-fetch -k k axfr://127.0.0.1:1/rpz.test
		expect_err 'hint: chmod 600'
	done
	key 640 <"$D/tk.key"
	fetch 0 -k k axfr://127.0.0.1:5300/rpz.test
}

@test "a zone past its expiry since the last success is said to be stale" {
	local url=axfr://127.0.0.1:5300/rpz.test
	dns_key other
	fetch 0 --state st -k "$D/tk.key" "$url"
	fetch 77 --state st -k "$D/other.key" "$url"
	run_ts 1 grep stale err
	touch -d '2 days ago' st/lock
	fetch 77 --state st -k "$D/other.key" "$url"
	expect_err '(BADKEY); the saved zone is stale: it is 1728' ' s old and expires after 86400'
	fetch 0 --state st -k "$D/tk.key" "$url"
	fetch 77 --state st -k "$D/other.key" "$url"
	run_ts 1 grep stale err
}

@test "the root and a name with every kind of octet are transferred" {
	fetch 0 -k "$D/tk.key" axfr://127.0.0.1:7300/.
	grep -q $'^\\.\t300\tIN\tSOA\t' out
	grep -q $'^tld\\.\t300\tIN\tCNAME\t' out
	fetch 0 -k "$D/tk.key" 'axfr://127.0.0.1:7300/a\.b.\000\255\032/x.test'
	head -n 1 out | grep -qF 'a\.b.\000\255\032/x.test.'
	mv out odd
	run_sh 0 "named-compilezone -q -k ignore -o - 'a\.b.\000\255\032/x.test' odd"
	expect_eq records "$(wc -l <out)" 3
}
