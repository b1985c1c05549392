/*
 * nflog GROUP [COUNT]: reads the packets that rules send to an NFLOG group of
 * this network namespace, and prints each as the kernel's LOG target would
 * write it into the system's log. Ends after COUNT packets, or never.
 *
 * "listening" on standard error says that nothing is missed from there on.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RECV ((size_t)128 * 1024)

static unsigned long printed;

static void
die(const char *what)
{
	fprintf(stderr, "nflog: %s: %s\n", what, strerror(errno));
	exit(71);
}

/* "May 30 15:38:53 host kernel: [51423.183451] " */
static void
print_stamp(void)
{
	char host[65] = "", text[32];
	const time_t now = time(NULL);
	struct timespec up;
	struct tm tm;

	(void)gethostname(host, sizeof(host) - 1);
	(void)clock_gettime(CLOCK_BOOTTIME, &up);
	(void)strftime(text, sizeof(text), "%b %e %H:%M:%S",
		       localtime_r(&now, &tm));
	printf("%s %s kernel: [%5ld.%06ld] ", text, host, (long)up.tv_sec,
	       up.tv_nsec / 1000);
}

static void
print_icmp(const unsigned char *p, size_t n, const char *name, int request,
	   int reply)
{
	if (n < 8)
		return;
	printf("PROTO=%s TYPE=%u CODE=%u ", name, p[0], p[1]);
	if (p[0] == request || p[0] == reply)
		printf("ID=%u SEQ=%u ", p[4] << 8 | p[5], p[6] << 8 | p[7]);
}

static void
print_tcp(const unsigned char *p, size_t n)
{
	struct tcphdr h;

	if (n < sizeof(h))
		return;
	memcpy(&h, p, sizeof(h));
	printf("PROTO=TCP SPT=%u DPT=%u WINDOW=%u RES=0x00 %s%s%s%s%s%sURGP=%u ",
	       ntohs(h.source), ntohs(h.dest), ntohs(h.window),
	       h.urg ? "URG " : "", h.ack ? "ACK " : "", h.psh ? "PSH " : "",
	       h.rst ? "RST " : "", h.syn ? "SYN " : "", h.fin ? "FIN " : "",
	       ntohs(h.urg_ptr));
}

static void
print_transport(unsigned proto, const unsigned char *p, size_t n)
{
	struct udphdr u;

	switch (proto) {
	case IPPROTO_ICMP:
		print_icmp(p, n, "ICMP", ICMP_ECHO, ICMP_ECHOREPLY);
		break;
	case IPPROTO_ICMPV6:
		print_icmp(p, n, "ICMPv6", ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY);
		break;
	case IPPROTO_TCP:
		print_tcp(p, n);
		break;
	case IPPROTO_UDP:
		if (n < sizeof(u))
			return;
		memcpy(&u, p, sizeof(u));
		printf("PROTO=UDP SPT=%u DPT=%u LEN=%u ", ntohs(u.source),
		       ntohs(u.dest), ntohs(u.len));
		break;
	default:
		printf("PROTO=%u ", proto);
	}
}

static void
print_ip4(const unsigned char *p, size_t n)
{
	char src[INET_ADDRSTRLEN], dst[INET_ADDRSTRLEN];
	struct iphdr h;

	if (n < sizeof(h))
		return;
	memcpy(&h, p, sizeof(h));
	printf("SRC=%s DST=%s LEN=%u TOS=0x%02X PREC=0x%02X TTL=%u ID=%u %s",
	       inet_ntop(AF_INET, &h.saddr, src, sizeof(src)),
	       inet_ntop(AF_INET, &h.daddr, dst, sizeof(dst)),
	       ntohs(h.tot_len), h.tos & 0x1eu, h.tos & 0xe0u, h.ttl,
	       ntohs(h.id), ntohs(h.frag_off) & IP_DF ? "DF " : "");
	if (h.ihl * 4u <= n)
		print_transport(h.protocol, p + h.ihl * 4u, n - h.ihl * 4u);
}

/* All eight words with all their digits, as the kernel prints them. */
static void
print_word6(const char *what, const struct in6_addr *a)
{
	int i;

	printf("%s=", what);
	for (i = 0; i < 16; i += 2)
		printf("%02x%02x%s", a->s6_addr[i], a->s6_addr[i + 1],
		       i < 14 ? ":" : " ");
}

static void
print_ip6(const unsigned char *p, size_t n)
{
	struct ip6_hdr h;
	unsigned flow;

	if (n < sizeof(h))
		return;
	memcpy(&h, p, sizeof(h));
	flow = ntohl(h.ip6_flow);
	print_word6("SRC", &h.ip6_src);
	print_word6("DST", &h.ip6_dst);
	printf("LEN=%zu TC=%u HOPLIMIT=%u FLOWLBL=%u ",
	       ntohs(h.ip6_plen) + sizeof(h), flow >> 20 & 255, h.ip6_hlim,
	       flow & 0xfffff);
	print_transport(h.ip6_nxt, p + sizeof(h), n - sizeof(h));
}

