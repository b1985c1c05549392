/*
 * Reading the attributes of a netlink message, every length checked.
 */
#ifndef TS_OUTSIDE_NLATTR_H
#define TS_OUTSIDE_NLATTR_H

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Attributes one after another, each checked to lie within the bytes given. */
struct attrs {
	const char *p, *end;
};

/* Those behind the fixed part of a message, which has the given size. */
static inline struct attrs
attrs_of(const struct nlmsghdr *h, size_t fixed)
{
	const char *const p = (const char *)h;

	return (struct attrs){p + NLMSG_LENGTH(fixed), p + h->nlmsg_len};
}

static inline const char *
attr_payload(const struct nlattr *a)
{
	return (const char *)a + sizeof(*a);
}

static inline struct attrs
attrs_in(const struct nlattr *a)
{
	return (struct attrs){attr_payload(a),
				    (const char *)a + a->nla_len};
}

static inline uint16_t
attr_type(const struct nlattr *a)
{
	return a->nla_type & 0x3fff; /* NLA_TYPE_MASK */
}

/* The next one, or NULL; *n is the length of its payload. */
static inline const struct nlattr *
attrs_next(struct attrs *it, size_t *n)
{
	const size_t left = it->p < it->end ? (size_t)(it->end - it->p) : 0;
	const struct nlattr *a = (const struct nlattr *)(const void *)it->p;

	if (left < sizeof(*a) || a->nla_len < sizeof(*a) || a->nla_len > left)
		return NULL;
	*n = a->nla_len - sizeof(*a);
	it->p += NLA_ALIGN(a->nla_len);
	return a;
}

/* A number in network byte order; 0 where the payload is too short. */
static inline uint32_t
attr_be32(const struct nlattr *a)
{
	uint32_t v = 0;

	if (a->nla_len >= sizeof(*a) + sizeof(v))
		memcpy(&v, attr_payload(a), sizeof(v));
	return ntohl(v);
}

static inline uint8_t
attr_u8(const struct nlattr *a)
{
	return a->nla_len > sizeof(*a) ? (uint8_t)*attr_payload(a) : 0;
}

#endif
