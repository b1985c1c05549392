/*
 * Hosts files, hosts(5): an address that leads nowhere and the names to send
 * there, each that name alone. Names that a hosts file has for the machine
 * itself are passed over; a name sent to a real address is not a listed one.
 */
#include "values/feed_parts.h"

bool
feed_is_own_host(const char *p, size_t n)
{
	static const char *const own[] = {
		"localhost", "localhost.localdomain", "localhost6",
		"localhost4", "localhost6.localdomain6",
		"localhost4.localdomain4", "local", "broadcasthost",
		"ip6-localhost", "ip6-loopback", "ip6-localnet",
		"ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters",
		"ip6-allhosts", "0.0.0.0",
	};
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (span_is((struct span){p, n}, own[i]))
			return true;
	return false;
}

void
feed_hosts_line(struct feed *f, struct span line)
{
	struct span rest = feed_uncomment(line), w;
	const struct span s = rest, addr = feed_word(&rest);
	enum feed_reason why;
	struct cidr c;
	bool sink;

	if (addr.n == 0)
		return;
	sink = feed_is_sink(addr);
	w = feed_word(&rest);
	if (w.n == 0) {
		feed_left_out(f, FEED_NO_NAME, s);
		return;
	}
	for (; w.n > 0; w = feed_word(&rest)) {
		if (feed_is_own_host(w.p, w.n)) {
			feed_left_out(f, FEED_OWN_HOST, w);
		} else if (sink) {
			feed_name(f, w, FEED_SELF, false, w);
		} else {
			why = feed_parse_cidr(addr, &c);
			feed_left_out(f, why == FEED_OK ? FEED_MAPPED_HOST
							: FEED_SYNTAX, s);
			return;
		}
	}
}
