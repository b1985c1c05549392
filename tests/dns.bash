# Name servers for the files about DNS: one namespace a file, servers on its
# loopback, everything of theirs in $BATS_FILE_TMPDIR ($D). setup_file calls
# dns_begin and what it needs of the rest, teardown_file calls ns_stop.
# shellcheck shell=bash

dns_begin() {
	D=$BATS_FILE_TMPDIR
	cd "$D" || return
	ns_start
	export D NS_HOLDER NS_PID
}

# fetch STATUS ARGUMENT...: ts-fetch within the namespace, as run_ts.
fetch() {
	local status=$1
	local -a user=()
	shift
	[[ $EUID == 0 ]] || user=(--user --preserve-credentials)
	run_ts "$status" nsenter --target "$NS_PID" "${user[@]}" --net --mount \
		--pid --wd="$PWD" ts-fetch "$@"
}

# dns_key NAME [ALGORITHM]: a key in the file NAME.key.
dns_key() {
	tsig-keygen -a "${2:-hmac-sha256}" "$1" >"$D/$1.key"
	chmod 600 "$D/$1.key"
}

dns_secret() {
	sed -n 's/.*secret "\(.*\)".*/\1/p' "$D/$1.key"
}

# zone NAME [SERIAL] [ORIGIN]: the file NAME.zone with an apex and the records
# on standard input, the names relative to ORIGIN.
zone() {
	{
		# shellcheck disable=SC2016
		printf '$ORIGIN %s.\n$TTL 300\n' "${3-$1}"
		printf '@ SOA ns.invalid. root.invalid. %s 900 900 86400 300\n' "${2:-1}"
		printf '@ NS ns.invalid.\n'
		cat
	} >"$D/$1.zone"
}

# dns_cert: cert.pem and its key for dns.test and 127.0.0.1, pin in the file pin.
dns_cert() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -keyout "$D/tls.pem" -out "$D/cert.pem" -days 30 \
		-subj /CN=dns.test \
		-addext 'subjectAltName=DNS:dns.test,IP:127.0.0.1' 2>/dev/null
	openssl x509 -in "$D/cert.pem" -pubkey -noout |
		openssl pkey -pubin -outform der |
		openssl dgst -sha256 -binary | base64 >"$D/pin"
}

# Started in the namespace and in the background; it ends with the namespace.
dns_start() {
	ns_run "$@" >>"$D/servers.log" 2>&1 3>&- &
}

# dns_up PORT ZONE: waits until the zone is served there.
dns_up() {
	wait_for 20 dns_serves "$@" || { tail -n 20 "$D/servers.log"; false; }
}

dns_serves() {
	ns_run dig +tcp +tries=1 +time=1 +noall +answer -p "$1" @127.0.0.1 "$2" SOA |
		grep -q SOA
}

# nsd_start PORT KEY ZONE...: NSD on both loopback addresses; with NSD_TLS the
# port of DNS over TLS. Each zone's file is ZONE.zone.
nsd_start() {
	local port=$1 key=$2 zone addr
	shift 2
	{
		printf 'server:\n username: ""\n database: ""\n server-count: 1\n'
		printf ' zonesdir: "%s"\n pidfile: "%s/nsd.pid"\n' "$D" "$D"
		printf ' xfrdfile: "%s/xfrd.state"\n' "$D"
		printf ' zonelistfile: "%s/zone.list"\n' "$D"
		printf ' ip-address: %s\n' "127.0.0.1@$port" "::1@$port"
		[[ -z ${NSD_TLS:-} ]] ||
			printf ' %s\n' "ip-address: 127.0.0.1@$NSD_TLS" \
				"tls-port: $NSD_TLS" \
				"tls-service-key: \"$D/tls.pem\"" \
				"tls-service-pem: \"$D/cert.pem\""
		printf 'remote-control:\n control-enable: no\n'
		printf 'key:\n name: %s\n algorithm: %s\n secret: "%s"\n' "$key" \
			"$(sed -n 's/.*algorithm \(.*\);/\1/p' "$D/$key.key")" \
			"$(dns_secret "$key")"
		for zone; do
			printf 'zone:\n name: %s\n zonefile: %s.zone\n' "$zone" "$zone"
			for addr in 127.0.0.1 ::1; do
				printf ' provide-xfr: %s %s\n' "$addr" "$key"
			done
		done
	} >"$D/nsd.conf"
	dns_start nsd -d -c "$D/nsd.conf"
	dns_up "$port" "$1"
}

# named_start PORT ZONE... with the statements on standard input: BIND. Each zone
# is a primary, its file ZONE.zone, transfers allowed as ZONE.allow says.
named_start() {
	local port=$1 zone
	shift
	{
		printf 'options { directory "%s"; listen-on-v6 { none; };\n' "$D"
		printf ' pid-file "named.pid"; session-keyfile "session.key";\n'
		printf ' lock-file none; listen-on port %s { 127.0.0.1; };\n' "$port"
		[[ -z ${NAMED_TLS:-} ]] ||
			printf ' listen-on port %s tls t { 127.0.0.1; };\n' "$NAMED_TLS"
		printf ' recursion no; dnssec-validation no; minimal-responses yes; notify no;\n'
		printf ' max-records-per-type 0; max-types-per-name 0;\n};\n'
		printf 'controls { };\n'
		[[ -z ${NAMED_TLS:-} ]] ||
			printf 'tls t { cert-file "cert.pem"; key-file "tls.pem"; };\n'
		cat "$D"/*.key
		cat
		for zone; do
			printf 'zone "%s" { type primary; file "%s.zone";\n' "$zone" "$zone"
			printf ' check-names ignore;\n'
			[[ ! -f $D/$zone.allow ]] || cat "$D/$zone.allow"
			printf '};\n'
		done
	} >"$D/named.conf"
	dns_start named -g -c "$D/named.conf"
	[[ $# == 0 ]] || dns_up "$port" "$1"
}

# knot_start PORT KEY ZONE...: Knot; whoever has the key transfers and updates.
knot_start() {
	local port=$1 key=$2 zone
	shift 2
	{
		printf 'server:\n rundir: "%s"\n listen: 127.0.0.1@%s\n' "$D" "$port"
		printf 'log:\n - target: stderr\n   any: info\n'
		printf 'database:\n storage: "%s/knot"\n' "$D"
		printf 'key:\n - id: %s\n   algorithm: %s\n   secret: %s\n' "$key" \
			"$(sed -n 's/.*algorithm \(.*\);/\1/p' "$D/$key.key")" \
			"$(dns_secret "$key")"
		printf 'acl:\n - id: all\n   key: %s\n   action: [transfer, update]\n' "$key"
		printf 'zone:\n'
		for zone; do
			printf ' - domain: %s\n   file: "%s/%s.zone"\n' "$zone" "$D" "$zone"
			printf '   acl: all\n   zonefile-sync: -1\n'
			printf '   journal-content: changes\n'
		done
	} >"$D/knot.conf"
	mkdir -p "$D/knot"
	dns_start knotd -c "$D/knot.conf"
	dns_up "$port" "$1"
}

# update PORT KEY ZONE: the lines on standard input as one dynamic update.
update() {
	{
		printf 'server 127.0.0.1 %s\nzone %s\n' "$1" "$3"
		cat
		printf 'send\n'
	} | ns_run nsupdate -k "$D/$2.key"
}

# serial PORT ZONE
serial() {
	ns_run dig +tcp +short -p "$1" @127.0.0.1 "$2" SOA | cut -d' ' -f3
}
