/*
 * The least that the kernel's part costs, for bench-ipset.
 *
 * nfraw fill SET FILE: adds the ADDRESS[/LEN] lines of FILE to a set that is
 * there, in netlink batches of 64 KiB, without any check of its own.
 * nfraw read SET: receives all entries and looks at none.
 */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char out[66000], in[160 * 1024];
static struct mnl_socket *sock;

static struct nlmsghdr *
message(int cmd, uint16_t flags, const char *set)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(out);
	struct nfgenmsg *nf;

	h->nlmsg_type = (uint16_t)(NFNL_SUBSYS_IPSET << 8 | cmd);
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	nf = mnl_nlmsg_put_extra_header(h, sizeof(*nf));
	nf->nfgen_family = AF_INET;
	mnl_attr_put_u8(h, IPSET_ATTR_PROTOCOL, IPSET_PROTOCOL_MIN);
	mnl_attr_put_strz(h, IPSET_ATTR_SETNAME, set);
	return h;
}

static void
talk(const struct nlmsghdr *h)
{
	int r = MNL_CB_OK;

	if (mnl_socket_sendto(sock, h, h->nlmsg_len) < 0)
		abort();
	while (r > MNL_CB_STOP) {
		const ssize_t n = mnl_socket_recvfrom(sock, in, sizeof(in));

		if (n < 0)
			abort();
		r = mnl_cb_run(in, (size_t)n, 0, 0, NULL, NULL);
	}
	if (r < 0) {
		perror("nfraw");
		exit(1);
	}
}

static void
put(struct nlmsghdr *h, char *line)
{
	struct nlattr *data = mnl_attr_nest_start(h, IPSET_ATTR_DATA), *ip;
	char *slash = strchr(line, '/');
	unsigned char a[16];
	int six;

	line[strcspn(line, "\n")] = '\0';
	if (slash != NULL)
		*slash = '\0';
	six = strchr(line, ':') != NULL;
	if (inet_pton(six ? AF_INET6 : AF_INET, line, a) != 1)
		abort();
	ip = mnl_attr_nest_start(h, IPSET_ATTR_IP);
	mnl_attr_put(h, (six ? IPSET_ATTR_IPADDR_IPV6 : IPSET_ATTR_IPADDR_IPV4)
		     | NLA_F_NET_BYTEORDER, six ? 16 : 4, a);
	mnl_attr_nest_end(h, ip);
	if (slash != NULL)
		mnl_attr_put_u8(h, IPSET_ATTR_CIDR,
				(uint8_t)strtoul(slash + 1, NULL, 10));
	mnl_attr_nest_end(h, data);
}

int
main(int argc, char **argv)
{
	char line[128];
	struct nlmsghdr *h = NULL;
	struct nlattr *adt = NULL;
	FILE *f;

	sock = mnl_socket_open(NETLINK_NETFILTER);
	if (argc < 3 || sock == NULL ||
	    mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return 64;
	if (strcmp(argv[1], "read") == 0) {
		talk(message(IPSET_CMD_LIST, NLM_F_DUMP, argv[2]));
		return 0;
	}
	f = fopen(argv[3], "r");
	if (f == NULL)
		return 66;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (h != NULL && h->nlmsg_len > 65000) {
			mnl_attr_nest_end(h, adt);
			talk(h);
			h = NULL;
		}
		if (h == NULL) {
			h = message(IPSET_CMD_ADD, NLM_F_ACK, argv[2]);
			mnl_attr_put_u32(h, IPSET_ATTR_LINENO, 0);
			adt = mnl_attr_nest_start(h, IPSET_ATTR_ADT);
		}
		put(h, line);
	}
	if (h != NULL) {
		mnl_attr_nest_end(h, adt);
		talk(h);
	}
	(void)fclose(f);
	return 0;
}
