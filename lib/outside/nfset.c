/* Requests about whole sets; the entries are nfset_io.c. */
#include "outside/nfset_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* Not in every kernel header of the same name. */
#define NF_IPV4 2
#define NF_IPV6 10
#define ATTR_BITMASK 12
/* Times 20 ms. */
#define BUSY_TRIES 500

/* The first revision with counters, and the last one known here. */
static const struct {
	const char *name;
	uint8_t first, last;
} types[] = {
	[NFSET_IP] = {"hash:ip", 1, 6},
	[NFSET_NET] = {"hash:net", 3, 7},
};

const char *
nfset_typename(enum nfset_type t)
{
	return types[t].name;
}

int
nfset_fail(struct err *e, int error, const char *what, const char *name)
{
	switch (error) {
	case EPERM:
	case EACCES:
		(void)err_set(e, EX_NOPERM, "%s '%s': no permission", what,
			      name);
		return err_hint(e, "CAP_NET_ADMIN is needed: run as root");
	case ENOENT:
		return err_set(e, EX_TEMPFAIL, "%s '%s': there is no such set "
			       "(any more)", what, name);
	case EBUSY:
		return err_set(e, EX_TEMPFAIL, "%s '%s': another program is "
			       "reading it", what, name);
	case IPSET_ERR_BUSY:
	case IPSET_ERR_REFERENCED:
		(void)err_set(e, EX_CONFIG, "%s '%s': a rule uses it", what,
			      name);
		return err_hint(e, "take the rules out first: "
				"ts-iptables remove");
	case IPSET_ERR_TYPE_MISMATCH:
		return err_set(e, EX_CONFIG, "%s '%s': it is of another type",
			       what, name);
	case EEXIST:
	case IPSET_ERR_EXIST_SETNAME2:
		return err_set(e, EX_TEMPFAIL, "%s '%s': it has come into "
			       "being meanwhile", what, name);
	case NFSET_HASH_FULL:
		return err_set(e, EX_TEMPFAIL, "%s '%s': the set is full", what,
			       name);
	case ENOBUFS:
		return err_set(e, EX_TEMPFAIL, "%s '%s': netlink buffer "
			       "overrun", what, name);
	case IPSET_ERR_MAX_SETS:
		return err_set(e, EX_OSERR, "%s '%s': the kernel holds no more "
			       "sets", what, name);
	case IPSET_ERR_PROTOCOL:
		return err_set(e, EX_OSERR, "%s '%s': the kernel does not "
			       "understand the request", what, name);
	default:
		break;
	}
	if (error >= IPSET_ERR_PRIVATE)
		return err_set(e, EX_OSERR, "%s '%s': ipset error %d", what,
			       name, error);
	errno = error;
	return err_sys(e, EX_OSERR, "%s '%s'", what, name);
}

struct nlmsghdr *
nfset_message(struct nfset *ns, uint8_t cmd, uint16_t flags, const char *name)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(ns->out);
	struct nfgenmsg *nf;

	h->nlmsg_type = (uint16_t)(NFNL_SUBSYS_IPSET << 8 | cmd);
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = ++ns->seq;
	nf = mnl_nlmsg_put_extra_header(h, sizeof(*nf));
	nf->nfgen_family = NF_IPV4;
	nf->version = NFNETLINK_V0;
	nf->res_id = 0;
	mnl_attr_put_u8(h, IPSET_ATTR_PROTOCOL, IPSET_PROTOCOL_MIN);
	if (name != NULL)
		mnl_attr_put_strz(h, IPSET_ATTR_SETNAME, name);
	return h;
}

int
nfset_talk(struct nfset *ns, const struct nlmsghdr *h, mnl_cb_t cb, void *arg)
{
	const uint32_t seq = h->nlmsg_seq;
	int r = MNL_CB_OK;

	if (mnl_socket_sendto(ns->sock, h, h->nlmsg_len) < 0)
		return errno;
	while (r > MNL_CB_STOP) {
		const ssize_t n = mnl_socket_recvfrom(ns->sock, ns->in,
						      sizeof(ns->in));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		r = mnl_cb_run(ns->in, (size_t)n, seq, ns->port, cb, arg);
	}
	return r < 0 ? errno : 0;
}

