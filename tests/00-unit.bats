load helper

@test "every unit test program passes" {
	local unit bad=0
	# Fewer random rounds where each takes ten times as long.
	! sanitized || export ROUNDS=${ROUNDS-100}
	local -a sources=("$TOP"/tests/unit/test_*.c)
	for unit in "${sources[@]}"; do
		unit=$BINDIR/unit/$(basename "$unit" .c)
		timeout 120 "$unit" >out 2>err || { echo "$unit:"; show_outputs; bad=1; }
	done
	((bad == 0 && ${#sources[@]} > 0))
}
