# A name server that misbehaves: tests/fake/badns.py has a mode for each test.
load helper
load dns

setup_file() {
	dns_begin
	dns_key tk
	dns_cert
	dns_start /usr/bin/python3 "$BATS_TEST_DIRNAME/fake/badns.py" 5300 5853 "$D"
	wait_for 20 ns_run dig +tcp +tries=1 +time=1 -p 5300 @127.0.0.1 numbered.test A
	wait_for 20 ns_run bash -c '>/dev/tcp/127.0.0.1/5853'
}

teardown_file() { ns_stop; }

signed() { fetch "$1" -k "$D/tk.key" --retries 0 "${@:3}" "axfr://127.0.0.1:5300/$2.test"; }
plain() { fetch "$1" --retries 0 "${@:3}" "axfr://127.0.0.1:5300/$2.test"; }

# refused MESSAGE MODE...: signed or not, each is EX_DATAERR and gives nothing.
refused() {
	local mode message=$1
	shift
	for mode; do
		plain 65 "$mode"
		expect_err "$message"
		expect_no_out
		signed 65 "$mode"
		expect_err "$message"
		expect_no_out
	done
}

@test "what a sound server may do is taken" {
	signed 0 good
	expect_eq lines "$(wc -l <out)" 4
	plain 0 good
	expect_eq lines "$(wc -l <out)" 4
	signed 0 no-more-questions
	signed 0 soa-alone
	expect_eq lines "$(wc -l <out)" 1
}

@test "signatures may have gaps of up to 99 messages" {
	signed 0 first-and-last
	expect_eq lines "$(wc -l <out)" 7
	signed 0 every-third
	expect_eq lines "$(wc -l <out)" 9
	signed 0 gap99
	expect_eq lines "$(wc -l <out)" 100
	signed 65 gap100
	expect_err 'message 101 of the answer is the hundredth in a row without a signature'
	expect_no_out
}

@test "first and last message have to be signed" {
	signed 65 unsigned
	expect_err 'message 1 of the answer is not signed, though the query was'
	signed 65 first-unsigned
	expect_err 'message 1 of the answer is not signed'
	signed 65 last-unsigned
	expect_err 'message 4 of the answer is the last of it and not signed'
	expect_no_out
}

@test "an altered or lost message is found, in a gap as well" {
	signed 65 bad-mac
	expect_err 'message 2 of the answer has a wrong signature'
	signed 65 bad-gap
	expect_err 'message 7 of the answer has a wrong signature'
	signed 65 lost-in-gap
	expect_err 'message 6 of the answer has a wrong signature'
	expect_no_out
}

@test "another key or algorithm than asked with is refused" {
	signed 65 other-key
	expect_err 'signed with another key or algorithm'
	signed 65 other-algorithm
	expect_err 'signed with another key or algorithm'
	signed 65 short-mac
	expect_err 'shortened signature'
	signed 65 tsig-in-the-middle
	expect_err 'TSIG record that is not its last'
}

@test "clocks that differ are told by how much, whoever finds out" {
	signed 77 behind
	expect_err "this host's clock is 100" " s ahead of the server's" BADTIME 'hint: set the clock'
	signed 77 ahead
	expect_err "this host's clock is " " s behind the server's"
	signed 77 badtime
	expect_err "this host's clock is 312 s ahead of the server's"
	expect_no_out
}

@test "an answer to something else is refused" {
	refused 'another ID' wrong-id
	refused 'is no answer to a query' a-query an-update
	refused 'is to another question' other-question
	refused 'does not have one question' no-question
	refused 'is cut off (TC)' cut
}

@test "what is no zone, or not this one, is refused" {
	refused "record 1 is not the zone's SOA" no-soa
	refused 'record 3 is outside of the zone' foreign-soa
	refused 'record 2 is the SOA of another zone' inner-soa
	refused 'closes the zone with another serial' other-serial
	refused 'record 4 comes behind the end of the zone' behind-the-end
	refused 'record 2 is outside of the zone' outside lookalike
	refused 'record 2 is not of class IN' chaos
	refused 'record 2 is of a type that no zone holds' meta
	refused 'a message without records' no-records
}

@test "malformed messages are refused" {
	local mode
	for mode in self-pointer pointer-loop pointer-forward pointer-outside \
		long-name long-label short-address short-soa overrun text-overrun \
		name-overrun odd-overrun too-short counts; do
		plain 65 "$mode"
		expect_err malformed
		expect_no_out
	done
	refused 'bytes behind its end' trailing-bytes
}

@test "a connection that ends too early is told from one that is lost" {
	signed 75 early
	expect_err 'ended after 1 messages, before the answer did'
	expect_no_out
	signed 75 within-a-message
	expect_err 'ended within a message'
	expect_no_out
	signed 75 no-answer
	expect_err 'without an answer'
	signed 75 reset
	expect_err 'connection lost'
	expect_no_out
}

@test "TLS that ends without notice is said so" {
	local tls=(-k "$D/tk.key" --ca-file "$D/cert.pem" --retries 0)
	fetch 0 "${tls[@]}" axfr+tls://127.0.0.1:5853/good.test
	fetch 75 "${tls[@]}" axfr+tls://127.0.0.1:5853/early.test
	expect_err 'before the answer did, and without TLS saying so'
	expect_no_out
	fetch 75 "${tls[@]}" axfr+tls://127.0.0.1:5853/early-polite.test
	expect_err 'before the answer did'
	run_ts 1 grep 'without TLS' err
}

