# What every tool does alike, from the table tests/tools.
load helper
load aws

setup_file() {
	aws_file_start
	local reads
	for reads in policy set list zone; do
		sample_of "$reads" >"sample.$reads"
	done
}
teardown_file() { aws_file_stop; }

setup() {
	common_setup
	export FAKE_DIR=$BATS_FILE_TMPDIR/fake
	declare -ga TOOLS=()
	declare -gA READS=() COMMAND=()
	local tool reads command
	while read -r tool reads command; do
		[[ $tool && $tool != '#'* && -e $TOP/tools/$tool.c ]] || continue
		TOOLS+=("$tool")
		READS[$tool]=$reads
		COMMAND[$tool]=$command
	done <"$TOP/tests/tools"
}

# each FUNCTION: calls it with the name of every tool, and fails at the end if
# it failed for one of them.
each() {
	local tool bad=''
	for tool in "${TOOLS[@]}"; do
		"$1" "$tool" || bad+=" $tool"
	done
	[[ -z $bad && ${#TOOLS[@]} -gt 0 ]] || fail "failed for:$bad"
}

sample_of() {
	case $1 in
	policy)
		policy <<<$'block ip4 192.0.2.0/24 - x - 1\nblock name bad.example nxdomain x - 1'
		;;
	set)
		printf '#ts-set/1\nblock-ip4-0\tblock\tip4\t192.0.2.0/24\t-\tx\t-\t1\n'
		printf '#end\trecords=1\n'
		;;
	list) echo 192.0.2.0/24 ;;
	zone) printf 'rpz.example. 60 IN %s\n' \
		'SOA localhost. root.localhost. 1 3600 600 86400 60' \
		'NS localhost.' &&
		echo 'bad.example.rpz.example. 60 IN CNAME .' ;;
	esac
}

# sample READS: input of that sort that is fine.
sample() {
	local reads=${1/any/policy}
	cat "$BATS_FILE_TMPDIR/sample.${reads/bytes/list}"
}

# framed [BYTES]: standard input as a source in its frame; BYTES is a lie.
framed() {
	cat >body
	printf '#ts-source/1\tbytes=%d\tsha256=%s\tstatus=new\n' \
		"${1:-$(stat -c %s body)}" "$(sha256sum body | cut -d' ' -f1)"
	cat body
}

# command_of TOOL: the table's command line as the array CMD. Its input is the
# file IN, through which it is standard input too.
command_of() {
	read -ra CMD <<<"${COMMAND[$1]}"
	CMD=("${CMD[@]/#TOP/$TOP}")
	CMD=("${CMD[@]/#IN/$PWD/IN}")
	CMD=("${CMD[@]/#file:IN/file:$PWD/IN}")
}

# on_input STATUS TOOL [TEXT...]: the tool with the file IN. The message has
# these texts where it is about a stream, and then it is one line and at most a
# hint; of a list each bad line is reported.
on_input() {
	local status=$1 tool=$2
	shift 2
	command_of "$tool"
	run_ts "$status" "${CMD[@]}" <IN || return
	((status == 0)) && return
	expect_err "$tool: " || return
	is_stream "$tool" || return 0
	expect_err "$@" || return
	[[ $(grep -vc "^hint: " err) == 1 ]] || fail "more than one line:" "$(<err)"
}

is_stream() { [[ ${READS[$1]} == @(policy|set|any) ]]; }

# bats test_tags=slow
@test "every tool is in the table" {
	local c bad=0
	for c in "$TOP"/tools/*.c; do
		[[ ${COMMAND[$(basename "$c" .c)]:-} ]] && continue
		echo "no line in tests/tools for $c"
		bad=1
	done
	((bad == 0))
}

@test "the table's command line ends with 0 and prints something" {
	good() {
		sample "${READS[$1]}" >IN
		on_input 0 "$1" || return
		[[ -s out ]] || fail "$1 printed nothing"
	}
	each good
}

# bats test_tags=slow
@test "--help fits a screen of 24 by 80 and has one worked example" {
	help() {
		local opt
		for opt in --help -h; do
			run_ts 0 "$1" "$opt" || return
			expect_no_err || return
			[[ $(head -n 1 out) == "usage: $1 "* ]] ||
				fail "$1: no usage line" || return
			[[ $(grep -c '^example: ' out) == 1 ]] &&
				grep -q "^example: .*$1" out ||
				fail "$1: not one example" || return
			(($(wc -l <out) <= 24)) ||
				fail "$1: $(wc -l <out) lines" || return
			! grep -nE '.{81}|[[:space:]]$' out ||
				fail "$1: lines over 80 columns or with a blank end" || return
		done
	}
	each help
}

# bats test_tags=slow
@test "--version is the version on top of CHANGES" {
	version() {
		local opt
		for opt in --version -V; do
			run_ts 0 "$1" "$opt" && expect_no_err || return
			expect_out <<<"$1 $(sed -n '1s/ .*//p' "$TOP/CHANGES")" || return
		done
	}
	each version
}

# bats test_tags=slow
@test "--help and --version on a full disk end with 74" {
	full() {
		local opt
		for opt in --help --version; do
			run_sh 74 "$1 $opt >/dev/full" || return
			expect_err "cannot write '<stdout>': No space left on device" || return
		done
	}
	each full
}

