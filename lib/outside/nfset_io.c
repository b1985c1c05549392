/* Entries in and out. */
#include "outside/nfset_priv.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

/* The most that one entry takes in a batch: nest 4, address 4 + 20, length 8,
 * timeout 8, two counters 12 each, line 8. */
#define ENTRY_MAX 76

void
nfset_begin(struct nfset *ns, enum nfset_op op, const char *name,
	    const struct nfset_shape *shape)
{
	(void)memccpy(ns->name, name, 0, NFSET_NAME_MAX);
	ns->name[NFSET_NAME_MAX] = '\0';
	ns->cmd = op == NFSET_ADD ? IPSET_CMD_ADD : IPSET_CMD_DEL;
	ns->family = shape->family;
	ns->nets = shape->type == NFSET_NET;
	ns->adt = NULL;
	ns->line = 0;
}

uint64_t
nfset_written(const struct nfset *ns)
{
	return ns->written;
}

static void
open_batch(struct nfset *ns)
{
	/* Without NLM_F_EXCL: what is there already is no error. */
	struct nlmsghdr *h = nfset_message(ns, ns->cmd, NLM_F_ACK, ns->name);

	mnl_attr_put_u32(h, IPSET_ATTR_LINENO, 0);
	ns->adt = mnl_attr_nest_start(h, IPSET_ATTR_ADT);
	ns->line = 0;
}

/* An attribute header with its payload's bytes behind it; the next place. */
static inline char *
put(char *p, uint16_t type, const void *data, size_t n)
{
	const struct nlattr a = {(uint16_t)(sizeof(a) + n), type};

	memcpy(p, &a, sizeof(a));
	memcpy(p + sizeof(a), data, n);
	return p + sizeof(a) + n;
}

static inline char *
put32(char *p, uint16_t type, uint32_t v)
{
	return put(p, type, &v, sizeof(v));
}

static inline char *
put64(char *p, uint16_t type, uint64_t v)
{
	v = htobe64(v);
	return put(p, type | NLA_F_NET_BYTEORDER, &v, sizeof(v));
}

static char *
put_address(char *p, const struct cidr *c)
{
	const uint64_t w[2] = {htobe64(c->hi), htobe64(c->lo)};
	const size_t n = c->family == CIDR_V4 ? 4 : 16;
	const struct nlattr nest = {(uint16_t)(2 * sizeof(nest) + n),
				    IPSET_ATTR_IP | NLA_F_NESTED};

	memcpy(p, &nest, sizeof(nest));
	return put(p + sizeof(nest), (c->family == CIDR_V4
				       ? IPSET_ATTR_IPADDR_IPV4
				       : IPSET_ATTR_IPADDR_IPV6) |
		    NLA_F_NET_BYTEORDER, w, n);
}

int
nfset_put(struct nfset *ns, const struct nfset_entry *v, struct err *e)
{
	struct nlmsghdr *const h = (struct nlmsghdr *)(void *)ns->out;
	struct nlattr nest = {0, IPSET_ATTR_DATA | NLA_F_NESTED};
	char *start, *p;

	if (ns->adt != NULL && h->nlmsg_len > NFSET_BATCH - ENTRY_MAX &&
	    nfset_end(ns, e) < 0)
		return -1;
	if (ns->adt == NULL)
		open_batch(ns);
	start = ns->out + h->nlmsg_len;
	p = put_address(start + sizeof(nest), &v->cidr);
	if (ns->nets) {
		const uint8_t len[4] = {v->cidr.len};
		const struct nlattr a = {sizeof(a) + 1, IPSET_ATTR_CIDR};

		memcpy(p, &a, sizeof(a));
		memcpy(p + sizeof(a), len, sizeof(len));
		p += sizeof(a) + sizeof(len);
	}
	if (ns->cmd == IPSET_CMD_ADD && v->timeout != 0)
		p = put32(p, IPSET_ATTR_TIMEOUT | NLA_F_NET_BYTEORDER,
			   htonl(v->timeout));
	if (ns->cmd == IPSET_CMD_ADD && v->packets != 0) {
		p = put64(p, IPSET_ATTR_PACKETS, v->packets);
		p = put64(p, IPSET_ATTR_BYTES, v->bytes);
	}
	p = put32(p, IPSET_ATTR_CADT_LINENO, ++ns->line);
	nest.nla_len = (uint16_t)(p - start);
	memcpy(start, &nest, sizeof(nest));
	h->nlmsg_len += nest.nla_len;
	return 0;
}

