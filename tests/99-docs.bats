# Documents, completion and installation say and hold what the programs do.
# bats file_tags=slow
load helper

setup() {
	common_setup
	cd "$TOP" || return
	mapfile -t TOOLS < <(basename -s .c tools/ts-*.c; cd scripts && ls ts-boot ts-iptables)
	cd "$BATS_TEST_TMPDIR" || return
}

page_of() { ls "$TOP/man/$1".[1-8] 2>/dev/null; }

# What the first column of --help names.
help_options() {
	"$1" --help | grep -E '^  ( {4}|-., |also: | {6})--' | sed -E 's/^  also://; s/  +[^ -].*//' |
		grep -oE -e '(^|[ ,])--?[A-Za-z0-9][A-Za-z0-9_-]*' | tr -d ' ,' | sort -u
}

# What the page has as a tag of its lists, -s as long as --long.
page_options() {
	grep -E '^\.It Fl ' "$1" | sed 's/^\.It //' |
		grep -oE -e 'Fl [A-Za-z0-9-][A-Za-z0-9_-]*' | sed 's/Fl /-/' | sort -u
}

@test "every option of --help is in the man page, and back" {
	local tool page opt bad=0
	for tool in "${TOOLS[@]}"; do
		page=$(page_of "$tool") || { echo "no page: $tool"; bad=1; continue; }
		comm -23 <(help_options "$tool") <(page_options "$page") >missing
		[[ ! -s missing ]] || { echo "$page lacks:" "$(<missing)"; bad=1; }
		# An option may be in the page alone, but then the tool knows it.
		for opt in $(comm -13 <(help_options "$tool") <(page_options "$page")); do
			[[ $opt == --?* ]] &&
				! timeout 5 "$tool" "$opt=" </dev/null 2>&1 | grep -F "unknown option" ||
				{ echo "$tool does not know $opt of its page"; bad=1; }
		done
	done
	((bad == 0 && ${#TOOLS[@]} > 5))
}

@test "completion offers exactly the options of --help" {
	local tool
	make -sC "$TOP" install DESTDIR="$PWD/d" PREFIX=/usr BUILD="$BINDIR" >/dev/null
	for tool in "${TOOLS[@]}"; do
		[[ -e d/usr/share/bash-completion/completions/$tool ]]
		bash -c 'source "d/usr/share/bash-completion/completions/$1"
			complete -p "$1" >/dev/null
			COMP_WORDS=("$1" -) COMP_CWORD=1
			_ts_tools "$1"; printf "%s\n" "${COMPREPLY[@]}"' - "$tool" |
			sort -u >offered
		diff -u --label "$tool --help" --label completion <(help_options "$tool") offered
	done
}

@test "mandoc finds nothing to say about the man pages" {
	run mandoc -Tlint -W warning "$TOP"/man/*.[1-8]
	expect_eq "mandoc" "$status $output" "0 "
}

@test "every man page has the sections that a reader looks for" {
	local page want bad=0
	for page in "$TOP"/man/*.[1-8]; do
		want='NAME DESCRIPTION'
		[[ $page != *.[18] ]] || want+=' SYNOPSIS EXAMPLES'
		[[ $page == *.5 ]] || want+=' EXIT.STATUS'
		for want in $want 'SEE.ALSO'; do
			grep -qx "\.Sh $want" "$page" || { echo "$page: no $want"; bad=1; }
		done
	done
	((bad == 0))
}

@test "man pages refer only to pages that exist" {
	local bad=0 ref
	while read -r ref; do
		[[ -e $TOP/man/$ref ]] || { echo "no $ref"; bad=1; }
	done < <(sed -nE 's/^\.Xr (ts-[a-z0-9-]*|threatstop) ([1-8]).*/\1.\2/p' "$TOP"/man/* | sort -u)
	((bad == 0))
}

@test "exit codes in threatstop(7) are those of the programs" {
	sed -n '/^\.Sh EXIT STATUS/,/^\.El/s/^\.It \([0-9]*\)$/\1/p' "$TOP/man/threatstop.7" |
		sort -n >documented
	{ # What the sources return, by the numbers of their headers.
		echo '#include "base/err.h"'
		grep -ohE '\bEX_[A-Z]+' "$TOP"/tools/*.c "$TOP"/lib/*/*.c | sort -u |
			sed 's/.*/code &/'
	} | gcc -I"$TOP/lib" -E -P -x c - | awk '$1 == "code" { print $2 }' | sort -n >used
	comm -23 <(sort used) <(sort documented) >undocumented
	[[ ! -s undocumented ]] || fail "returned but not documented:" "$(<undocumented)"
	[[ $(wc -l <documented) == 13 && $(wc -l <used) -gt 8 ]]
}

@test "README.md's table names every tool, and no other" {
	diff -u <(printf '%s\n' "${TOOLS[@]}" | sort) \
		<(sed -nE 's/^\| (ts-[a-z0-9-]+) \|.*/\1/p' "$TOP/README.md" | sort)
}

@test "INSTALL lists the packages that scripts/deps wants for a build" {
	diff -u <(sed -n '/\[build\]=/,/"$/p' "$TOP/scripts/deps" | grep -oE '[a-z0-9.+-]{2,}' |
		grep -v build | sort) \
		<(sed -n '/apt-get install git/,/^$/p' "$TOP/INSTALL" | grep -oE '[a-z0-9.+-]{2,}' |
			grep -vxE 'apt-get|install|git' | sort)
}

@test "the version is on top of CHANGES, with a date or a note" {
	grep -qE '^[0-9]+\.[0-9]+\.[0-9]+ \(.+\)$' <(head -n 1 "$TOP/CHANGES")
}

@test "install and uninstall leave nothing behind" {
	local m=(make -sC "$TOP" DESTDIR="$PWD/d" PREFIX=/usr BUILD="$BINDIR") tool page
	"${m[@]}" install >/dev/null
	for tool in "${TOOLS[@]}"; do
		[[ -x d/usr/bin/$tool || -x d/usr/sbin/$tool ]] || fail "no $tool"
	done
	for page in "$TOP"/man/*.[1-8]; do
		cmp "$page" "d/usr/share/man/man${page##*.}/$(basename "$page")"
	done
	run_ts 0 d/usr/bin/ts-pipe --version
	[[ -s d/usr/share/doc/ts-tools/LICENSE && ! -e d/usr/local ]]
	"${m[@]}" install >/dev/null # over the first
	"${m[@]}" uninstall >/dev/null
	find d ! -type d >left
	[[ ! -s left && ! -e d/usr/share/doc/ts-tools ]] || fail "left:" "$(<left)"
}

@test "the units are sound, and enclose the firewall of the host" {
	make -sC "$TOP" install DESTDIR= PREFIX="$PWD/d" BUILD="$BINDIR" >/dev/null
	cd d/lib/systemd/system
	diff <(sed -n 's/^Before=\(netfilter.*\)/\1/p' ts-boot.service) <(sed -n 's/^After=\(netfilter.*\)/\1/p' ts-boot-again.service)
	grep -q '^Before=netfilter-persistent.service ' ts-boot.service
	grep -qx 'Also=ts-boot-again.service' ts-boot.service
	[[ $(type -P systemd-analyze) ]] || skip 'no systemd-analyze'
	run systemd-analyze --man=no verify ./*.service
	expect_eq 'systemd-analyze' "$status $output" '0 '
}

@test "a dist holds what is committed, and builds a dist again" {
	[[ -e $TOP/.git ]] || skip "not in a clone"
	git -C "$TOP" status >/dev/null 2>&1 || skip "no use of git here"
	local version made
	version=$(sed -n '1s/ .*//p' "$TOP/CHANGES")
	made=$(make -sC "$TOP" dist BUILD="$PWD" | tail -n 1)
	[[ $made == "$PWD/ts-tools-$version.tar.gz" ]]
	tar xzf "$made"
	diff <(cd "ts-tools-$version" && find . -type f | sort) \
		<(cd "$TOP" && git ls-tree -r --name-only HEAD | sed 's,^,./,' | sort)
	make -sC "ts-tools-$version" dist >/dev/null
	mkdir again
	tar xzf "ts-tools-$version/build/ts-tools-$version.tar.gz" -C again
	diff -r "again/ts-tools-$version" "ts-tools-$version" --exclude=build
}
