#include "outside/ksets_save.h"

/* Of those inside one another the widest stays, so that they are apart. */
static int
add_apart(struct ksets_save *k, const struct selfaddrs *held, struct err *e)
{
	size_t i;
	int f;

	for (i = 0; i < held->n; i++)
		if (entries_add(&k->apart[held->v[i].cidr.family == CIDR_V6],
				&held->v[i].cidr, 0, e) < 0)
			return -1;
	for (f = 0; f < 2; f++) {
		struct entries *const es = &k->apart[f];

		if (entries_sort(es, e) < 0)
			return -1;
		for (i = 1; i < entries_count(es);) {
			const struct cidr wide = entries_cidr(es, i - 1);
			const struct cidr c = entries_cidr(es, i);

			if (cidr_contains(&wide, &c))
				entries_remove(es, i, 1);
			else
				i++;
		}
	}
	return 0;
}

int
ksets_save_begin(struct ksets_save *k, struct out *o,
		 const struct selfaddrs *held, struct err *e)
{
	*k = (struct ksets_save){.out = o};
	entries_init(&k->apart[0], CIDR_V4);
	entries_init(&k->apart[1], CIDR_V6);
	if (o == NULL)
		return 0;
	if (add_apart(k, held, e) < 0) {
		ksets_save_end(k, true);
		return -1;
	}
	stream_begin(o, "policy", "");
	return 0;
}

void
ksets_save_record(struct ksets_save *k, const struct policy *rec, bool same,
		  int64_t now)
{
	k->kept = k->out != NULL &&
		  (rec->kind == KIND_IP4 || rec->kind == KIND_IP6) &&
		  (rec->expires == POLICY_NO_EXPIRY || rec->expires > now);
	k->block = rec->verdict == VERDICT_BLOCK;
	if (k->kept && !same)
		policy_form_set(&k->form, rec);
}

/* Half by half, where only a part of c is held back. */
static void
put_parts(struct ksets_save *k, const struct cidr *c)
{
	const struct entries *const es = &k->apart[c->family == CIDR_V6];
	const size_t i = entries_lower(es, c);
	struct cidr half = *c, at;

	if (i > 0) {
		at = entries_cidr(es, i - 1);
		if (cidr_contains(&at, c))
			return;
	}
	at = i < entries_count(es) ? entries_cidr(es, i)
				   : (struct cidr){.family = 0};
	if (!cidr_contains(c, &at)) {
		policy_form_put(k->out, &k->form, c);
		k->records++;
	} else if (at.len > c->len) {
		half.len++;
		put_parts(k, &half);
		if (half.len <= 64)
			half.hi |= UINT64_C(1) << (64 - half.len);
		else
			half.lo |= UINT64_C(1) << (128 - half.len);
		put_parts(k, &half);
	}
}

void
ksets_save_put(struct ksets_save *k, const struct cidr *c)
{
	if (!k->kept)
		return;
	if (k->block) {
		put_parts(k, c);
		return;
	}
	policy_form_put(k->out, &k->form, c);
	k->records++;
}

void
ksets_save_end(struct ksets_save *k, bool failed)
{
	if (k->out != NULL && !failed)
		stream_end(k->out, k->records);
	entries_free(&k->apart[0]);
	entries_free(&k->apart[1]);
}
