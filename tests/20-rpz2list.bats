#!/usr/bin/env bats
# ts-rpz2list: zone in, policy out.

# shellcheck disable=SC2016 # the $ are those of a master file
load helper

# zone <<EOF: the file zone, rpz.example with the lines on standard input.
zone() {
	{
		printf '%s\n' '$TTL 300' '$ORIGIN rpz.example.'
		printf '@ IN SOA localhost. root.localhost. 7 3600 600 86400 300\n'
		printf '@ IN NS localhost.\n'
		cat
	} >zone
}

# expect_records <<EOF: the records of standard output, spaces for TABs.
expect_records() {
	policy names=rpz >want
	diff -u want out || { head -c 2000 err; return 1; }
}

@test "every action of a name" {
	zone <<-'EOF'
	nx.example CNAME .
	*.nx.example CNAME .
	nodata.example CNAME *.
	pass.example CNAME rpz-passthru.
	old.example CNAME old.example.
	drop.example CNAME rpz-drop.
	tcp.example CNAME rpz-tcp-only.
	garden.example CNAME Garden.Test.
	wild.example CNAME *.garden.test.
	*.own.example CNAME *.own.example.
	a.example A 127.0.0.1
	txt.example TXT "moved"
	dname.example DNAME other.test.
	reserved.example CNAME rpz-other.
	EOF
	run_ts 0 ts-rpz2list -s t zone
	expect_records <<-'EOF'
	block name nx.example nxdomain t - 1
	block name *.nx.example nxdomain t - 1
	block name nodata.example nodata t - 1
	allow name pass.example passthru t - 1
	allow name old.example passthru t - 1
	block name drop.example drop t - 1
	block name tcp.example tcp-only t - 1
	block name garden.example redirect=garden.test t - 1
	block name wild.example redirect=*.garden.test t - 1
	block name *.own.example redirect=*.own.example t - 1
	block name a.example data t - 1
	block name txt.example data t - 1
	block name dname.example data t - 1
	block name reserved.example redirect=rpz-other t - 1
	EOF
	expect_no_err
}

@test "every trigger; an address only blocks or is let through" {
	zone <<-'EOF'
	24.0.2.0.192.rpz-ip CNAME .
	32.1.2.0.192.rpz-ip CNAME rpz-passthru.
	32.2.2.0.192.rpz-ip A 127.0.0.1
	32.3.2.0.192.rpz-ip CNAME 32.3.2.0.192.
	32.4.2.0.192.rpz-ip CNAME rpz-tcp-only.
	48.zz.1.db8.2001.rpz-ip CNAME *.
	128.1.zz.DB8.2001.rpz-ip CNAME rpz-drop.
	32.9.2.0.192.rpz-client-ip CNAME rpz-drop.
	24.0.2.0.192.rpz-nsip CNAME .
	32.zz.db8.2001.rpz-nsip CNAME rpz-passthru.
	*.ns.example.rpz-nsdname CNAME garden.test.
	EOF
	run_ts 0 ts-rpz2list -s t zone
	expect_records <<-'EOF'
	block ip4 192.0.2.0/24 - t - 1
	allow ip4 192.0.2.1/32 - t - 1
	block ip4 192.0.2.2/32 - t - 1
	allow ip4 192.0.2.3/32 - t - 1
	block ip6 2001:db8:1::/48 - t - 1
	block ip6 2001:db8::1/128 - t - 1
	block client4 192.0.2.9/32 drop t - 1
	block nsip4 192.0.2.0/24 nxdomain t - 1
	allow nsip6 2001:db8::/32 passthru t - 1
	block nsname *.ns.example redirect=garden.test t - 1
	EOF
}

@test "--triggers takes only what it names" {
	zone <<-'EOF'
	nx.example CNAME .
	24.0.2.0.192.rpz-ip CNAME .
	32.9.2.0.192.rpz-client-ip CNAME rpz-drop.
	EOF
	run_ts 0 ts-rpz2list -s t --triggers ip,client-ip zone
	expect_records <<-'EOF'
	block ip4 192.0.2.0/24 - t - 1
	block client4 192.0.2.9/32 drop t - 1
	EOF
	run_ts 64 ts-rpz2list -s t --triggers ip,name zone
	expect_err "--triggers: 'ip,name'"
}

