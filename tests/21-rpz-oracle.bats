# Response policy zones against BIND: what tests/oracle/run does, in short.
# bats file_tags=slow
load helper

@test "three ordered zones mean what BIND makes of them" {
	SEEDS=20 NAMES=3000 ZONES=3 TS_TIMEOUT=60 \
		run_ts 0 "$TOP/tests/oracle/run"
	cat out
	grep -qx 'names: 3000 asked, 0 mismatches' out
	grep -qE '^addresses: [0-9]{4} asked, 0 mismatches' out
	grep -qE '^clients: [0-9]{3} asked, 0 mismatches' out
	grep -qE '^kernel: 300 asked, 0 mismatches' out
	grep -qE '^server names: [0-9]{2} asked, 0 mismatches' out
	grep -qE '^server addresses: [0-9]{3} asked, 0 mismatches' out
}

@test "the comparison sees a wrong answer" {
	mkdir bin
	ln -s "$BINDIR"/ts-* bin/
	rm bin/ts-explain
	printf '#!/bin/sh\n%s/ts-explain "$@" | sed s/nxdomain/nodata/\n' \
		"$BINDIR" >bin/ts-explain
	chmod +x bin/ts-explain
	SEEDS=21 NAMES=400 BINDIR=bin TS_TIMEOUT=60 \
		run_ts 1 "$TOP/tests/oracle/run"
	grep -q "^mismatch: names: BIND 'nxdomain'" out
}
