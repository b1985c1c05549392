#!/usr/bin/env bats
# ts-feed2list: what publishers write, in; a policy stream, or a clear refusal, out.

load helper

# records: the bare records of out, without what every one has at its end.
records() {
	grep -v '^#' out | cut -f1-4 | tr '\t' ' '
}

# feed ARG... <<EOF: runs ts-feed2list on standard input.
feed() {
	local status=$1
	shift
	cat >list
	run_ts "$status" ts-feed2list --source t "$@" list
}

# out_lacks PATTERN: no line of standard output matches.
out_lacks() {
	if grep -e "$1" out; then
		fail "standard output has '$1'"
	fi
}

@test "addresses and prefixes become records of a whole stream" {
	feed 0 <<-'EOF'
		192.0.2.1
		198.51.100.0/24
		2001:DB8::1
		2001:db8:1::/48
	EOF
	expect_out <<-EOF
		#ts-policy/1	names=list
		block	ip4	192.0.2.1/32	-	t	-	1
		block	ip4	198.51.100.0/24	-	t	-	1
		block	ip6	2001:db8::1/128	-	t	-	1
		block	ip6	2001:db8:1::/48	-	t	-	1
		#end	records=4
	EOF
	expect_no_err
}

@test "comments, blanks, CRLF, a byte order mark and upper case do not matter" {
	printf '\357\273\277# list\r\n\r\n; drop\n 192.0.2.1 \t# c\r\n192.0.2.2;SBL1\n// x\n! y\n\tExample.COM.\n' >list
	run_ts 0 ts-feed2list --source t list
	expect_no_err
	[[ $(records) == $'block ip4 192.0.2.1/32 -\nblock ip4 192.0.2.2/32 -\nblock name example.com nxdomain' ]]
}

@test "ranges and netmasks become their minimal prefixes" {
	feed 0 <<-'EOF'
		192.0.2.1 - 192.0.2.6
		192.0.2.8-192.0.2.9
		10.0.0.0 255.0.0.0
		172.16.0.0/255.240.0.0
		2001:db8::-2001:db8::2
	EOF
	expect_no_err
	diff <(records | cut -d' ' -f3) - <<-'EOF'
		192.0.2.1/32
		192.0.2.2/31
		192.0.2.4/31
		192.0.2.6/32
		192.0.2.8/31
		10.0.0.0/8
		172.16.0.0/12
		2001:db8::/127
		2001:db8::2/128
	EOF
}

@test "a mapped address is the IPv4 address that it means" {
	feed 0 <<<$'::ffff:192.0.2.1\n::ffff:c633:6400/120'
	[[ $(records) == $'block ip4 192.0.2.1/32 -\nblock ip4 198.51.100.0/24 -' ]]
}

@test "host bits are cleared, or refused when asked" {
	feed 0 <<<192.0.2.9/24
	[[ $(records) == 'block ip4 192.0.2.0/24 -' ]]
	feed 65 --host-bits refuse <<<192.0.2.9/24
	expect_err "list:1: bits are set behind the prefix: '192.0.2.9/24'"
}

@test "an exception is an allow record" {
	feed 0 <<<$'10.0.0.0/8\n!10.1.2.0/24'
	[[ $(records) == $'block ip4 10.0.0.0/8 -\nallow ip4 10.1.2.0/24 -' ]]
	feed 0 --verdict allow <<<$'10.0.0.0/8\n!10.1.2.0/24'
	[[ $(records) == 'allow ip4 10.0.0.0/8 -' ]]
	expect_err "list: 1 not held: an exception in an allow list"
}

@test "a name is itself, *.name what is below, .name both, and so all with --subdomains" {
	local names=$'a.example\n*.b.example\n.c.example\n0.0.0.0.d.example'
	feed 0 <<<"$names"
	[[ $(records) == $'block name a.example nxdomain\nblock name *.b.example nxdomain\nblock name c.example nxdomain\nblock name *.c.example nxdomain\nblock name 0.0.0.0.d.example nxdomain' ]]
	feed 0 --subdomains <<<a.example
	[[ $(records) == $'block name a.example nxdomain\nblock name *.a.example nxdomain' ]]
}