# bats test_tags=slow
@test "a byte a moment is given up, as is silence" {
	signed 75 drip --idle-timeout 1
	expect_err 'given up after ' ' bytes in 1 s'
	signed 75 silent --idle-timeout 1
	expect_err 'given up after 0 bytes in 1 s'
	expect_no_out
}

# bats test_tags=slow
@test "a server that was given up is not tried again: that takes minutes" {
	fetch 75 -k "$D/tk.key" --idle-timeout 1 axfr://127.0.0.1:5300/drip-once.test
	expect_err 'given up after ' ' bytes in 1 s'
	fetch 0 -k "$D/tk.key" axfr://127.0.0.1:5300/drip-once.test
}

# bats test_tags=slow
@test "the limit of the whole ends what never stops" {
	signed 75 slow --max-time 1
	expect_err 'not done within the total time limit'
	expect_no_out
}

@test "ceilings end a zone without end" {
	signed 65 endless --max-records 1000
	expect_err 'record 1001 is more than --max-records allows'
	signed 65 endless --max-bytes 10K
	expect_err 'longer than --max-bytes allows'
	expect_no_out
}

@test "a lost connection is tried again, from the beginning" {
	fetch 0 -k "$D/tk.key" --retries 1 axfr://127.0.0.1:5300/second-time.test
	expect_eq lines "$(wc -l <out)" 2
}

# difference MODE TEXT...: what -v says; the zone is the new one in any case.
difference() {
	local url=ixfr://127.0.0.1:5300/$1.test
	fetch 0 -k "$D/tk.key" --state "st-$1" --retries 0 "$url"
	expect_eq lines "$(wc -l <out)" 4
	fetch 0 -v -k "$D/tk.key" --state "st-$1" --retries 0 "$url"
	expect_err "${@:2}"
	diff <(LC_ALL=C sort out) <(LC_ALL=C sort <<END
a.$1.test.	300	IN	CNAME	.
new.$1.test.	300	IN	CNAME	.
$1.test.	300	IN	SOA	ns.invalid. root.invalid. 9 1 2 3 4
END
	)
}

@test "a difference is applied, however it is cut into messages" {
	difference ix-good ' way=ixfr ' ' deltas=1 '
	difference ix-lone-soa ' way=ixfr ' ' deltas=1 '
	difference ix-whole ' way=ixfr '
}

@test "a difference that does not fit or is none gives way to the whole zone" {
	local mode
	for mode in absent present twice other-start other-soa broken-chain \
		backwards cut outside formerr notimp refused servfail hangs-up; do
		difference "ix-$mode" ' way=axfr fallback=yes '
	done
}

@test "the whole zone in answer to an equal serial is unchanged" {
	fetch 0 -k "$D/tk.key" --state st ixfr://127.0.0.1:5300/ix-same-whole.test
	fetch 0 -v -k "$D/tk.key" --state st ixfr://127.0.0.1:5300/ix-same-whole.test
	expect_err ' way=ixfr ' unchanged
	expect_eq lines "$(wc -l <out)" 4
}

@test "a difference without end meets the ceiling" {
	fetch 0 -k "$D/tk.key" --state st ixfr://127.0.0.1:5300/ix-endless.test
	fetch 0 -v -k "$D/tk.key" --state st --max-records 1000 ixfr://127.0.0.1:5300/ix-endless.test
	expect_err ' fallback=yes '
}

list() { fetch "$1" --retries 0 "${@:3}" "dns://127.0.0.1:5300/$2"; }

@test "malformed records of a list are refused" {
	local name
	list 65 'a-long.test?type=A'
	expect_err 'malformed address record'
	list 65 'aaaa-short.test?type=AAAA'
	for name in family length octets overrun header; do
		list 65 "apl-$name.test?type=APL"
		expect_err 'malformed APL record'
	done
	list 65 'txt-overrun.test?type=TXT'
	expect_err 'malformed TXT record'
	list 65 'txt-empty.test?type=TXT'
	expect_err 'an empty list is not taken'
}

@test "what a prefix has behind its length is left to see" {
	list 0 'apl-host-bits.test?type=APL'
	expect_out <<'END'
!10.1.2.3/8
::/128
END
	list 0 'apl-zeros.test?type=APL'
	expect_out <<<10.0.0.0/8
}

@test "aliases in any order, and no loop of them" {
	list 0 alias-backwards.test
	expect_out <<<10.0.0.1
	list 65 alias-loop.test
	expect_err 'loop of aliases'
}

@test "records that were not asked for are passed over" {
	list 0 'of-others.test?type=A&continue=none'
	expect_out <<<10.0.0.3
}

@test "names that lead on without end meet the ceiling" {
	list 65 'many-names.test?type=A'
	expect_err 'more than 1024 names continue the list'
}

@test "a server that ends the connection after each answer is asked again" {
	list 0 hangs-up.test
	expect_out <<'END'
10.0.0.1
::
END
}

@test "an unsigned NXDOMAIN does not end a list" {
	list 65 'numbered.test?type=A&continue=number' -k "$D/tk.key"
	expect_err 'is not signed'
	expect_no_out
}