@test "several records of one owner are one rule" {
	zone <<-'EOF'
	a.example A 127.0.0.1
	          A 127.0.0.2
	          TXT "one" "two; three"
	b.example CNAME .
	b.example CNAME .
	EOF
	run_ts 0 ts-rpz2list -s t zone
	expect_records <<-'EOF'
	block name a.example data t - 1
	block name b.example nxdomain t - 1
	EOF
	expect_no_err
}

@test "an address that BIND does not find is left out and told with its line" {
	zone <<-'EOF'
	fine.example CNAME .
	24.1.2.0.192.rpz-ip CNAME .
	128.2.0.0.0.0.3.2.2001.rpz-ip CNAME .
	32.300.2.0.192.rpz-ip CNAME .
	33.1.2.0.192.rpz-ip CNAME .
	garbage.rpz-ip CNAME .
	rpz-ip CNAME .
	128.201.c000.ffff.zz.rpz-ip CNAME .
	EOF
	run_ts 0 ts-rpz2list -s t --max-bad 100 zone
	expect_records <<-'EOF'
	block name fine.example nxdomain t - 1
	EOF
	expect_err "zone:6: 24.1.2.0.192.rpz-ip: bits are set behind the prefix" \
		"zone:7: 128.2.0.0.0.0.3.2.2001.rpz-ip: an address that is not in canonical form" \
		"zone:8: 32.300.2.0.192.rpz-ip: an IPv4 octet is not within 0 to 255" \
		"zone:9: 33.1.2.0.192.rpz-ip: an IPv4 prefix length over 32" \
		"zone:10: garbage.rpz-ip: no prefix length" \
		"zone:11: rpz-ip: a trigger label with nothing in front" \
		"zone:12: 128.201.c000.ffff.zz.rpz-ip: an IPv4 address in IPv6 form"
}

@test "more bad lines than --max-bad refuse the zone, --strict refuses any" {
	{
		seq 99 | sed 's/.*/n&.example CNAME ./'
		echo '24.1.2.0.192.rpz-ip CNAME .'
	} | zone
	run_ts 0 ts-rpz2list -s t zone
	run_ts 65 ts-rpz2list -s t --max-bad 0.5 zone
	expect_err "zone: refused: 1 bad lines in 102 entries"
	run_ts 65 ts-rpz2list -s t --strict zone
	expect_err "zone: refused: 1 bad lines (--strict)"
	run ! grep '^#end' out
}

@test "owners outside the zone are left out as BIND does" {
	zone <<-'EOF'
	in.example.rpz.example. CNAME .
	out.example. CNAME .
	$ORIGIN sub.RPZ.example.
	a CNAME .
	$ORIGIN .
	b.c.rpz.example CNAME .
	$ORIGIN elsewhere.
	c CNAME .
	EOF
	run_ts 0 ts-rpz2list -s t --max-bad 50 zone
	expect_records <<-'EOF'
	block name in.example nxdomain t - 1
	block name a.sub nxdomain t - 1
	block name b.c nxdomain t - 1
	EOF
	expect_err "zone:6: out.example.: the owner is outside the zone" \
		"zone:12: c: the owner is outside the zone"
}

@test "a zone without a name takes relative owners alone" {
	cat >zone <<-'EOF'
	@ SOA localhost. root.localhost. 1 3600 600 86400 300
	  NS  localhost.
	a.example CNAME .
	b.example. CNAME .
	c.example CNAME relative
	EOF
	run_ts 0 ts-rpz2list -s t --max-bad 50 zone
	expect_records <<-'EOF'
	block name a.example nxdomain t - 1
	EOF
	expect_err "zone:4: b.example.: the owner is outside the zone" \
		"zone:5: c.example: a relative target, and the zone's name is not known"
	run_ts 0 ts-rpz2list -s t --origin RPZ.example. --max-bad 50 zone
	expect_records <<-'EOF'
	block name a.example nxdomain t - 1
	block name c.example redirect=relative.rpz.example t - 1
	EOF
}

