#!/usr/bin/env bats
# Signature Version 4, against another implementation of it.
# bats file_tags=slow

load helper

@test "signs random requests as botocore does" {
	TS_TIMEOUT=60 run_ts 0 /usr/bin/python3 "$TOP/tests/property/sigv4.py" \
		"${SEED:-1}" 2000 "$BINDIR/unit/test_sigv4"
}