struct nfset *
nfset_open(struct err *e)
{
	struct nfset *ns = calloc(1, sizeof(*ns));
	int error;

	if (ns == NULL) {
		(void)err_mem(e);
		return NULL;
	}
	ns->sock = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (ns->sock == NULL ||
	    mnl_socket_bind(ns->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		(void)err_sys(e, EX_OSERR, "cannot open a netlink socket");
		nfset_close(ns);
		return NULL;
	}
	ns->port = mnl_socket_get_portid(ns->sock);
	error = nfset_talk(ns, nfset_message(ns, IPSET_CMD_PROTOCOL, NLM_F_ACK,
					     NULL), NULL, NULL);
	if (error == 0)
		return ns;
	if (error == EINVAL || error == EOPNOTSUPP) {
		(void)err_set(e, EX_OSERR, "this kernel has no ipset");
		(void)err_hint(e, "load it: modprobe ip_set");
	} else {
		(void)nfset_fail(e, error, "cannot use", "ipset");
	}
	nfset_close(ns);
	return NULL;
}

void
nfset_close(struct nfset *ns)
{
	if (ns == NULL)
		return;
	if (ns->sock != NULL)
		(void)mnl_socket_close(ns->sock);
	free(ns);
}

/* The nest of what the set was made with. */
static void
read_made(const struct nlattr *nest, struct nfset_info *info)
{
	bool timeout = false, other = false;
	uint32_t flags = 0;
	struct attrs it = attrs_in(nest);
	const struct nlattr *a;
	size_t n;

	while ((a = attrs_next(&it, &n)) != NULL) {
		switch (attr_type(a)) {
		case IPSET_ATTR_HASHSIZE:
			info->shape.hashsize = attr_be32(a);
			break;
		case IPSET_ATTR_MAXELEM:
			info->shape.maxelem = attr_be32(a);
			break;
		case IPSET_ATTR_TIMEOUT:
			timeout = attr_be32(a) == 0;
			break;
		case IPSET_ATTR_CADT_FLAGS:
			flags = attr_be32(a);
			break;
		case IPSET_ATTR_ELEMENTS:
			info->entries = attr_be32(a);
			break;
		case IPSET_ATTR_REFERENCES:
			info->references = attr_be32(a);
			break;
		case IPSET_ATTR_MEMSIZE:
			info->memory = attr_be32(a);
			break;
		case IPSET_ATTR_NETMASK:
		case ATTR_BITMASK:
			other = true;
			break;
		default:
			break;
		}
	}
	info->ours = info->fits && timeout && !other &&
		     flags == IPSET_FLAG_WITH_COUNTERS;
}

int
nfset_on_header(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *made = NULL;
	struct nfset_info *info = arg;
	struct attrs it = attrs_of(h, sizeof(struct nfgenmsg));
	const struct nlattr *a;
	int family = 0;
	size_t n;

	while ((a = attrs_next(&it, &n)) != NULL) {
		const uint16_t type = attr_type(a);

		if (type == IPSET_ATTR_TYPENAME)
			(void)memccpy(info->typename, attr_payload(a), 0,
				      n < NFSET_NAME_MAX ? n : NFSET_NAME_MAX);
		else if (type == IPSET_ATTR_FAMILY)
			family = attr_u8(a);
		else if (type == IPSET_ATTR_DATA)
			made = a;
	}
	if (made == NULL)
		return MNL_CB_OK;
	info->shape.family = family == NF_IPV4 ? CIDR_V4
			     : family == NF_IPV6 ? CIDR_V6 : 0;
	info->shape.type = strcmp(info->typename, types[NFSET_NET].name) == 0
				   ? NFSET_NET : NFSET_IP;
	info->fits = info->shape.family != 0 &&
		     strcmp(info->typename, types[info->shape.type].name) == 0;
	read_made(made, info);
	return MNL_CB_OK;
}

int
nfset_info(struct nfset *ns, const char *name, struct nfset_info *info,
	   struct err *e)
{
	struct nlmsghdr *h = nfset_message(ns, IPSET_CMD_LIST, NLM_F_DUMP,
					   name);
	int error;

	*info = (struct nfset_info){0};
	mnl_attr_put_u32(h, IPSET_ATTR_FLAGS | NLA_F_NET_BYTEORDER,
			 htonl(IPSET_FLAG_LIST_HEADER));
	error = nfset_talk(ns, h, nfset_on_header, info);
	if (error == ENOENT)
		return 0;
	return error != 0 ? nfset_fail(e, error, "cannot read set", name) : 1;
}

static int
on_type(const struct nlmsghdr *h, void *arg)
{
	uint8_t *rev = arg;
	struct attrs it = attrs_of(h, sizeof(struct nfgenmsg));
	const struct nlattr *a;
	size_t n;

	while ((a = attrs_next(&it, &n)) != NULL)
		if (attr_type(a) == IPSET_ATTR_REVISION)
			*rev = attr_u8(a);
	return MNL_CB_OK;
}

static uint8_t
nf_family(uint8_t family)
{
	return family == CIDR_V4 ? NF_IPV4 : NF_IPV6;
}

/* The revision of the type to ask for: the newest that both sides know. */
static int
find_revision(struct nfset *ns, const struct nfset_shape *s, uint8_t *rev,
	      struct err *e)
{
	uint8_t *had = &ns->revision[s->type][s->family == CIDR_V6];
	struct nlmsghdr *h;
	int error;

	if (*had == 0) {
		h = nfset_message(ns, IPSET_CMD_TYPE, NLM_F_ACK, NULL);
		mnl_attr_put_strz(h, IPSET_ATTR_TYPENAME, types[s->type].name);
		mnl_attr_put_u8(h, IPSET_ATTR_FAMILY, nf_family(s->family));
		*rev = 0;
		error = nfset_talk(ns, h, on_type, rev);
		if (error != 0 || *rev < types[s->type].first) {
			(void)err_set(e, EX_OSERR, "this kernel has no sets of "
				      "type %s with counters",
				      types[s->type].name);
			return err_hint(e, "load it: modprobe ip_set_hash_%s",
					types[s->type].name + 5);
		}
		*had = (uint8_t)(*rev + 1);
	}
	*rev = (uint8_t)(*had - 1);
	if (*rev > types[s->type].last)
		*rev = types[s->type].last;
	return 0;
}

int
nfset_create(struct nfset *ns, const char *name, const struct nfset_shape *s,
	     struct err *e)
{
	struct nlattr *nest;
	struct nlmsghdr *h;
	uint8_t rev;
	int error;

	if (find_revision(ns, s, &rev, e) < 0)
		return -1;
	h = nfset_message(ns, IPSET_CMD_CREATE, NLM_F_ACK | NLM_F_CREATE |
			  NLM_F_EXCL, name);
	mnl_attr_put_strz(h, IPSET_ATTR_TYPENAME, types[s->type].name);
	mnl_attr_put_u8(h, IPSET_ATTR_REVISION, rev);
	mnl_attr_put_u8(h, IPSET_ATTR_FAMILY, nf_family(s->family));
	nest = mnl_attr_nest_start(h, IPSET_ATTR_DATA);
	mnl_attr_put_u32(h, IPSET_ATTR_HASHSIZE | NLA_F_NET_BYTEORDER,
			 htonl(s->hashsize));
	mnl_attr_put_u32(h, IPSET_ATTR_MAXELEM | NLA_F_NET_BYTEORDER,
			 htonl(s->maxelem));
	mnl_attr_put_u32(h, IPSET_ATTR_TIMEOUT | NLA_F_NET_BYTEORDER, 0);
	mnl_attr_put_u32(h, IPSET_ATTR_CADT_FLAGS | NLA_F_NET_BYTEORDER,
			 htonl(IPSET_FLAG_WITH_COUNTERS));
	mnl_attr_nest_end(h, nest);
	error = nfset_talk(ns, h, NULL, NULL);
	return error != 0 ? nfset_fail(e, error, "cannot create set", name) : 0;
}

/* Another program's reading of a set holds it for a moment. */
static bool
wait_a_little(int *tries)
{
	const struct timespec nap = {.tv_nsec = 20 * 1000 * 1000};

	if (++*tries > BUSY_TRIES)
		return false;
	(void)nanosleep(&nap, NULL);
	return true;
}

int
nfset_destroy(struct nfset *ns, const char *name, struct err *e)
{
	struct nfset_info info;
	int error, tries = 0;

	for (;;) {
		error = nfset_talk(ns, nfset_message(ns, IPSET_CMD_DESTROY,
						     NLM_F_ACK, name),
				   NULL, NULL);
		if (error == 0 || error == ENOENT)
			return 0;
		/* In use by a rule, or only being read? */
		if (error == IPSET_ERR_BUSY &&
		    nfset_info(ns, name, &info, e) > 0 && info.references == 0)
			error = EBUSY;
		if (error != EBUSY || !wait_a_little(&tries))
			return nfset_fail(e, error, "cannot destroy set", name);
	}
}

static int
two_names(struct nfset *ns, uint8_t cmd, const char *what, const char *a,
	  const char *b, struct err *e)
{
	int error, tries = 0;

	do {
		struct nlmsghdr *h = nfset_message(ns, cmd, NLM_F_ACK, a);

		mnl_attr_put_strz(h, IPSET_ATTR_SETNAME2, b);
		error = nfset_talk(ns, h, NULL, NULL);
	} while (error == EBUSY && wait_a_little(&tries));
	return error != 0 ? nfset_fail(e, error, what, b) : 0;
}

int
nfset_swap(struct nfset *ns, const char *a, const char *b, struct err *e)
{
	return two_names(ns, IPSET_CMD_SWAP, "cannot swap set", a, b, e);
}

int
nfset_rename(struct nfset *ns, const char *from, const char *to, struct err *e)
{
	return two_names(ns, IPSET_CMD_RENAME, "cannot rename to", from, to, e);
}