@test "one malformed entry costs one line" {
	zone <<-'EOF'
	a.example CNAME ( .
	b.example CNAME .
	c.example TXT "open
	d.example CNAME .
	e.example CNAME
	f.example BOGUS x
	g.example CNAME . .
	h..example CNAME .
	i.example CH CNAME .
	j.example CNAME . )
	k.example A 1.2.3.256
	l.example CNAME .
	EOF
	run_ts 0 ts-rpz2list -s t --max-bad 100 zone
	expect_records <<-'EOF'
	block name b.example nxdomain t - 1
	block name d.example nxdomain t - 1
	block name l.example nxdomain t - 1
	EOF
	expect_err "zone:5: a.example: '(' is not closed" \
		"zone:7: c.example: a quoted string is not closed" \
		"zone:9: e.example: no data" \
		"zone:10: f.example: an unknown record type" \
		"zone:11: g.example: more than one target" \
		"zone:12: h..example: a label is empty" \
		"zone:13: i.example: the class is not IN" \
		"zone:14: j.example: ')' without '('" \
		"zone:15: k.example: not an address"
}

@test "TTL, class, case, comments, parentheses and escapes are read" {
	zone <<-'EOF'
	A.Example 300 IN CNAME . ; why
	b.example IN 1h30m cname (
	   . ; inside
	 )

	; nothing
	c\.d.example CNAME .
	e\ f\059.example CNAME .
	_dmarc.g_h.example type5 .
	EOF
	run_ts 0 ts-rpz2list -s t zone
	policy names=rpz <<-'EOF' | sed 's/SPACE/\\032/' >want
	block name a.example nxdomain t - 1
	block name b.example nxdomain t - 1
	block name c\.d.example nxdomain t - 1
	block name eSPACEf;.example nxdomain t - 1
	block name _dmarc.g_h.example nxdomain t - 1
	EOF
	diff -u want out
	expect_no_err
}

@test "two rules for one owner: the first stands" {
	zone <<-'EOF'
	a.example CNAME .
	a.example CNAME rpz-passthru.
	a.example CNAME rpz-passthru.
	b.example A 127.0.0.1
	b.example CNAME .
	EOF
	run_ts 0 ts-rpz2list -s t --max-bad 50 zone
	expect_records <<-'EOF'
	block name a.example nxdomain t - 1
	block name b.example data t - 1
	EOF
	expect_err "zone:6: a.example: a second CNAME" \
		"zone:7: a.example: a second CNAME" \
		"zone:9: b.example: CNAME and other data"
}

@test "an include is refused: the zone would not be whole" {
	zone <<<'$INCLUDE more.zone'
	run_ts 65 ts-rpz2list -s t zone
	expect_err 'zone:5: $INCLUDE is not followed'
	zone <<<'$GENERATE 1-9 x$ CNAME .'
	run_ts 65 ts-rpz2list -s t zone
	expect_err 'zone:5: $GENERATE is not followed'
}

@test "what is no zone is refused" {
	: >empty
	run_ts 65 ts-rpz2list -s t empty
	expect_err "empty: empty input where a zone was expected" "hint: what should"
	printf '<html>\n<body>404</body>\n</html>\n' >page
	run_ts 65 ts-rpz2list -s t page
	expect_err "page: no SOA record"
	gzip -c page >page.gz
	run_ts 65 ts-rpz2list -s t page.gz
	expect_err "page.gz: this is compressed by gzip" "hint: gzip -dc"
	zone <<<'a CNAME .'
	run_ts 65 ts-rpz2list -s t --origin other.example zone
	expect_err "zone: no SOA record of the zone other.example"
	zone <<<'a CNAME .'
	truncate -s -1 zone
	run_ts 65 ts-rpz2list -s t zone
	expect_err "zone:5: cut off in the middle of a line"
}

@test "an empty zone is an empty policy" {
	zone </dev/null
	run_ts 0 ts-rpz2list -s t zone
	expect_records </dev/null
}