/* An entry out of a nest of the kernel's, or of a batch of ours. */
static inline bool
read_entry(const struct nlattr *nest, uint8_t family, struct nfset_entry *v)
{
	const size_t alen = family == CIDR_V4 ? 4 : 16;
	struct attrs it = attrs_in(nest);
	uint64_t w[2] = {0, 0}, u64;
	const struct nlattr *a;
	bool found = false;
	size_t n;

	*v = (struct nfset_entry){.cidr = {0, 0, family,
					   (uint8_t)cidr_max_len(family)}};
	while ((a = attrs_next(&it, &n)) != NULL) {
		const char *const p = attr_payload(a);

		switch (attr_type(a)) {
		case IPSET_ATTR_IP:
			found = n == sizeof(*a) + alen;
			if (found)
				memcpy(w, p + sizeof(*a), alen);
			break;
		case IPSET_ATTR_CIDR:
			v->cidr.len = attr_u8(a);
			break;
		case IPSET_ATTR_TIMEOUT:
			v->timeout = attr_be32(a);
			break;
		case IPSET_ATTR_PACKETS:
		case IPSET_ATTR_BYTES:
			if (n < sizeof(u64))
				return false;
			memcpy(&u64, p, sizeof(u64));
			if (attr_type(a) == IPSET_ATTR_PACKETS)
				v->packets = be64toh(u64);
			else
				v->bytes = be64toh(u64);
			break;
		case IPSET_ATTR_CADT_FLAGS:
			v->nomatch = attr_be32(a) & IPSET_FLAG_NOMATCH;
			break;
		default:
			break;
		}
	}
	v->cidr.hi = be64toh(w[0]);
	v->cidr.lo = be64toh(w[1]);
	return found && v->cidr.len <= cidr_max_len(family);
}

/* The line that the kernel wrote into the quoted request, 0 for none. */
static uint32_t
failed_line(const struct nfset *ns)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)ns->in;
	const struct nlmsgerr *quoted = mnl_nlmsg_get_payload(h);
	struct attrs it;
	const struct nlattr *a;
	uint32_t line;
	size_t n;

	if (h->nlmsg_type != NLMSG_ERROR ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*quoted)) ||
	    quoted->msg.nlmsg_len > h->nlmsg_len - NLMSG_LENGTH(sizeof(int)))
		return 0;
	it = attrs_of(&quoted->msg, sizeof(struct nfgenmsg));
	while ((a = attrs_next(&it, &n)) != NULL)
		if (attr_type(a) == IPSET_ATTR_LINENO &&
		    n >= sizeof(line)) {
			/* Ours, so in the byte order of this host. */
			memcpy(&line, attr_payload(a), sizeof(line));
			return line;
		}
	return 0;
}

static int
batch_failed(const struct nfset *ns, int error, struct err *e)
{
	const bool add = ns->cmd == IPSET_CMD_ADD;
	const uint32_t line = failed_line(ns);
	char text[CIDR_TEXT_MAX] = "entries", what[128];
	struct attrs it = attrs_in(ns->adt);
	const struct nlattr *a;
	struct nfset_entry v;
	uint32_t i = 0;
	size_t n;

	while ((a = attrs_next(&it, &n)) != NULL)
		if (++i == line && read_entry(a, ns->family, &v))
			text[cidr_format(&v.cidr, text)] = '\0';
	(void)snprintf(what, sizeof(what), "cannot %s %s %s set",
		       add ? "add" : "delete", text, add ? "to" : "from");
	return nfset_fail(e, error, what, ns->name);
}

int
nfset_end(struct nfset *ns, struct err *e)
{
	struct nlmsghdr *const h = (struct nlmsghdr *)(void *)ns->out;
	int error;

	if (ns->adt == NULL)
		return 0;
	mnl_attr_nest_end(h, ns->adt);
	error = nfset_talk(ns, h, NULL, NULL);
	if (error != 0)
		return batch_failed(ns, error, e);
	ns->written += ns->line;
	ns->adt = NULL;
	return 0;
}

struct reading {
	struct nfset_info *info;
	nfset_seen *seen;
	void *arg;
	struct err *e;
	bool failed; /* e is filled */
	size_t n;
	struct nfset_entry v[NFSET_GROUP];
};

static int
hand_over(struct reading *r)
{
	const size_t n = r->n;

	r->n = 0;
	if (n > 0 && r->seen(r->arg, r->v, n, r->e) < 0)
		r->failed = true;
	return r->failed ? -1 : 0;
}

static int
on_entries(const struct nlmsghdr *h, void *arg)
{
	struct attrs it = attrs_of(h, sizeof(struct nfgenmsg)), inner;
	const struct nlattr *a, *nest;
	struct reading *r = arg;
	size_t n;

	(void)nfset_on_header(h, r->info);
	while (r->info->fits && (a = attrs_next(&it, &n)) != NULL) {
		if (attr_type(a) != IPSET_ATTR_ADT)
			continue;
		inner = attrs_in(a);
		while ((nest = attrs_next(&inner, &n)) != NULL) {
			if (!read_entry(nest, r->info->shape.family,
					&r->v[r->n])) {
				errno = IPSET_ERR_PROTOCOL;
				return MNL_CB_ERROR;
			}
			if (++r->n == NFSET_GROUP && hand_over(r) < 0)
				return MNL_CB_ERROR;
		}
	}
	return hand_over(r) < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

int
nfset_read(struct nfset *ns, const char *name, struct nfset_info *info,
	   nfset_seen *seen, void *arg, struct err *e)
{
	struct nlmsghdr *h = nfset_message(ns, IPSET_CMD_LIST, NLM_F_DUMP,
					   name);
	struct reading r = {.info = info, .seen = seen, .arg = arg, .e = e};
	int error;

	*info = (struct nfset_info){0};
	error = nfset_talk(ns, h, on_entries, &r);
	if (r.failed)
		return -1;
	if (error == ENOENT)
		return 0;
	return error != 0 ? nfset_fail(e, error, "cannot read set", name) : 1;
}