@test "internationalized names become A-labels" {
	feed 0 <<<$'B\303\234CHER.example\nfa\303\237.example\nxn--bcher-kva.example'
	[[ $(records) == $'block name xn--bcher-kva.example nxdomain\nblock name xn--fa-hia.example nxdomain\nblock name xn--bcher-kva.example nxdomain' ]]
}

@test "a hosts file lists each name alone, without the machine's own" {
	feed 0 -v <<-'EOF'
		127.0.0.1 localhost
		::1 ip6-localhost ip6-loopback
		255.255.255.255 broadcasthost
		0.0.0.0 0.0.0.0
		0.0.0.0 a.example b.example # two
		:: c.example
		127.0.0.1	D.example
		192.168.1.1 router.example
	EOF
	[[ $(records) == $'block name a.example nxdomain\nblock name b.example nxdomain\nblock name c.example nxdomain\nblock name d.example nxdomain' ]]
	expect_err "taken for 'hosts'" "list: 1 not held: a name that is sent to an address"
}

@test "a count behind the address is the weight" {
	feed 0 <<<$'# IP\tnumber\n192.0.2.1\t10\n192.0.2.2\t1\n192.0.2.3\t99999'
	[[ $(grep -v '^#' out | cut -f3,7 | tr '\t' ' ') == $'192.0.2.1/32 10\n192.0.2.2/32 1\n192.0.2.3/32 65535' ]]
}

@test "of a Tor exit list the exit addresses are taken" {
	feed 0 <<-'EOF'
		ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E
		Published 2026-01-01 00:00:00
		LastStatus 2026-01-01 01:00:00
		ExitAddress 192.0.2.7 2026-01-01 02:00:00
	EOF
	[[ $(records) == 'block ip4 192.0.2.7/32 -' ]]
}

@test "an adblock rule is a name and all below it, what DNS cannot hold is counted" {
	feed 0 -v <<-'EOF'
		[Adblock Plus 2.0]
		! Title: x, y
		# comment
		||a.example^
		||B.example^|
		||c.example^$important
		||d.example
		||*.e.example^
		@@||ok.a.example^
		bare.example
		0.0.0.0 host.example
		||192.0.2.1^
		||f.example^$third-party
		||g.example/path
		||h.example:8080^
		||ads.*.example^
		/banner[0-9]+/
		@@/x/$script
		example.com##.ad
		##.ad
		|https://i.example/
		-banner-
	EOF
	diff <(records) - <<-'EOF'
		block name a.example nxdomain
		block name *.a.example nxdomain
		block name b.example nxdomain
		block name *.b.example nxdomain
		block name c.example nxdomain
		block name *.c.example nxdomain
		block name d.example nxdomain
		block name *.d.example nxdomain
		block name *.e.example nxdomain
		allow name ok.a.example passthru
		allow name *.ok.a.example passthru
		block name bare.example nxdomain
		block name host.example nxdomain
		block ip4 192.0.2.1/32 -
	EOF
	expect_err "taken for 'adblock': 15 of the first 20 entries" "list:13: a rule with options" \
		"list: 1 not held: a rule with options" "list: 3 not held: a rule for a part of a site" \
		"list: 2 not held: a regular expression" "list: 2 not held: a rule for what a page shows" \
		"list: 2 not held: a pattern that is not a name"
}