@test "a prefix wider than --widest is left out" {
	zone <<-'EOF'
	7.0.0.0.2.rpz-ip CNAME .
	8.0.0.0.4.rpz-ip CNAME .
	12.zz.2000.rpz-ip CNAME .
	EOF
	run_ts 0 ts-rpz2list -s t --max-bad 50 zone
	expect_records <<-'EOF'
	block ip4 4.0.0.0/8 - t - 1
	EOF
	expect_err "zone:5: 7.0.0.0.2.rpz-ip: wider than --widest allows"
	run_ts 0 ts-rpz2list -s t --widest 7 --widest6 12 zone
	expect_records <<-'EOF'
	block ip4 2.0.0.0/7 - t - 1
	block ip4 4.0.0.0/8 - t - 1
	block ip6 2000::/12 - t - 1
	EOF
}

@test "a public suffix is left out, unless asked for" {
	{
		printf '%s CNAME .\n' com '*.com' co.uk '*' '*.zip' x.com github.io
		echo '*.co.uk.rpz-nsdname CNAME .'
		echo 'org CNAME rpz-passthru.'
	} | zone
	run_ts 0 ts-rpz2list -s t --max-bad 90 zone
	expect_records <<-'EOF'
	block name x.com nxdomain t - 1
	block name github.io nxdomain t - 1
	EOF
	expect_err "zone:6: *.com: a public suffix" \
		"zone:12: *.co.uk.rpz-nsdname: a public suffix"
	run_ts 0 ts-rpz2list -s t --allow-suffix zone
	[[ $(grep -c $'\tt\t-\t1$' out) == 9 ]]
}

@test "a zone that blocks too much of an address space is refused" {
	printf '%s CNAME .\n' 8.0.0.0.{20..45}.rpz-ip | zone
	run_ts 65 ts-rpz2list -s t zone
	expect_err "zone: refused: it blocks 11.6 % of the IPv4 unicast space"
	run_ts 0 ts-rpz2list -s t --max-cover 12 zone
	sed -i 's/CNAME \./CNAME rpz-passthru./' zone
	run_ts 0 ts-rpz2list -s t zone
}

@test "a framed source is taken whole or not at all" {
	zone <<<'a.example CNAME .'
	{
		printf '#ts-source/1\tbytes=%s\tsha256=-\tstatus=new\turl=u\n' \
			"$(stat -c %s zone)"
		cat zone
	} >framed
	run_ts 0 ts-rpz2list -s t framed
	expect_records <<<'block name a.example nxdomain t - 1'
	head -c -1 framed >torn
	run_ts 65 ts-rpz2list -s t torn
	expect_err "1 of "
	run ! grep '^#end' out
}

@test "-o replaces the last good policy only by one that passed" {
	zone <<<'a.example CNAME .'
	run_ts 0 ts-rpz2list -s t -o list zone
	expect_no_out
	cp list good
	zone <<<'24.1.2.0.192.rpz-ip CNAME .'
	run_ts 65 ts-rpz2list -s t -o list zone
	cmp list good
	[[ $(ls) == $'err\ngood\nlist\nout\nzone' ]]
}

@test "what -o and --report make has the mode that the umask leaves" {
	zone <<<'a.example CNAME .'
	umask 002
	run_ts 0 ts-rpz2list -s t -o shared --report said zone
	umask 027
	run_ts 0 ts-rpz2list -s t -o own zone
	run_ts 0 ts-merge --now 0 -o merged own
	expect_eq modes "$(stat -c %a shared said own merged | tr '\n' ' ')" '664 664 640 640 '
}

@test "--lint prints each defect and doubt, and no policy" {
	zone <<-'EOF'
	a.example CNAME .
	24.1.2.0.192.rpz-ip CNAME .
	old.example CNAME old.example.
	drop.example CNAME rpz-drop
	other.example CNAME rpz-other.
	d.example DNAME x.test.
	x.*.example CNAME .
	32.1.2.0.192.rpz-ip CNAME rpz-passthru.
	32.2.2.0.192.rpz-ip CNAME rpz-tcp-only.
	A.example CNAME *.
	EOF
	run_ts 65 ts-rpz2list --lint zone
	expect_out <<-'EOF'
	zone:6: 24.1.2.0.192.rpz-ip: bits are set behind the prefix
	zone:7: old.example: passthru in its old form, a CNAME to the owner's own name
	zone:8: drop.example: the target is inside the zone: is its final dot missing?
	zone:9: other.example: a reserved target, which is taken for a name
	zone:10: d.example: a DNAME, which is data at its owner alone
	zone:11: x.*.example: a '*' that is not the first label is no wildcard
	zone:13: 32.2.2.0.192.rpz-ip: tcp-only, which blocks no address
	zone:14: A.example: an owner that has a rule on another line
	EOF
	expect_no_err
	zone <<<'a.example CNAME .'
	run_ts 0 ts-rpz2list --lint zone
	expect_no_out
}

