/* The next hops of default routes, of every table. */
#include "outside/selfaddr_priv.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>

#include "outside/nlattr.h"

#define RECV ((size_t)64 * 1024)
#define TRIES 5

struct routes {
	struct selfaddrs *sa;
	struct err *e;
	bool failed; /* e is filled */
	_Alignas(8) char buf[RECV];
};

static int
add_gateway(struct routes *r, uint8_t family, const char *p, size_t n)
{
	struct cidr c;

	if (n < (family == CIDR_V4 ? 4u : 16u))
		return 0;
	c = cidr_from_bytes(family, (const uint8_t *)p,
			    (uint8_t)cidr_max_len(family));
	r->failed = selfaddr_add(r->sa, &c, "default gateway", r->e) < 0;
	return r->failed ? -1 : 0;
}

static uint8_t
family_of(unsigned af)
{
	return af == AF_INET ? CIDR_V4 : CIDR_V6;
}

/* The next hop among the attributes of a route, or of one of its hops. */
static int
read_hop(struct routes *r, uint8_t family, struct attrs it)
{
	const struct nlattr *a;
	uint16_t via;
	size_t n;
	int rc = 0;

	while (rc == 0 && (a = attrs_next(&it, &n)) != NULL) {
		const char *const p = attr_payload(a);

		if (attr_type(a) == RTA_GATEWAY) {
			rc = add_gateway(r, family, p, n);
		} else if (attr_type(a) == RTA_VIA && n > sizeof(via)) {
			memcpy(&via, p, sizeof(via));
			rc = add_gateway(r, family_of(via), p + sizeof(via),
					 n - sizeof(via));
		}
	}
	return rc;
}

/* A route over several next hops. */
static int
read_hops(struct routes *r, uint8_t family, const char *p, size_t n)
{
	struct rtnexthop hop;
	size_t step;
	int rc = 0;

	while (rc == 0 && n >= sizeof(hop)) {
		memcpy(&hop, p, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > n)
			break;
		rc = read_hop(r, family, (struct attrs){p + sizeof(hop),
							p + hop.rtnh_len});
		step = NLMSG_ALIGN((size_t)hop.rtnh_len);
		if (step >= n)
			break;
		p += step;
		n -= step;
	}
	return rc;
}

static int
on_route(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *const rt = mnl_nlmsg_get_payload(h);
	struct attrs it = attrs_of(h, sizeof(*rt));
	struct routes *r = arg;
	const struct nlattr *a;
	uint8_t family;
	size_t n;

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*rt)) || rt->rtm_dst_len != 0)
		return MNL_CB_OK;
	family = family_of(rt->rtm_family);
	if (read_hop(r, family, it) < 0)
		return MNL_CB_ERROR;
	while ((a = attrs_next(&it, &n)) != NULL)
		if (attr_type(a) == RTA_MULTIPATH &&
		    read_hops(r, family, attr_payload(a), n) < 0)
			return MNL_CB_ERROR;
	return MNL_CB_OK;
}

static int
dump(struct mnl_socket *sock, uint8_t af, struct routes *r)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(r->buf);
	const uint32_t seq = af;
	struct rtmsg *rt;
	int run = MNL_CB_OK;

	h->nlmsg_type = RTM_GETROUTE;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = seq;
	rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	rt->rtm_family = af;
	if (mnl_socket_sendto(sock, h, h->nlmsg_len) < 0)
		return -1;
	while (run > MNL_CB_STOP) {
		const ssize_t n = mnl_socket_recvfrom(sock, r->buf, RECV);

		if (n < 0)
			return -1;
		run = mnl_cb_run(r->buf, (size_t)n, seq,
				 mnl_socket_get_portid(sock), on_route, r);
	}
	return run < 0 ? -1 : 0;
}

/* Both families over a socket of its own. */
static int
dump_all(struct routes *r)
{
	struct mnl_socket *sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int rc = -1, error;

	if (sock == NULL)
		return -1;
	if (mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    dump(sock, AF_INET, r) == 0)
		rc = dump(sock, AF_INET6, r);
	error = errno;
	(void)mnl_socket_close(sock);
	errno = error;
	return rc;
}

int
selfaddr_gateways(struct selfaddrs *sa, struct err *e)
{
	struct routes r = {.sa = sa, .e = e};
	int rc, tries = 0;

	/* Routes that change while they are read, or too many at once. */
	do
		rc = dump_all(&r);
	while (rc < 0 && !r.failed && (errno == EINTR || errno == ENOBUFS) &&
	       ++tries < TRIES);
	if (rc < 0 && !r.failed)
		(void)err_sys(e, EX_TEMPFAIL, "cannot read the routes");
	return rc;
}
