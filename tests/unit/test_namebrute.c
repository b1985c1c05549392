/*
 * The name algebra against brute force: random small trees over the labels a and
 * b, one to four inputs of every meaning and role. A model that knows nothing of
 * trees decides each query from the inputs and from the output; and of the
 * smallest every set of records that is no larger is tried.
 * SEED and ROUNDS change what is tried.
 */
#include "namemini.h"
#include "tap.h"

#define DEPTH 4	  /* labels of an owner at most; queries have two more */
#define OWNERS 62 /* names and wildcards of that depth, less the root */
#define RECORDS 64
#define INPUTS 4
#define TEXT 4096
#define EXPIRES_MAX 5

/*
 * Two bits a label, those of the rightmost the lowest: a, b, and c, which only
 * queries have and which so stands for all labels that no input knows.
 */
struct bname {
	unsigned n, bits;
};
#define BITS(n) ((1u << 2 * (n)) - 1)

struct brec {
	struct bname name;
	bool wild;
	char dec; /* x, d, p as in namemini.h; h: nobody may block */
	int64_t expires;
};

struct bzone {
	char kind; /* a letter of namemini.h */
	struct brec rec[RECORDS];
	size_t n;
};

static uint64_t state;

static unsigned
rnd(unsigned below)
{
	state = state * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return (unsigned)((state >> 33) % below);
}

/* --- the model ----------------------------------------------------------- */

static bool
at_or_above(struct bname up, struct bname down)
{
	return up.n <= down.n &&
	       ((up.bits ^ down.bits) & BITS(up.n)) == 0;
}

static bool
equal(struct bname a, struct bname b)
{
	return a.n == b.n && at_or_above(a, b);
}

/* Of the records with this owner the one that counts. */
static const struct brec *
owned(const struct bzone *z, struct bname name, bool wild)
{
	const struct brec *best = NULL;
	size_t i;

	for (i = 0; i < z->n; i++) {
		const struct brec *r = &z->rec[i];

		if (r->wild != wild || !equal(r->name, name))
			continue;
		if (best == NULL ||
		    (r->dec == best->dec && r->expires > best->expires) ||
		    (r->dec == 'p' && best->dec != 'p'))
			best = r;
	}
	return best;
}

static struct bname
parent(struct bname q, unsigned n)
{
	return (struct bname){n, q.bits & BITS(n)};
}

/* RFC 4592. */
static const struct brec *
ask_zone(const struct bzone *z, struct bname q, int64_t *until)
{
	const struct brec *r;
	unsigned encloser = 0, len;
	size_t i;

	for (len = 1; len <= q.n; len++)
		for (i = 0; i < z->n; i++)
			if (at_or_above(parent(q, len), z->rec[i].name))
				encloser = len;
	r = owned(z, parent(q, encloser), encloser < q.n);
	if (r != NULL)
		*until = r->expires;
	return r;
}

/* The longest decides; what is above and says the same may make it last. */
static const struct brec *
ask_list(const struct bzone *z, struct bname q, int64_t *until)
{
	const struct brec *said = owned(z, q, false);
	unsigned len;

	if (said != NULL)
		*until = said->expires;
	for (len = q.n; len-- > 0;) {
		const struct brec *r = owned(z, parent(q, len), true);

		if (r == NULL)
			continue;
		if (said == NULL) {
			said = r;
			*until = r->expires;
		}
		if (r->dec != said->dec)
			break;
		if (r->expires > *until)
			*until = r->expires;
	}
	return said;
}

static const struct brec *
ask(const struct bzone *z, struct bname q, int64_t *until)
{
	return strchr("Rae", z->kind) != NULL
		       ? ask_zone(z, q, until) : ask_list(z, q, until);
}

static bool
is_excepted(const struct bzone *z, size_t n, struct bname q)
{
	int64_t until;
	size_t i;

	for (i = 0; i < n; i++)
		if (strchr("EeN", z[i].kind) != NULL &&
		    ask(&z[i], q, &until) != NULL)
			return true;
	return false;
}

/* The decision of all inputs, 0 for none. */
static char
decide(const struct bzone *z, size_t n, struct bname q, int64_t *expires)
{
	static const char *const roles[] = {"Aa", "RL"};
	const bool excepted = is_excepted(z, n, q);
	bool agreed = true;
	char dec = 0, none = 0;
	size_t i, role;

	for (role = 0; role < 2; role++)
		for (i = 0; i < n; i++) {
			const struct brec *r;
			int64_t until;

			if (strchr(roles[role], z[i].kind) == NULL)
				continue;
			r = ask(&z[i], q, &until);
			if (r == NULL)
				continue;
			if (excepted && r->dec != 'p') {
				none = 'h';
			} else if (dec == 0) {
				dec = r->dec;
				*expires = until;
			} else if (r->dec != dec) {
				agreed &= until <= *expires;
			} else if (agreed && until > *expires) {
				*expires = until;
			}
		}
	return dec != 0 ? dec : none;
}

