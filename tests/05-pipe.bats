load helper

records() { # N: a policy stream of so many records
	printf '#ts-policy/1\torder=canonical\tnames=rpz\n'
	seq "$1" | awk '{ printf "block\tname\th%d.example\tnxdomain\tx\t-\t1\n", $1 }'
	printf '#end\trecords=%d\n' "$1"
}

@test "frames anew what the command prints, without the order key" {
	records 3 >in
	run_ts 0 ts-pipe sort -r <in
	expect_no_err
	expect_out <<-EOF
		#ts-policy/1	names=rpz
		block	name	h3.example	nxdomain	x	-	1
		block	name	h2.example	nxdomain	x	-	1
		block	name	h1.example	nxdomain	x	-	1
		#end	records=3
	EOF
}

@test "gives the command the bare records and nothing else" {
	records 2 >in
	run_ts 0 ts-pipe sh -c 'tee seen' <in
	grep -v '^#' in | diff - seen
}

@test "takes any kind of stream, and keeps the lines that name sets" {
	printf '#ts-set/1\n#set\tempty\na\tx\n#set\tb\nb\ty\n#end\trecords=2\n' >in
	run_ts 0 ts-pipe grep y <in
	expect_out <<-EOF
		#ts-set/1
		b	y
		#set	empty
		#set	b
		#end	records=1
	EOF
}

@test "a command that prints nothing gives an empty stream" {
	records 2 >in
	run_ts 0 ts-pipe true <in
	expect_out <<<$'#ts-policy/1\tnames=rpz\n#end\trecords=0'
}

@test "a command's status that is not 0 is refused, unless --ok names it" {
	records 2 >in
	run_ts 65 ts-pipe grep nothing <in
	expect_err "ts-pipe: 'grep' ended with status 1"
	run_sh 65 "ts-pipe grep nothing <in | ts-pipe cat"
	expect_err "no end record"
	run_ts 0 ts-pipe --ok 1 grep nothing <in
	run_ts 0 ts-pipe --ok 1 grep h1 <in
	run_ts 65 ts-pipe --ok 1 sh -c 'cat; exit 2' <in
	expect_err "ended with status 2"
	run_ts 65 ts-pipe --ok 1 sh -c 'cat; kill -9 $$' <in
	expect_err "ended by signal 9"
}

@test "a command that cannot be run ends with 69" {
	records 1 >in
	run_ts 69 ts-pipe no-such-command <in
	expect_err "ts-pipe: cannot run 'no-such-command': No such file or directory"
	expect_no_out
	run_ts 69 ts-pipe /etc <in
	expect_err "Permission denied"
}

@test "input that is cut off never gets an end, whatever the command says" {
	records 1000 | head -c -20 >in
	run_ts 65 ts-pipe cat <in
	expect_err "cut off"
	run_sh 65 "ts-pipe cat <in 2>/dev/null | ts-pipe cat"
	run_ts 65 ts-pipe true <in
	! grep '^#end' out || false
}

@test "a command that stops reading is no fault, but a torn input still is" {
	records 200000 >in
	run_ts 0 ts-pipe head -n 2 <in
	[[ $(tail -n 1 out) == $'#end\trecords=2' ]]
	head -c -5 in >torn
	run_ts 65 ts-pipe head -n 2 <torn
	run_ts 65 ts-pipe sh -c 'exec <&-; echo x' <torn
}

@test "what no record can be is refused: '#', NUL, too long, cut off" {
	local case
	records 1 >in
	for case in 'echo "#set	x":never starts with' 'printf "a\0b\n":NUL byte' \
		'head -c 65537 /dev/zero | tr "\0" x; echo:too long' \
		'printf abc:cut off'; do
		run_ts 65 ts-pipe sh -c "echo good; ${case%:*}" <in
		expect_err "ts-pipe: output of the command, line 2: " "${case##*:}"
		! grep '^#end' out || false
	done
	run_ts 0 ts-pipe sh -c 'head -c 65536 /dev/zero | tr "\0" x; echo' <in
}

@test "megabytes both ways at once do not lock up" {
	records 300000 >in # some 13 MB, more than all pipes and buffers
	run_ts 0 ts-pipe cat <in
	diff <(sed 1d in) <(sed 1d out)
	# A command that prints a lot before it reads, and one that prints at last.
	run_ts 0 ts-pipe sh -c 'seq 1000000; cat' <in
	[[ $(tail -n 1 out) == $'#end\trecords=1300000' ]]
	run_ts 0 ts-pipe tac <in
	[[ $(tail -n 1 out) == $'#end\trecords=300000' ]]
}

@test "more set lines than a pipe holds do not lock up, and have a ceiling" {
	{ echo '#ts-set/1'; seq -f $'#set\tname-%.0f' 50000; printf '#end\trecords=0\n'; } >in
	run_ts 0 ts-pipe cat <in
	cmp in out
	{ echo '#ts-set/1'; seq -f $'#set\tname-%.0f' 100000; printf '#end\trecords=0\n'; } >in
	run_ts 65 ts-pipe cat <in
	expect_err "the '#set' lines is over the limit of 1048576 bytes"
}

@test "the command's options are its own" {
	records 1 >in
	run_ts 0 ts-pipe -q --ok 1 grep -v --color=never x <in
	run_ts 0 ts-pipe -- grep -c . <in
	run_ts 64 ts-pipe --ok 126 true <in
	expect_err "--ok: 126 is not within 0 to 125"
	run_ts 64 ts-pipe
	expect_err "missing operand: COMMAND"
}

@test "killed, it leaves no end record and no process" {
	mkfifo in
	ts-pipe sh -c 'echo $$ >command; cat' <in >out 2>err 3>&- &
	local pid=$! status=0 left
	exec 4>in
	records 5 | head -n 4 >&4
	wait_for 10 test -s command
	left=$(pgrep -P "$pid")
	[[ $(wc -w <<<"$left") == 2 ]]
	kill -TERM "$pid"
	wait "$pid" || status=$?
	[[ $status == 143 ]]
	# The writer is still there: what ends them is not the end of input.
	local p
	for p in $left; do
		wait_for 10 eval "! kill -0 $p"
	done
	exec 4>&-
	! grep '^#end' out || false
}

@test "a reader that is gone stops it before the end of an endless input" {
	mkfifo in
	{ printf '#ts-x/1\n'; exec yes; } >in 2>/dev/null 3>&- &
	local yes=$!
	run_sh 74 'ts-pipe cat <in | head -n 1'
	expect_err "cannot write '<stdout>': Broken pipe"
	wait_for 10 eval "! kill -0 $yes"
}

@test "SIGPIPE kills the command as it would in a shell" {
	records 200000 >in
	run_ts 0 ts-pipe sh -c 'cat | head -n 1' <in
	run_ts 65 ts-pipe bash -o pipefail -c 'seq 1000000 | head -n 1' <in
	expect_err "'bash' ended by signal 13"
}

@test "every failing call is told, and never gives a whole stream" {
	local call
	records 20000 >in
	for call in read write close pipe2 fork malloc; do
		inject_each "$call" ts-pipe cat
	done
	printf '#ts-set/1\n#set\ta\nx\n#end\trecords=1\n' >in
	inject_each realloc ts-pipe cat
	inject_each write ts-pipe cat
}
