/* A policy stream into the sets that are wanted. */
#include "outside/ksets.h"

#include <string.h>

/* Seconds left as the kernel can hold them. What is further off than that gets
 * no timeout yet: a run within the next 24 days sets it. */
static uint32_t
time_left(int64_t expires, int64_t now)
{
	if (expires == POLICY_NO_EXPIRY || expires - now > NFSET_TIMEOUT_MAX)
		return 0;
	return (uint32_t)(expires - now);
}

/* Whether n records like rec go into sets; those that do not are counted. */
static bool
is_wanted(struct ksets *ks, const struct policy *rec, size_t n)
{
	ks->records += n;
	if (rec->kind != KIND_IP4 && rec->kind != KIND_IP6) {
		ks->other[rec->kind] += n;
		return false;
	}
	if (rec->expires != POLICY_NO_EXPIRY && rec->expires <= ks->now) {
		ks->expired += n;
		return false;
	}
	return true;
}

static int
refuse_all(const struct policy *rec, struct err *e)
{
	return err_set(e, EX_DATAERR, "a /0 is refused: it would %s every "
		       "IPv%d address", verdict_text(rec->verdict),
		       rec->cidr.family);
}

static int
add(struct ksets *ks, const struct policy *rec, struct err *e)
{
	const struct cidr *const c = &rec->cidr;
	struct kset *s;

	if (!is_wanted(ks, rec, 1))
		return 0;
	if (c->len == 0)
		return refuse_all(rec, e);
	s = ksets_of(ks, rec->verdict, c->family,
		     c->len == cidr_max_len(c->family) ? NFSET_IP : NFSET_NET);
	return entries_add(&s->want, c, time_left(rec->expires, ks->now), e);
}

static int
at_line(const struct policy_reader *r, struct err *e)
{
	const struct err why = *e;

	if (why.code != EX_DATAERR)
		return -1;
	(void)stream_error(&r->s, e, "%s", why.msg);
	return -1;
}

static int
read_one(struct ksets *ks, struct policy_reader *r, const struct policy *rec,
	 struct ksets_save *k, struct err *e)
{
	if (add(ks, rec, e) < 0)
		return at_line(r, e);
	ksets_save_record(k, rec, r->same, ks->now);
	ksets_save_put(k, &rec->cidr);
	return 0;
}

/* Records that are read at once. */
#define RUN 512

/* Those behind record i of n have not been reached. */
static int
refuse_at(struct policy_reader *r, const struct policy *rec, size_t i, size_t n,
	  struct err *e)
{
	(void)refuse_all(rec, e);
	r->s.in.line -= n - 1 - i;
	return at_line(r, e);
}

/* What follows a record of kind ip4 and differs in its address alone. */
static int
read_run4(struct ksets *ks, struct policy_reader *r, struct policy *rec,
	  struct ksets_save *k, struct err *e)
{
	struct entries *const single = &ksets_of(ks, rec->verdict, CIDR_V4,
						 NFSET_IP)->want;
	struct entries *const wide = &ksets_of(ks, rec->verdict, CIDR_V4,
					       NFSET_NET)->want;
	const uint32_t ttl = time_left(rec->expires, ks->now);
	uint64_t v[RUN], nets[RUN];
	size_t i, n, ips, wides;

	while ((n = policy_run4(r, v, RUN)) > 0) {
		if (!is_wanted(ks, rec, n))
			continue;
		for (i = ips = wides = 0; i < n; i++) {
			rec->cidr.hi = v[i] & UINT64_MAX << 32;
			rec->cidr.len = (uint8_t)v[i];
			if (rec->cidr.len == 0)
				return refuse_at(r, rec, i, n, e);
			ksets_save_put(k, &rec->cidr);
			*(rec->cidr.len == 32 ? &v[ips++] : &nets[wides++]) = v[i];
		}
		if (entries_add4(single, v, ips, ttl, e) < 0 ||
		    entries_add4(wide, nets, wides, ttl, e) < 0)
			return at_line(r, e);
	}
	return 0;
}

static int
read_run6(struct ksets *ks, struct policy_reader *r, struct policy *rec,
	  struct ksets_save *k, struct err *e)
{
	struct entries *const single = &ksets_of(ks, rec->verdict, CIDR_V6,
						 NFSET_IP)->want;
	struct entries *const wide = &ksets_of(ks, rec->verdict, CIDR_V6,
					       NFSET_NET)->want;
	const uint32_t ttl = time_left(rec->expires, ks->now);
	struct cidr v[RUN], nets[RUN];
	size_t i, n, ips, wides;

	while ((n = policy_run6(r, v, RUN)) > 0) {
		if (!is_wanted(ks, rec, n))
			continue;
		for (i = ips = wides = 0; i < n; i++) {
			rec->cidr = v[i];
			if (rec->cidr.len == 0)
				return refuse_at(r, rec, i, n, e);
			ksets_save_put(k, &rec->cidr);
			*(rec->cidr.len == 128 ? &v[ips++] : &nets[wides++]) =
				rec->cidr;
		}
		if (entries_add_many(single, v, ips, ttl, e) < 0 ||
		    entries_add_many(wide, nets, wides, ttl, e) < 0)
			return at_line(r, e);
	}
	return 0;
}

int
ksets_sort(struct ksets *ks, struct err *e)
{
	size_t i;

	for (i = 0; i < KSETS; i++)
		if (entries_sort(&ks->set[i].want, e) < 0)
			return -1;
	return 0;
}

int
ksets_read_policy(struct ksets *ks, const char *path, struct ksets_save *k,
		  struct err *e)
{
	struct policy_reader r;
	enum stream_result res;
	struct policy rec;
	int rc = 0;

	if (policy_open(&r, path, e) < 0)
		return -1;
	while (rc == 0 && (res = policy_next(&r, &rec, e)) != STREAM_END) {
		if (res == STREAM_ERROR || read_one(ks, &r, &rec, k, e) < 0 ||
		    (rec.kind == KIND_IP4 &&
		     read_run4(ks, &r, &rec, k, e) < 0) ||
		    (rec.kind == KIND_IP6 &&
		     read_run6(ks, &r, &rec, k, e) < 0))
			rc = -1;
	}
	policy_close(&r);
	return rc < 0 ? -1 : ksets_sort(ks, e);
}