/* --- to and from the module ---------------------------------------------- */

static size_t
put_word(char *s, size_t room, const struct brec *r, char letter)
{
	char name[2 * DEPTH + 3];
	size_t n = 0;
	unsigned i;

	if (r->wild)
		name[n++] = '*';
	for (i = r->name.n; i-- > 0;) {
		if (n > 0)
			name[n++] = '.';
		name[n++] = (char)('a' + (r->name.bits >> 2 * i & 3));
	}
	if (r->expires == POLICY_NO_EXPIRY)
		return (size_t)snprintf(s, room, " %.*s=%c", (int)n, name,
					letter);
	return (size_t)snprintf(s, room, " %.*s=%c@%d", (int)n, name, letter,
				(int)r->expires);
}

static int
get_record(void *arg, const struct policy *rec, bool same, struct err *e)
{
	struct bzone *z = arg;
	struct brec *r = &z->rec[z->n++];
	size_t i = rec->name.n;

	(void)same;
	(void)e;
	if (z->n > RECORDS)
		abort();
	*r = (struct brec){.expires = rec->expires};
	r->dec = rec->response == RESPONSE_PASSTHRU ? 'p'
		 : rec->response == RESPONSE_NODATA ? 'd' : 'x';
	while (i-- > 0) {
		const char c = rec->name.p[i];

		if (c == 'a' || c == 'b')
			r->name.bits |= (unsigned)(c - 'a') << 2 * r->name.n++;
		r->wild |= c == '*';
	}
	return 0;
}

/* The name of n labels whose number among all these is i. */
static struct bname
numbered(unsigned n, unsigned i, unsigned labels)
{
	struct bname name = {n, 0};

	for (n = 0; n < name.n; n++, i /= labels)
		name.bits |= i % labels << 2 * n;
	return name;
}

/* A random input of at most n records, and its text. */
static void
make_input(struct bzone *z, char *text, unsigned n, unsigned depth, bool timed)
{
	static const char kinds[] = "RRRRRLLLLAaEeN";
	size_t len = 1;

	*z = (struct bzone){.kind = kinds[rnd(sizeof(kinds) - 1)]};
	text[0] = z->kind;
	text[1] = '\0';
	for (n = rnd(n + 1); n > 0; n--) {
		struct brec *r = &z->rec[z->n++];
		const char letter = "xxxxddp"[rnd(7)];

		r->wild = rnd(5) < 2;
		r->name = numbered(rnd(depth) + !r->wild, rnd(1u << depth), 2);
		r->expires = timed && rnd(2) ? 1 + rnd(EXPIRES_MAX) : POLICY_NO_EXPIRY;
		r->dec = strchr("Aa", z->kind) != NULL	  ? 'p'
			 : strchr("EeN", z->kind) != NULL ? 'h' : letter;
		len += put_word(text + len, TEXT - len, r, letter);
	}
}

static void
merge(char text[][TEXT], size_t n, struct bzone *out,
      struct namemerge_counts *c)
{
	struct namemerge *m = namemerge_new();
	struct err e = {0};
	size_t i;

	if (m == NULL)
		abort();
	for (i = 0; i < n; i++)
		if (mini_input(m, text[i], &e) < 0)
			abort();
	*out = (struct bzone){.kind = 'R'};
	if (namemerge_finish(m, &(struct namemerge_opts){0}, &e) < 0 ||
	    namemerge_emit(m, get_record, out, &e) < 0)
		abort();
	*c = *namemerge_counts(m);
	namemerge_free(m);
}

/* --- the checks ---------------------------------------------------------- */

struct wanted {
	struct bname q;
	char dec;
	int64_t expires;
};

#define QUERIES 1092 /* names of DEPTH + 2 of three labels or fewer */

static size_t
all_wanted(const struct bzone *in, size_t n, unsigned depth, struct wanted *w)
{
	size_t nw = 0;
	unsigned len, i, count = 1;

	for (len = 1; len <= depth; len++)
		for (count *= 3, i = 0; i < count; i++) {
			w[nw].q = numbered(len, i, 3);
			w[nw].dec = decide(in, n, w[nw].q, &w[nw].expires);
			nw++;
		}
	return nw;
}

/* Does the query get what is wanted? Of a hole, not to be blocked. */
static bool
right(const struct bzone *out, const struct wanted *w)
{
	int64_t until;
	const struct brec *r = ask_zone(out, w->q, &until);

	if (r == NULL)
		return w->dec == 'h' || w->dec == 0;
	return r->dec == (w->dec == 'h' ? 'p' : w->dec);
}