@test "--lint prints all it finds or says that it could not, and replaces nothing" {
	run_sh 74 "ts-rpz2list --lint >/dev/full" <<-'EOF'
	$ORIGIN rpz.test.
	@ 60 SOA a b 1 2 3 4 5
	24.1.2.0.192.rpz-ip 60 CNAME .
	EOF
	expect_err "No space left on device"
	echo policy >last
	run_ts 64 ts-rpz2list --lint -o last <<<''
	expect_err "--lint and --output exclude each other"
	[[ $(<last) == policy ]]
}

@test "--lint and --report tell rules below a DNAME, wherever it stands" {
	zone <<-'EOF'
	x.d.example CNAME .
	d.example A 127.0.0.1
	d.example DNAME x.test.
	d.example CNAME .
	*.d.example CNAME .
	e.d.example.f CNAME .
	a.b.c.D.example TXT x
	n.s.t.rpz-nsdname CNAME .
	s.t.rpz-nsdname DNAME x.test.
	EOF
	run_ts 65 ts-rpz2list --lint zone
	expect_out <<-'EOF'
	zone:8: d.example: CNAME and other data at one owner
	zone:13: s.t.rpz-nsdname: a DNAME, which is data at its owner alone
	zone:5: x.d.example: a rule below a DNAME, which BIND does not apply
	zone:9: *.d.example: a rule below a DNAME, which BIND does not apply
	zone:11: a.b.c.d.example: a rule below a DNAME, which BIND does not apply
	zone:12: n.s.t.rpz-nsdname: a rule below a DNAME, which BIND does not apply
	EOF
	run_ts 0 ts-rpz2list -s t --max-bad 50 --report r zone
	grep -qx $'doubt\ta rule below a DNAME, which BIND does not apply\t4' r
	grep -qx $'example\ta rule below a DNAME, which BIND does not apply\t5\tx.d.example' r
	zone <<<$'@ DNAME x.test.\na.example CNAME .'
	run_ts 65 ts-rpz2list --lint zone
	expect_out <<<'zone:6: a.example: a rule below a DNAME, which BIND does not apply'
}

@test "what is no policy is passed over at the apex, and told elsewhere" {
	zone <<-'EOF'
	@ TXT "settings"
	@ CNAME .
	@ RRSIG A 8 2 300 20300101000000 20200101000000 1 z.test. AAAA
	a.example NSEC b.example A RRSIG
	a.example CNAME .
	a.example CNAME .
	a.example RRSIG CNAME 8 2 300 20300101000000 20200101000000 1 z.test. AAAA
	b.example NS ns.test.
	c.example SOA l. r. 1 2 3 4 5
	128.zz.10000.rpz-ip CNAME .
	128.1.2.3.rpz-nsip CNAME .
	129.zz.1.rpz-client-ip CNAME .
	24.0.2.0.192.rpz-client-ip CNAME .
	EOF
	run_ts 65 ts-rpz2list --lint --triggers qname,ip,nsip zone
	expect_out <<-'EOF'
	zone:12: b.example: a delegation, which no policy is
	zone:13: c.example: a SOA record below the zone's apex
	zone:14: 128.zz.10000.rpz-ip: a bad word in an IPv6 address
	zone:15: 128.1.2.3.rpz-nsip: not an IPv6 address
	zone:16: 129.zz.1.rpz-client-ip: a prefix length that is not within 1 to 128
	zone:17: 24.0.2.0.192.rpz-client-ip: a trigger that --triggers does not name
	EOF
	run_ts 0 ts-rpz2list -q -s t --max-bad 50 --triggers qname --report r zone
	expect_records <<<'block name a.example nxdomain t - 1'
	grep -qx $'repeats\t1' r
	grep -qx $'left-out\ta trigger that --triggers does not name\t1' r
}