@test "dnsmasq settings block a name and all below it, and take back what they say" {
	feed 0 --max-bad 10 <<-'EOF'
		# made for dnsmasq
		address=/a.example/
		address=/b.example/c.example/0.0.0.0
		address=/d.example/#  # null
		address = /e.example/::
		local=/f.example/
		server=/g.example/
		server=/ok.a.example/#
		server=/h.example/192.0.2.53
		address=/i.example/192.0.2.80
		address=/*.j.example/
		address=/#/
		server=192.0.2.53
		no-resolv
		conf-dir=/etc/dnsmasq.d
	EOF
	diff <(records) - <<-'EOF'
		block name a.example nxdomain
		block name *.a.example nxdomain
		block name b.example nxdomain
		block name *.b.example nxdomain
		block name c.example nxdomain
		block name *.c.example nxdomain
		block name d.example nxdomain
		block name *.d.example nxdomain
		block name e.example nxdomain
		block name *.e.example nxdomain
		block name f.example nxdomain
		block name *.f.example nxdomain
		block name g.example nxdomain
		block name *.g.example nxdomain
		allow name ok.a.example passthru
		allow name *.ok.a.example passthru
		block name *.j.example nxdomain
	EOF
	expect_err "list:12: the whole space: '#'" "list: 1 not held: a name that another server" \
		"list: 1 not held: a name that is sent" "list: 3 not held: another setting"
}

@test "a column of CSV is taken, in quotes or not, without header and comments" {
	feed 0 --column 2 -v <<-'EOF'
		# "first_seen","dst_ip","note"
		"seen", "dst_ip","note"
		"2026-01-01", "192.0.2.1","a ""quoted"", note"
		2026-01-02,192.0.2.2,x
		"2026-01-03","192.0.2.3","over
		two, lines"
		2026-01-04,,none
	EOF
	[[ $(records) == $'block ip4 192.0.2.1/32 -\nblock ip4 192.0.2.2/32 -\nblock ip4 192.0.2.3/32 -' ]]
	expect_err "list:2: a header, passed over: 'dst_ip'" "list:7: no value, passed over"
	feed 0 --column 1 <<<$'a.example;1\nb.example;2'
	[[ $(records) == $'block name a.example nxdomain\nblock name b.example nxdomain' ]]
	feed 0 --column 3 <<<$'x\ty\t192.0.2.0/24'
	[[ $(records) == 'block ip4 192.0.2.0/24 -' ]]
	feed 65 --column 3 <<<$'a,192.0.2.1\na,192.0.2.1'
	expect_err 'list:1: fewer columns than asked for'
	feed 65 <<<$'ip,when\n192.0.2.1,now'
	expect_err 'list: this is CSV, and nothing says which column' 'hint: --column'
	feed 65 --column 1 <<<$'192.0.2.1,a\n192.0.2.2,"b\n192.0.2.3,c'
	expect_err 'list:2: a quote is never closed'
}

@test "JSON gives what is at the paths, a value a line too" {
	cat >aws <<-'EOF'
		{"syncToken": "1", "prefixes": [
		  {"ip_prefix": "192.0.2.0/24", "service": "EC2"},
		  {"ip_prefix": "198.51.100.0/24", "nested": {"ip_prefix": "10.0.0.0/8"}}],
		 "ipv6_prefixes": [{"ipv6_prefix": "2001:db8::/32"}]}
	EOF
	run_ts 0 ts-feed2list --source t --path '.prefixes[].ip_prefix' --path '.ipv6_prefixes[].ipv6_prefix' -v aws
	[[ $(records) == $'block ip4 192.0.2.0/24 -\nblock ip4 198.51.100.0/24 -\nblock ip6 2001:db8::/32 -' ]]
	expect_err "taken for 'json'"
	feed 0 --path .cidr -v <<-'EOF'
		{"cidr":"192.0.2.0/24","rir":"apnic"}
		{"rir":"arin","cidr":"198.51.100.0\/24"}
		{"type":"metadata","copyright":"x"}
	EOF
	[[ $(records) == $'block ip4 192.0.2.0/24 -\nblock ip4 198.51.100.0/24 -' ]]
	expect_err "taken for 'ndjson'"
	feed 0 --path '.[][]."host name"' <<<'{"17": [{"host name": "a.example"}], "18": [{"host name": "\u0062.example"}]}'
	[[ $(records) == $'block name a.example nxdomain\nblock name b.example nxdomain' ]]
	feed 0 --path '[]' <<<'["192.0.2.1", null, "192.0.2.2"]'
	[[ $(records | wc -l) == 2 ]]
}

@test "JSON that is broken, or is not what the path says, is reported" {
	feed 65 --path .ip <<<$'{"ip":"192.0.2.1"}\n{"ip":"192.0.2.2"\n{"ip":"192.0.2.3"}'
	expect_err 'list:2: broken JSON'
	out_lacks 192.0.2.2
	feed 65 --path '.[].ip' <<<$'[{"ip":"192.0.2.1"},\n{"ip":"192.0.2.2"'
	expect_err 'list:3: bad JSON: cut off'
	feed 65 --path .ips <<<'{"ips":["192.0.2.1"]}'
	expect_err 'list:1: an object or array at the path'
	feed 65 --path .ip <<<'{"ip":3221225985}'
	expect_err "list:1: no string at the path: '3221225985'"
	feed 65 --path .nowhere <<<'{"ip":"192.0.2.1"}'
	expect_err 'list: refused: not a single entry'
	feed 65 <<<'{"error":"rate limited"}'
	expect_err 'list: this is JSON, and nothing says where in it'
	feed 64 --path 'ip' <<<'{}'
	expect_err "--path: 'ip': a step is"
	feed 64 --path .a --column 1 <<<'{}'
	feed 65 --path '.[]' <<<"$(printf '[%.0s' {1..100})"
	expect_err 'bad JSON: nested too deeply'
}

@test "gzip is decoded, whole or not at all" {
	seq 200 | sed 's/^/192.0.2./' >list
	run_ts 0 ts-feed2list --source t list
	cp out want
	{ head -n 90 list | gzip; tail -n +91 list | gzip; } >list.gz
	run_ts 0 ts-feed2list --source t list.gz
	cmp out want
	{ printf '#ts-source/1\tbytes=%d\tsha256=0\tstatus=new\n' "$(stat -c %s list.gz)"; cat list.gz; } >framed
	run_ts 0 ts-feed2list --source t framed
	cmp out want
	head -c -5 framed >torn
	run_ts 65 ts-feed2list --source t torn
	expect_err 'torn: the gzip data is cut off'
	head -c -9 list.gz >torn
	run_ts 65 ts-feed2list --source t torn
	expect_err 'torn: the gzip data is cut off'
	{ cat list.gz; echo 192.0.2.1; } >longer
	run_ts 65 ts-feed2list --source t longer
	expect_err 'longer: bytes after the end of the gzip data'
	gzip -c list | sed 's/\(..........\)./\1\xff/' >bad
	run_ts 65 ts-feed2list --source t bad
}

@test "a gzip bomb and an endless list meet a ceiling" {
	yes 192.0.2.1 | head -c 40000000 | gzip >bomb
	run_ts 65 ts-feed2list --source t bomb
	expect_err 'bomb: the gzip data grows more than 256-fold'
	run_ts 65 bash -c 'yes 192.0.2.1 | ts-feed2list --source t --max-bytes 1M -'
	expect_err '<stdin>: over 1048576 bytes'
	yes 192.0.2.1 | head -c 1048570 >list
	run_ts 0 ts-feed2list --source t --max-bytes 1048570 list
	run_ts 65 ts-feed2list --source t --max-bytes 1048569 list
	yes 192.0.2.1 | head -c 1048570 | gzip >list.gz
	run_ts 65 ts-feed2list --source t --max-bytes 1048569 list.gz
	expect_err 'list.gz: over 1048569 bytes'
}

@test "the report has every line that was left out, also of a refused list" {
	printf 'a.example\nbad \x1b[1m\\ line\n0.0.0.0/0\n' >list
	run_ts 65 ts-feed2list --source t --report report list
	diff report - <<-EOF
		2	bad	more than one value on a line	bad \x1b[1m\x5c line
		3	bad	the whole space	0.0.0.0/0
	EOF
	run_ts 73 ts-feed2list --source t --report none/report list
}

@test "verdict, response and expiry reach every record" {
	feed 0 --verdict allow --expires 1700000000 <<<$'a.example\n192.0.2.1'
	expect_out <<-EOF
		#ts-policy/1	names=list
		allow	name	a.example	passthru	t	1700000000	1
		allow	ip4	192.0.2.1/32	-	t	1700000000	1
		#end	records=2
	EOF
	feed 0 --response redirect=walled.example --ttl 1h --now 1000 <<<a.example
	[[ $(sed -n 2p out) == $'block\tname\ta.example\tredirect=walled.example\tt\t4600\t1' ]]
	feed 64 --response nonsense <<<a.example
	feed 64 --response passthru <<<a.example
	feed 64 --verdict allow --response nodata <<<a.example
}

@test "every line that is no entry is left out and reported with line and reason" {
	feed 0 --max-bad 100 <<-'EOF'
		192.0.2.1
		942.180.233.122
		1.2.3
		192.0.2.1/33
		192.0.2.010
		10.0.0.0 255.0.255.0
		192.0.2.9-192.0.2.1
		http://a.example/x
		user@a.example
		192.0.2.1:443
		a.example:80
		two words
		a..example
		a,b.example
		10.0.0.0/7
		0.0.0.0/0
		2000::/15
		co.uk
		*.com
		single
	EOF
	[[ $(records) == 'block ip4 192.0.2.1/32 -' ]]
	expect_err "list:2: an octet is over 255" "list:3: neither an address nor a name: '1.2.3'" \
		"list:4: bad prefix length: '192.0.2.1/33'" "list:5: an octet" "list:6: bad netmask" \
		"list:7: no range" "list:8: a URL" "list:9: a mail address" "list:10: a port" \
		"list:11: a port" "list:12: more than one value" "list:13: a label" \
		"list:14: a character" "list:15: wider than allowed" "list:16: the whole space" \
		"list:17: wider than allowed" "list:18: a public suffix" "list:19: a public suffix" \
		"list:20: a public suffix" "list: 3 left out as bad: a public suffix"
}

@test "twenty bad lines are shown, all of them with -v" {
	{ seq 100 | sed 's/^/bad line /'; seq 200 | sed 's/^/10.0.0./'; } >list
	run_ts 65 ts-feed2list --source t list
	[[ $(grep -c "more than one value on a line: 'bad line" err) == 20 ]]
	expect_err 'further bad entries are shown with -v' 'list: 100 left out as bad: more than one'
	run_ts 65 ts-feed2list --source t -v list
	[[ $(grep -c "more than one value on a line: 'bad line" err) == 100 ]]
}

@test "more than one bad line in a hundred refuses the feed" {
	{ seq 99 | sed 's/^/10.0.0./'; echo 1.2.3; } >list
	run_ts 0 ts-feed2list --source t list
	{ seq 98 | sed 's/^/10.0.0./'; echo 1.2.3; } >list
	run_ts 65 ts-feed2list --source t list
	expect_err 'list: refused: 1 of 99 entries are bad, over 1 %'
	out_lacks '^#end'
	run_ts 0 ts-feed2list --source t --max-bad 2 list
}

@test "a list that covers a tenth of the address space is refused, repeats or not" {
	# 22 of 224 /8 are under 10 %, 23 are over.
	for i in {1..22} {1..22}; do echo "$i.0.0.0/8"; done >list
	run_ts 0 ts-feed2list --source t list
	echo 23.0.0.0/8 >>list
	run_ts 65 ts-feed2list --source t list
	expect_err 'list: refused: it covers 10.3 % of the IPv4 addresses, over 10 %'
	run_ts 0 ts-feed2list --source t --max-cover 11 list
	for i in {0..9} {a..f}; do for j in {0..9} {a..f}; do for k in 0 8 9 a b; do echo "2$i$j$k::/16"; done; done; done >list
	run_ts 65 ts-feed2list --source t list
	expect_err 'of the IPv6 addresses, over 10 %'
}

@test "an empty feed is refused unless it is said to be fine" {
	feed 65 <<<'# nothing'
	expect_err 'list: refused: not a single entry'
	feed 0 --allow-empty <<<'# nothing'
	expect_out <<<$'#ts-policy/1\tnames=list\n#end\trecords=0'
}

@test "what is no list at all is named as what it is" {
	feed 65 <<<$'\n<!DOCTYPE html>\n<html><title>503</title>'
	expect_err 'list: this is an HTML page, not a list'
	printf '\377\376a\0' >list
	run_ts 65 ts-feed2list --source t list
	expect_err 'list: this is UTF-16 text, not a list'
	printf '10.0.0.1\n\0\n' >list
	run_ts 65 ts-feed2list --source t list
	expect_err 'list: this is binary data, not a list'
	{ seq 20000 | sed 's/^/10.0.0.1 #/'; printf '\0\n'; } >list
	run_ts 65 ts-feed2list --source t list
	expect_err 'list:20001: a NUL byte'
}

# bats test_tags=slow
@test "a line of a hundred megabytes is one bad line, in small memory" {
	{ printf '10.0.0.1\n'; head -c 100000000 /dev/zero | tr '\0' x; printf '\n10.0.0.2\n'; } >list
	run_ts 0 /usr/bin/python3 - <<-'EOF'
		import resource, subprocess, sys
		subprocess.run(["ts-feed2list", "--source", "t", "--max-bad", "50", "list"], check=True)
		peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
		sys.exit(peak > 80000 and f"{peak} KiB")
	EOF
	[[ $(records) == $'block ip4 10.0.0.1/32 -\nblock ip4 10.0.0.2/32 -' ]]
	expect_err 'list:2: line over 65536 bytes'
}

@test "a list without a final line feed is taken with a warning" {
	printf '192.0.2.1\n192.0.2.2' >list
	run_ts 0 ts-feed2list --source t list
	[[ $(records | wc -l) == 2 ]]
	expect_err 'list: the last line has no line feed'
}

@test "a framed source is taken whole or not at all" {
	local h=$'#ts-source/1\tbytes=20\tsha256=0\tstatus=new\n'
	printf '%s192.0.2.1\n192.0.2.2\n' "$h" >list
	run_ts 0 ts-feed2list --source t list
	[[ $(records | wc -l) == 2 ]]
	printf '%s192.0.2.1\n192.0.2' "$h" >list
	run_ts 65 ts-feed2list --source t list
	expect_err 'list: the source is cut off: 3 of 20 bytes are missing'
	out_lacks '^#end'
	printf '%s192.0.2.1\n192.0.2.2\nx' "$h" >list
	run_ts 65 ts-feed2list --source t list
	expect_err 'bytes after the end of the source'
}

@test "the last good policy is replaced only by one that passed" {
	echo 192.0.2.1 >list
	(umask 027 && run_ts 0 ts-feed2list --source t -o policy list)
	expect_eq mode "$(stat -c %a policy)" 640
	expect_no_out
	cp policy good
	echo '<html>' >list
	run_ts 65 ts-feed2list --source t -o policy list
	cmp policy good
	echo 192.0.2.2 >list
	run_ts 0 ts-feed2list --source t -o policy list
	grep -q 192.0.2.2/32 policy
	[[ $(find . -name 'policy*' | wc -l) == 1 ]]
}

@test "a bad source name is a usage error" {
	feed 64 --source 'a b' <<<192.0.2.1
	feed 64 --source '' <<<192.0.2.1
	run_ts 64 ts-feed2list list
	expect_err '--source is required'
}

@test "common lines give the same with and without what slows them down" {
	local seed=${SEED:-1} form
	echo "seed $seed"
	/usr/bin/python3 - "$seed" "$(rounds 5000)" <<-'EOF'
		import random, sys
		r = random.Random(int(sys.argv[1]))
		def ip4():
		    a = ".".join(str(r.choice((0, 1, 9, 10, 99, 100, 199, 255, 256, 260, 999, "01", "", "1234", r.randrange(256)))
		                     if r.random() < .03 else r.randrange(256)) for _ in range(r.choice((4,) * 50 + (3, 5))))
		    return a + r.choice(("",) * 9 + ("/32", "/24", "/8", "/7", "/0", "/33", "/", "/08", "/1x", "/24/", "/031"))
		def ip6():
		    w = ["%x" % r.getrandbits(r.choice((1, 4, 12, 16))) for _ in range(8)]
		    i, n = r.randrange(8), r.randrange(8)
		    a = ":".join(w) if r.random() < .3 else ":".join(w[:i]) + "::" + ":".join(w[i + n:])
		    return a + r.choice(("", "", "", "/128", "/64", "/32", "/16", "/15", "/129"))
		def name():
		    l = ["".join(r.choice("abzABZ0129-_") for _ in range(r.choice((1, 2, 5, 9, 20, 62, 63, 64) if r.random() < .2 else (3, 7))))
		         for _ in range(r.choice((1, 2, 2, 3, 3, 4, 5)))]
		    return ".".join(l + [r.choice(("com", "co.uk", "com.", "github.io", "net", "7", "x7", "", "org"))])
		forms = {"plain": lambda: r.choice((ip4, ip4, ip6, name))(),
		         "hosts": lambda: r.choice(("0.0.0.0 ", "0.0.0.0 ", "127.0.0.1 ")) + r.choice((name(), name(), "localhost.localdomain")),
		         "adblock": lambda: "||" + name() + "^"}
		for form, line in forms.items():
		    with open(form + ".fast", "w") as fast, open(form + ".slow", "w") as slow:
		        for _ in range(int(sys.argv[2])):
		            l = line()
		            fast.write(l + r.choice(("\n", "\n", "\r\n")))
		            slow.write(l + " \n")
	EOF
	for form in plain hosts adblock; do
		run_ts 0 ts-feed2list --source t --format "$form" --max-bad 100 --max-cover 100 --report fast "$form.fast"
		mv out out.fast
		(($(wc -l <out.fast) > $(rounds 500)))
		run_ts 0 ts-feed2list --source t --format "$form" --max-bad 100 --max-cover 100 --report slow "$form.slow"
		cmp fast slow
		cmp out.fast out
	done
}

@test "JSON is read as jq and Python read it" {
	TS_TIMEOUT=60 run_ts 0 "$TOP/tests/property/feedjson.py" "${SEED:-1}" "$(rounds 300)"
}

@test "nothing that the fuzzer found crashes it" {
	local f n=0
	local -a how
	for f in "$TOP"/tests/fuzz/corpus/feed/*; do
		tail -c +3 "$f" >list
		for how in '' '--format adblock' '--column 2' '--path .a[].b'; do
			read -ra how <<<"$how"
			timeout 10 ts-feed2list -q -s t "${how[@]}" list >out 2>err ||
				(($? == 65)) || fail "$f ${how[*]}" "$(<err)"
			n=$((n + 1))
		done
	done
	((n > 60))
}

@test "random lists cover exactly what Python says they do" {
	local seed=${SEED:-1}
	echo "seed $seed"
	/usr/bin/python3 - "$seed" <<-'EOF'
		import ipaddress, random, sys
		r = random.Random(int(sys.argv[1]))
		nets, lines = [], []
		for _ in range(3000):
		    bits = r.choice((32, 32, 32, 128))
		    top = r.getrandbits(bits)
		    cls = ipaddress.IPv4Network if bits == 32 else ipaddress.IPv6Network
		    adr = ipaddress.IPv4Address if bits == 32 else ipaddress.IPv6Address
		    form = r.randrange(5)
		    plen = r.randint(20 if bits == 32 else 30, bits)
		    if form == 0:
		        nets.append(cls(top)); lines.append(str(adr(top)))
		    elif form == 1:
		        n = cls((top, plen), strict=False); nets.append(n)
		        lines.append(r.choice((str(n), f"{adr(top)}/{plen}", n.exploded.upper())))
		    elif form == 2 and bits == 32:
		        n = cls((top, plen), strict=False); nets.append(n)
		        lines.append(r.choice((n.with_netmask, n.with_netmask.replace("/", " "))))
		    else:
		        last = min(top + r.getrandbits(r.randrange(1, 13)), 2**bits - 1)
		        nets += ipaddress.summarize_address_range(adr(top), adr(last))
		        lines.append(str(adr(top)) + r.choice(("-", " - ", "- ")) + str(adr(last)))
		open("list", "w").write("\n".join(lines) + "\n")
		with open("want", "w") as f:
		    for v in (4, 6):
		        for n in ipaddress.collapse_addresses(n for n in nets if n.version == v):
		            print(n, file=f)
	EOF
	run_ts 0 ts-feed2list --source t --max-cover 100 list
	expect_no_err
	/usr/bin/python3 - >got <<-'EOF'
		import ipaddress
		nets = [ipaddress.ip_network(l.split("\t")[2]) for l in open("out") if l[0] != "#"]
		for v in (4, 6):
		    for n in ipaddress.collapse_addresses(n for n in nets if n.version == v):
		        print(n)
	EOF
	diff want got
}