/* And does it get it as long as the inputs say? */
static bool
lasts(const struct bzone *out, const struct wanted *w)
{
	struct bzone later;
	int64_t t;
	size_t i;

	if (w->dec == 'h' || w->dec == 0)
		return true;
	for (t = 1; t <= EXPIRES_MAX && t < w->expires; t++) {
		later = (struct bzone){.kind = 'R'};
		for (i = 0; i < out->n; i++)
			if (out->rec[i].expires > t)
				later.rec[later.n++] = out->rec[i];
		if (!right(&later, w))
			return false;
	}
	return true;
}

static char
dec_at(const struct wanted *w, size_t nw, struct bname q)
{
	size_t i;

	for (i = 0; i < nw; i++)
		if (equal(w[i].q, q))
			return w[i].dec;
	abort();
}

/* The number of records whose own place is a hole, -1 where a decision is
 * wrong. */
static int
judge(const struct bzone *out, const struct wanted *w, size_t nw)
{
	int n = 0;
	size_t i;

	for (i = 0; i < nw; i++)
		if (!right(out, &w[i]))
			return -1;
	for (i = 0; i < out->n; i++) {
		struct bname q = out->rec[i].name;

		if (out->rec[i].wild)
			q.bits |= 2u << 2 * q.n++;
		n += dec_at(w, nw, q) == 'h';
	}
	return n;
}

/* Is there a set of at most left more records that is better than limit? */
static bool
search(struct bzone *z, const struct brec *owners, size_t n, size_t left,
       const struct wanted *w, size_t nw, int holes, bool fewer)
{
	static const char decs[] = "xdp";
	const int h = judge(z, w, nw);
	size_t i, d;

	if (h >= 0 && (h < holes || (h == holes && fewer)))
		return true;
	if (left == 0)
		return false;
	for (i = 0; i < n; i++) {
		z->rec[z->n++] = owners[i];
		for (d = 0; d < 3; d++) {
			z->rec[z->n - 1].dec = decs[d];
			/* The last one to be added makes as many as ours has. */
			if (search(z, owners + i + 1, n - i - 1, left - 1, w,
				   nw, holes, fewer && left > 1))
				return true;
		}
		z->n--;
	}
	return false;
}

static void
check_fewest(const struct bzone *out, const struct wanted *w, size_t nw,
	     unsigned depth, const char *text)
{
	struct bzone z = {.kind = 'R'};
	struct brec owners[OWNERS];
	const int holes = judge(out, w, nw);
	unsigned len, i, wild;
	size_t n = 0;

	for (len = 0; len <= depth; len++)
		for (i = 0; i < 1u << len; i++)
			for (wild = len == 0; wild <= (len < depth); wild++)
				owners[n++] = (struct brec){
					.name = numbered(len, i, 2),
					.wild = wild,
					.expires = POLICY_NO_EXPIRY};
	ok(!search(&z, owners, n, out->n, w, nw, holes, out->n > 0),
	   "fewer than %zu records do for %s", out->n, text);
}

static void
round_of(unsigned records, unsigned depth, bool timed, size_t fewest)
{
	static struct bzone in[INPUTS], out;
	static char text[INPUTS][TEXT], all[INPUTS * TEXT + 8];
	struct wanted w[QUERIES], *bad;
	struct namemerge_counts c;
	const size_t n = 1 + rnd(INPUTS);
	size_t i, nw, len = 0;
	int holes;

	for (i = 0; i < n; i++) {
		make_input(&in[i], text[i], records, depth, timed);
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s | ",
					text[i]);
	}
	merge(text, n, &out, &c);
	nw = all_wanted(in, n, depth + 2, w);
	for (i = 0; i < nw; i++)
		if (!right(&out, &w[i]) || (timed && !lasts(&out, &w[i])))
			break;
	bad = &w[i < nw ? i : 0];
	ok(i == nw, "query %u/%x is wrong, it wants '%c', after %s", bad->q.n,
	   bad->q.bits, bad->dec == 0 ? '-' : bad->dec, all);
	ok(c.in - c.redundant + c.copies + c.exceptions == out.n,
	   "the counts do not add up after %s", all);
	holes = judge(&out, w, nw);
	ok(holes < 0 || (int)c.exceptions == holes,
	   "%d exceptions are counted, not %d, after %s", (int)c.exceptions,
	   holes, all);
	if (i == nw && out.n <= fewest)
		check_fewest(&out, w, nw, depth, all);
}

int
main(void)
{
	const char *seed = getenv("SEED"), *rounds = getenv("ROUNDS");
	const long n = rounds != NULL ? strtol(rounds, NULL, 10) : 1200;
	long i;

	state = seed != NULL ? strtoull(seed, NULL, 10) : 1;
	printf("# SEED=%llu ROUNDS=%ld\n", (unsigned long long)state, n);
	for (i = 0; i < n; i++) {
		round_of(RECORDS / 8, DEPTH, true, 0);
		round_of(4, 3, false, 2);
		round_of(4, 2, false, 3);
	}
	return done();
}
