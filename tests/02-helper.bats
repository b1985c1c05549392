# The helpers themselves: one that cannot fail hides everything behind it.
# bats file_tags=slow
load helper

# refuses COMMAND...: it fails, and says something.
refuses() {
	local text
	! text=$("$@" 2>&1) || fail "does not fail: $*" || return
	[[ $text == *${SAYING:-?}* ]] || fail "does not say why: $*" "$text"
}

@test "run_ts demands the status, keeps both outputs, and ends what hangs" {
	run_ts 3 bash -c 'echo o; echo e >&2; exit 3'
	[[ $(<out) == o && $(<err) == e ]]
	refuses run_ts 0 false
	refuses run_ts 1 true
	refuses run_ts 0 no-such-command
	TS_TIMEOUT=0.2 refuses run_ts 0 sleep 100
	SAYING='not 0' refuses run_ts 0 bash -c 'echo why >&2; exit 1'
	SAYING=why refuses run_ts 0 bash -c 'echo why >&2; exit 1'
}

@test "run_ts fails on a sanitizer's report, whatever the status" {
	refuses run_ts 0 bash -c 'echo "x.c:1: runtime error: y" >&2'
	refuses run_ts 99 bash -c 'echo "==1==ERROR: AddressSanitizer: z" >&2; exit 99'
}

@test "run_sh sees a failure anywhere in a pipe" {
	run_sh 0 'true | true'
	run_sh 5 'exit 5 | cat'
	refuses run_sh 0 'false | true'
}

@test "expect_out, expect_err and the others fail on what is not so" {
	printf 'a\nb\n' >out
	printf 'one two\n' >err
	expect_out <<<$'a\nb'
	refuses expect_out <<<a
	refuses expect_out <<<$'a\nb '
	refuses expect_out </dev/null
	expect_err one two
	refuses expect_err one three
	refuses expect_err ''$'\t'
	refuses expect_no_out
	refuses expect_no_err
	: >out
	expect_no_out
	refuses expect_eq name a b
	expect_eq name 'a*' 'a*'
	refuses expect_eq name ab 'a*'
}

@test "policy writes a stream with the right count" {
	policy order=canonical <<-EOF >out
		block ip4 192.0.2.0/24 - x - 1

		allow ip4 192.0.2.1/32 - x - 1
	EOF
	expect_out <<-EOF
		#ts-policy/1	order=canonical
		block	ip4	192.0.2.0/24	-	x	-	1
		allow	ip4	192.0.2.1/32	-	x	-	1
		#end	records=2
	EOF
	policy </dev/null >out
	expect_out <<<$'#ts-policy/1\n#end\trecords=0'
}

@test "wait_for gives up, also where it is asked in a condition" {
	wait_for 5 true
	if wait_for 0 false; then false; fi
}

@test "inject_each finds the fault that is overlooked, and the file left behind" {
	export INJECT_PROG=python3
	SAYING='never called' refuses inject_each rename true
	cat >careless <<-'EOF'
		#!/usr/bin/python3
		import os
		try: os.write(1, b"all of it\n")
		except OSError: pass
	EOF
	cat >litter <<-'EOF'
		#!/usr/bin/python3
		import os, sys
		try:
		    with open("temp", "w") as f: f.write("x")
		    os.rename("temp", "target")
		except OSError as e: sys.exit(print(e, file=sys.stderr) or 74)
	EOF
	cat >careful <<-'EOF'
		#!/usr/bin/python3
		import os, sys
		try:
		    with open("temp", "w") as f: f.write("x")
		    os.rename("temp", "target")
		except OSError as e:
		    os.unlink("temp")
		    sys.exit(print(e, file=sys.stderr) or 74)
	EOF
	chmod +x careless litter careful
	SAYING='says nothing' refuses inject_each write ./careless
	SAYING='left behind: temp' refuses inject_each rename ./litter
	inject_each rename ./careful
	chmod -x careful
	SAYING='fails without a fault' refuses inject_each rename ./careful
}