static int
collect(const struct nlattr *a, void *arg)
{
	const struct nlattr **attrs = arg;

	if (mnl_attr_get_type(a) <= NFULA_MAX)
		attrs[mnl_attr_get_type(a)] = a;
	return MNL_CB_OK;
}

static void
print_interface(const char *what, const struct nlattr *a)
{
	char name[IF_NAMESIZE] = "";

	if (a != NULL)
		(void)if_indextoname(ntohl(mnl_attr_get_u32(a)), name);
	printf("%s=%s ", what, name);
}

/* The link layer header: destination, source, type. */
static void
print_mac(const struct nlattr *a)
{
	const unsigned char *p = mnl_attr_get_payload(a);
	size_t i, n = mnl_attr_get_payload_len(a);

	printf("MAC=");
	for (i = 0; i < n; i++)
		printf("%02x%s", p[i], i + 1 < n ? ":" : " ");
}

static int
on_packet(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *a[NFULA_MAX + 1] = {NULL};
	const unsigned char *p;
	size_t n;

	(void)arg;
	if (mnl_attr_parse(h, sizeof(struct nfgenmsg), collect, a) < 0 ||
	    a[NFULA_PAYLOAD] == NULL)
		return MNL_CB_OK;
	print_stamp();
	printf("%s", a[NFULA_PREFIX] ? mnl_attr_get_str(a[NFULA_PREFIX]) : "");
	print_interface("IN", a[NFULA_IFINDEX_INDEV]);
	print_interface("OUT", a[NFULA_IFINDEX_OUTDEV]);
	if (a[NFULA_IFINDEX_PHYSINDEV] != NULL)
		print_interface("PHYSIN", a[NFULA_IFINDEX_PHYSINDEV]);
	if (a[NFULA_IFINDEX_PHYSOUTDEV] != NULL)
		print_interface("PHYSOUT", a[NFULA_IFINDEX_PHYSOUTDEV]);
	if (a[NFULA_HWHEADER] != NULL)
		print_mac(a[NFULA_HWHEADER]);
	p = mnl_attr_get_payload(a[NFULA_PAYLOAD]);
	n = mnl_attr_get_payload_len(a[NFULA_PAYLOAD]);
	if (n > 0 && *p >> 4 == 4)
		print_ip4(p, n);
	else if (n > 0 && *p >> 4 == 6)
		print_ip6(p, n);
	printf("\n");
	(void)fflush(stdout);
	printed++;
	return MNL_CB_OK;
}

static struct nlmsghdr *
request(char *buf, uint16_t group)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nf;

	h->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nf = mnl_nlmsg_put_extra_header(h, sizeof(*nf));
	nf->nfgen_family = AF_UNSPEC;
	nf->version = NFNETLINK_V0;
	nf->res_id = htons(group);
	return h;
}

static void
talk(struct mnl_socket *s, const struct nlmsghdr *h, char *buf)
{
	ssize_t n;

	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		die("cannot send");
	n = mnl_socket_recvfrom(s, buf, RECV);
	if (n < 0 || mnl_cb_run(buf, (size_t)n, 0, mnl_socket_get_portid(s),
				NULL, NULL) < 0)
		die("cannot listen to the group");
}

int
main(int argc, char **argv)
{
	static char buf[RECV];
	const struct nfulnl_msg_config_mode mode = {
		.copy_range = htonl(0xffff), .copy_mode = NFULNL_COPY_PACKET};
	const unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	struct mnl_socket *s = mnl_socket_open(NETLINK_NETFILTER);
	struct nlmsghdr *h;
	uint16_t group;
	ssize_t n;

	if (argc < 2 || s == NULL ||
	    mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0)
		die("usage: nflog GROUP [COUNT]");
	group = (uint16_t)strtoul(argv[1], NULL, 10);
	h = request(buf, group);
	mnl_attr_put_u8(h, NFULA_CFG_CMD, NFULNL_CFG_CMD_BIND);
	talk(s, h, buf);
	h = request(buf, group);
	mnl_attr_put(h, NFULA_CFG_MODE, sizeof(mode), &mode);
	/* Every packet at once. */
	mnl_attr_put_u32(h, NFULA_CFG_QTHRESH, htonl(1));
	talk(s, h, buf);
	fprintf(stderr, "listening\n");
	while (count == 0 || printed < count) {
		n = mnl_socket_recvfrom(s, buf, RECV);
		if (n < 0 && errno == ENOBUFS)
			continue;
		if (n < 0 || mnl_cb_run(buf, (size_t)n, 0, 0, on_packet,
					NULL) < 0)
			die("cannot read");
	}
	return 0;
}