# bats test_tags=slow
@test "an unknown option ends with 64 and points to --help" {
	bad() {
		local opt
		for opt in --no-such-option -Z --help=1; do
			run_ts 64 "$1" "$opt" </dev/null || return
			expect_no_out || return
			expect_err "$1: " "'$opt'" "$1: try '$1 --help'" || return
		done
	}
	each bad
}

@test "empty input is refused" {
	empty() {
		[[ ${READS[$1]} != bytes ]] || return 0
		: >IN
		on_input 65 "$1" empty
	}
	each empty
}

@test "input that is cut off is refused" {
	cut_off() {
		[[ ${READS[$1]} != bytes ]] || return 0
		if ! is_stream "$1"; then
			sample "${READS[$1]}" | framed 1000 >IN
			on_input 65 "$1"
			return
		fi
		sample "${READS[$1]}" | sed '$d' >IN
		on_input 65 "$1" "no end record" || return
		sample "${READS[$1]}" | head -c -1 >IN
		on_input 65 "$1" "cut off" || return
		sample "${READS[$1]}" | head -n 1 >IN
		on_input 65 "$1" "no end record"
	}
	each cut_off
}

@test "a stream of an unknown major version or kind, or none, is refused" {
	major() {
		[[ ${READS[$1]} != bytes ]] || return 0
		if ! is_stream "$1"; then
			sample "${READS[$1]}" | framed | sed '1s,/1,/2,' >IN
			on_input 65 "$1"
			return
		fi
		sample "${READS[$1]}" | sed '1s,/1,/2,' >IN
		on_input 65 "$1" version || return
		sample "${READS[$1]}" | sed '1d' >IN
		on_input 65 "$1" header || return
		[[ ${READS[$1]} != any ]] || return 0
		sample "${READS[$1]}" | sed '1s,ts-[a-z]*,ts-plan,' >IN
		on_input 65 "$1" plan
	}
	each major
}

@test "bytes after the end are refused" {
	after() {
		[[ ${READS[$1]} != bytes ]] || return 0
		if is_stream "$1"; then
			sample "${READS[$1]}" >IN
		else
			sample "${READS[$1]}" | framed >IN
		fi
		echo more >>IN
		on_input 65 "$1"
	}
	each after
}

@test "a NUL byte is refused" {
	nul() {
		[[ ${READS[$1]} != bytes ]] || return 0
		sample "${READS[$1]}" | sed 's/192/1\x0092/; s/bad/b\x00ad/' >IN
		on_input 65 "$1"
	}
	each nul
}

@test "an over-long line is refused" {
	long() {
		[[ ${READS[$1]} != bytes ]] || return 0
		sample "${READS[$1]}" | awk '{
			for (x = "x"; length(x) < 70000; ) x = x x
			sub(/192|bad/, x); print }' >IN
		on_input 65 "$1"
	}
	each long
}

@test "a full disk ends with 74" {
	full() {
		sample "${READS[$1]}" >IN
		command_of "$1"
		run_sh 74 "${CMD[*]} >/dev/full" <IN || return
		expect_err "$1: cannot write '<stdout>': No space left on device"
	}
	each full
}

@test "a closed standard output ends with 74" {
	closed() {
		sample "${READS[$1]}" >IN
		command_of "$1"
		run_sh 74 "${CMD[*]} >&-" <IN && expect_err "$1: cannot write"
	}
	each closed
}

@test "a reader that has gone ends the tool by SIGPIPE, or with 74" {
	no_reader() { # descriptor 5 is a pipe that nobody reads
		mkfifo pipe
		exec 4<>pipe
		exec 5>pipe 4>&-
		rm pipe
	}
	gone() {
		local status=0
		sample "${READS[$1]}" >IN
		command_of "$1"
		no_reader
		timeout 20 "${CMD[@]}" <IN >&5 2>err || status=$?
		exec 5>&-
		((status == 141 || status == 74)) ||
			fail "$1: exit status $status" "$(<err)" || return
		# The same where SIGPIPE is ignored, as under some supervisors.
		no_reader
		status=0
		(trap '' PIPE && exec timeout 20 "${CMD[@]}" <IN >&5 2>err) || status=$?
		exec 5>&-
		((status == 74)) || fail "$1: SIGPIPE ignored: $status" "$(<err)"
	}
	each gone
}

@test "a missing, an unreadable file and a directory end with 66" {
	unreadable() {
		command_of "$1"
		if [[ ${CMD[*]} != *IN* ]]; then
			run_sh 66 "${CMD[*]} <." && expect_err "$1: " "Is a directory"
			return
		fi
		rm -f IN
		on_input_from 66 "$1" "No such file" || return
		mkdir IN
		on_input_from 66 "$1" IN || { rmdir IN; return 1; }
		rmdir IN
		sample "${READS[$1]}" >IN
		chmod 000 IN
		# Root reads everything, but not without these capabilities; in a
		# user namespace everyone is root.
		local -a drop=(setpriv
			"--bounding-set=-dac_override,-dac_read_search")
		if [[ ${CMD[0]} == unshare ]]; then
			CMD=("${CMD[@]:0:2}" "${drop[@]}" "${CMD[@]:2}")
		elif [[ $EUID == 0 ]]; then
			CMD=("${drop[@]}" "${CMD[@]}")
		fi
		run_ts 66 "${CMD[@]}" && expect_err "$1: " "Permission denied"
	}
	on_input_from() {
		run_ts "$1" "${CMD[@]}" </dev/null && expect_err "$2: " "$3"
	}
	each unreadable
}
