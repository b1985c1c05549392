/* What is there, and what to do about it. */
#include "outside/ksets.h"

/* A set of our name must be of the type and family of ours. */
static int
check_kind(const struct kset *s, struct err *e)
{
	const struct nfset_info *const info = &s->info;

	if (info->fits && info->shape.type == s->shape.type &&
	    info->shape.family == s->shape.family)
		return 0;
	(void)err_set(e, EX_CONFIG, "set '%s' is there, but as %s%s, not %s of "
		      "IPv%d: it is not ours", s->name, info->typename,
		      info->shape.family == CIDR_V4 ? " of IPv4"
		      : info->shape.family == CIDR_V6 ? " of IPv6" : "",
		      nfset_typename(s->shape.type), s->shape.family);
	return err_hint(e, "destroy or rename it, or choose another --prefix");
}

int
ksets_find(struct ksets *ks, struct nfset *ns, struct err *e)
{
	size_t i;

	for (i = 0; i < KSETS; i++) {
		struct kset *s = &ks->set[i];
		const int r = nfset_info(ns, s->name, &s->info, e);

		if (r < 0)
			return -1;
		s->exists = r > 0;
		if (s->exists && check_kind(s, e) < 0)
			return -1;
	}
	return 0;
}

int
ksets_scan(struct kset *s, struct nfset *ns, nfset_seen *seen, void *arg,
	   struct err *e)
{
	const int r = nfset_read(ns, s->name, &s->info, seen, arg, e);

	if (r < 0)
		return -1;
	s->exists = r > 0;
	return s->exists ? check_kind(s, e) : 0;
}

static uint32_t
power_above(uint64_t n, uint32_t min)
{
	uint64_t p = min;

	while (p < n)
		p *= 2;
	return p > UINT32_MAX / 2 ? (uint32_t)1 << 31 : (uint32_t)p;
}

/* Writing the difference in place has never cost more than filling anew, not
 * even where all entries change (bench-ipset); but for a table that is far too
 * small, which the kernel would enlarge and rehash over and over. */
static bool
outgrows_table(const struct kset *s)
{
	const size_t want = entries_count(&s->want);

	return want > s->info.shape.hashsize &&
	       s->missing + s->retime + entries_count(&s->stale) >= want;
}

static void
decide(struct kset *s)
{
	const size_t n = entries_count(&s->want);

	s->shape.hashsize = power_above(n, KSETS_HASHSIZE_MIN);
	s->shape.maxelem = power_above(n + n / 4 + 1, KSETS_MAXELEM_MIN);
	s->why = NULL;
	s->todo = KSET_REBUILD;
	if (!s->exists)
		s->todo = KSET_CREATE;
	else if (!s->info.ours)
		s->why = "it was made with other options";
	else if (s->missing + s->retime + entries_count(&s->stale) == 0)
		s->todo = KSET_KEEP;
	else if ((uint64_t)s->info.entries + s->missing >
		 s->info.shape.maxelem)
		s->why = "it grows over its maxelem";
	else if (outgrows_table(s))
		s->why = "it grows far over its table";
	else
		s->todo = KSET_CHANGE;
}

int
ksets_read(struct ksets *ks, struct nfset *ns, struct err *e)
{
	size_t i;

	for (i = 0; i < KSETS; i++) {
		if (ksets_match(&ks->set[i], ns, e) < 0)
			return -1;
		decide(&ks->set[i]);
	}
	return 0;
}

bool
ksets_differ(const struct ksets *ks)
{
	size_t i;

	for (i = 0; i < KSETS; i++)
		if (ks->set[i].todo != KSET_KEEP)
			return true;
	return false;
}

/* Everything that is there becomes wanted. */
static int
adopt_group(void *arg, const struct nfset_entry *v, size_t n, struct err *e)
{
	struct kset *s = arg;
	size_t i;

	for (i = 0; i < n; i++)
		if (!v[i].nomatch &&
		    entries_add(&s->want, &v[i].cidr, v[i].timeout, e) < 0)
			return -1;
	return 0;
}

int
ksets_adopt(struct ksets *ks, struct nfset *ns, struct err *e)
{
	size_t i;

	for (i = 0; i < KSETS; i++)
		if (ksets_scan(&ks->set[i], ns, adopt_group, &ks->set[i],
			       e) < 0)
			return -1;
	return ksets_sort(ks, e);
}