@test "--strict sees a second rule wherever it is" {
	zone <<-'EOF'
	a.example CNAME .
	b.example CNAME .
	A.example CNAME *.
	EOF
	run_ts 0 ts-rpz2list -s t zone
	run_ts 65 ts-rpz2list -s t --strict zone
	expect_err "zone: refused: 1 bad lines (--strict)"
}

@test "--report counts records and reasons with examples" {
	{
		seq -f 'n%g.example CNAME .' 500
		echo '32.1.2.0.192.rpz-ip CNAME .'
		echo '32.2.2.0.192.rpz-ip CNAME rpz-passthru.'
		seq -f '24.%g.2.0.192.rpz-ip CNAME .' 6
		echo 'a..b CNAME .'
		echo '9.9.9.9.9.rpz-nsip CNAME rpz-tcp-only.'
		echo '16.0.0.9.9.rpz-ip CNAME rpz-tcp-only.'
		echo 'n1.example CNAME .'
	} | zone
	run_ts 65 ts-rpz2list -q -s t --report report zone
	tr '\t' '|' <report >got
	diff -u - got <<-'EOF'
	zone|rpz.example|7|514|503|8
	records|qname|nxdomain|501
	records|ip|block|1
	records|ip|allow|1
	bad|bits are set behind the prefix|7
	example|bits are set behind the prefix|507|24.1.2.0.192.rpz-ip
	example|bits are set behind the prefix|508|24.2.2.0.192.rpz-ip
	example|bits are set behind the prefix|509|24.3.2.0.192.rpz-ip
	example|bits are set behind the prefix|510|24.4.2.0.192.rpz-ip
	example|bits are set behind the prefix|511|24.5.2.0.192.rpz-ip
	bad|a label is empty or over 63 octets|1
	example|a label is empty or over 63 octets|513|a..b
	left-out|tcp-only, which blocks no address|1
	example|tcp-only, which blocks no address|515|16.0.0.9.9.rpz-ip
	doubt|an owner that has a rule on another line|1
	example|an owner that has a rule on another line|516|n1.example
	EOF
}

@test "--report tells the wildcard holes and what opens them" {
	zone <<-'EOF'
	*.example CNAME .
	ok.example CNAME rpz-passthru.
	a.b.example CNAME .
	*.b.example CNAME .
	c.d.e.example CNAME .
	*.c.d.e.example CNAME .
	other.test CNAME .
	32.1.2.0.192.rpz-ip CNAME .
	* CNAME *.
	EOF
	run_ts 0 ts-rpz2list -s t --allow-suffix --report report zone
	grep ^hole report | tr '\t' ' ' >holes
	# example, test: "*" does not reach them, for there is something below.
	diff -u - holes <<-'EOF'
	hole self example * 5 *.example
	hole below ok.example *.example 6 ok.example
	hole self b.example *.example 7 a.b.example
	hole below a.b.example *.b.example 7 a.b.example
	hole both e.example *.example 9 c.d.e.example
	hole both d.e.example *.example 9 c.d.e.example
	hole both test * 11 other.test
	hole below other.test * 11 other.test
	EOF
	run_ts 0 ts-rpz2list -s t --allow-suffix -o p zone
	run_ts 0 ts-explain -p p b.example e.example d.e.example test
	[[ $(cut -f 2 out | sort -u) == none ]]
	run_ts 0 ts-explain -p p x.ok.example x.a.b.example x.other.test
	[[ $(cut -f 2 out | sort -u) == none ]]
}

@test "-v counts by trigger and action" {
	zone <<-'EOF'
	a.example CNAME .
	b.example CNAME .
	32.1.2.0.192.rpz-ip CNAME rpz-passthru.
	EOF
	run_ts 0 ts-rpz2list -v -s t zone
	expect_err "zone: zone rpz.example serial 7: 5 entries, 3 records, 0 bad lines" \
		"zone: qname nxdomain: 2" "zone: ip allow: 1"
}

@test "a bad --source is a usage error" {
	run_ts 64 ts-rpz2list -s 'a b' /dev/null
	expect_err "--source: 'a b'"
	run_ts 64 ts-rpz2list /dev/null
	expect_err "--source is required"
}
