/*
 * The lists of a DNS firewall against brute force: random small policies, names
 * of the labels a and b, and of c, which only queries have and which so stands
 * for all labels that no record knows. A model that knows nothing of levels says
 * what each query gets; and every sequence of fewer entries is tried.
 * SEED and ROUNDS change what is tried.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sense/layers.h"
#include "tap.h"

#define DEPTH 3	  /* labels of an owner, its "*" not counted */
#define NAMES 121 /* of DEPTH + 1 labels or fewer, with the root */
#define SEARCH 4  /* entries that are tried at most */

/* Names by number: the root is 0, the labels of i are those of i's parent and
 * label (i - 1) % 3 in front. */
static unsigned
parent(unsigned i)
{
	return (i - 1) / 3;
}

static unsigned
depth(unsigned i)
{
	return i == 0 ? 0 : 1 + depth(parent(i));
}

static bool
has_label(unsigned i, unsigned label)
{
	return i != 0 && ((i - 1) % 3 == label || has_label(parent(i), label));
}

static bool above[NAMES][NAMES]; /* or the same */

static void
set_above(void)
{
	unsigned i, up;

	for (i = 0; i < NAMES; i++) {
		above[i][i] = true;
		for (up = i; up != 0; up = parent(up))
			above[parent(up)][i] = true;
	}
}

/* What a record says: x nxdomain, d nodata, p passthru, g and h redirects to
 * "c.a" and to "c"; what no list can say: D data; t tcp-only. 0: there is none. */
#define C_A 6
#define C 3
struct policy_of {
	char exact[NAMES], wild[NAMES];
	bool list_meaning, odd; /* the label b has an octet that is not taken */
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
exists(const struct policy_of *p, unsigned i)
{
	unsigned k;

	for (k = 0; k < NAMES; k++)
		if ((p->exact[k] || p->wild[k]) && above[i][k])
			return true;
	return false;
}

static bool
is_odd(const struct policy_of *p, unsigned i)
{
	return p->odd && has_label(i, 1);
}

static char below(const struct policy_of *p, unsigned i);

static char
say(const struct policy_of *p, unsigned i, char record, char cover)
{
	if (is_odd(p, i))
		return cover;
	if (record == 'D' && cover != 'p')
		return cover;
	if (record == 'D' || record == 't')
		return 0;
	if (record == 0 && (p->list_meaning || !exists(p, i)))
		return cover;
	return record;
}

/* What all names get that have this one as their closest encloser. */
static char
below(const struct policy_of *p, unsigned i)
{
	return say(p, i, p->wild[i], i == 0 ? 0 : below(p, parent(i)));
}

static char
wanted(const struct policy_of *p, unsigned i)
{
	const char w = say(p, i, p->exact[i], below(p, parent(i)));

	/* A redirect to the very name lets it through. */
	return (i == C_A && w == 'g') || (i == C && w == 'h') ? 'p' : w;
}

/* --- to and from the module ---------------------------------------------- */

static void
put_name(const struct policy_of *p, unsigned i, bool wild, FILE *f)
{
	fputs(wild ? i == 0 ? "*" : "*." : "", f);
	for (; i != 0; i = parent(i))
		fprintf(f, "%c%s%s", (int)('a' + (i - 1) % 3),
			p->odd && (i - 1) % 3 == 1 ? "_" : "",
			parent(i) != 0 ? "." : "");
}

static void
put_record(const struct policy_of *p, unsigned i, bool wild, FILE *f)
{
	static const struct {
		char letter;
		const char *verdict, *response;
	} says[] = {
		{'x', "block", "nxdomain"},   {'d', "block", "nodata"},
		{'g', "block", "redirect=c.a"}, {'h', "block", "redirect=c"},
		{'p', "allow", "passthru"},   {'D', "block", "data"},
		{'t', "block", "tcp-only"},
	};
	const char letter = wild ? p->wild[i] : p->exact[i];
	size_t k = 0;

	if (letter == 0)
		return;
	while (says[k].letter != letter)
		k++;
	fprintf(f, "%s\tname\t", says[k].verdict);
	put_name(p, i, wild, f);
	fprintf(f, "\t%s\t-\t-\t1\n", says[k].response);
}

static char *
policy_text(const struct policy_of *p, size_t *n)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, n);
	unsigned i, records = 0;

	if (f == NULL)
		abort();
	fprintf(f, "#ts-policy/1\tnames=%s\n", p->list_meaning ? "list" : "rpz");
	for (i = 0; i < NAMES; i++) {
		put_record(p, i, false, f);
		put_record(p, i, true, f);
		records += (p->exact[i] ? 1U : 0U) + (p->wild[i] ? 1U : 0U);
	}
	fprintf(f, "#end\trecords=%u\n", records);
	if (fclose(f) != 0)
		abort();
	return text;
}

static void
load(struct layers *l, const char *text, size_t n)
{
	const struct layers_opts opts = {.root = true};
	const int fd = memfd_create("policy", 0);
	struct err e = {0};
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || write(fd, text, n) != (ssize_t)n ||
	    layers_load(l, path, &opts, &e) < 0) {
		printf("# %s\n", e.msg);
		abort();
	}
	close(fd);
}

/* The number of a name in a list, without its "*." */
static unsigned
number(const char *s)
{
	const char *end = s + strlen(s);
	unsigned i = 0;

	while (end > s) {
		end--;
		if (*end >= 'a' && *end <= 'c')
			i = 3 * i + 1 + (unsigned)(*end - 'a');
	}
	return i;
}

static bool
holds(bool wild, unsigned owner, unsigned query)
{
	return wild ? query != owner && above[owner][query]
		    : query == owner;
}

static bool
list_holds(const struct layers *l, const struct layers_list *list, unsigned q)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		const char *const s = layers_name(l, list, i);

		if (holds(*s == '*', number(s), q))
			return true;
	}
	return false;
}

/* By the first list that holds it; backwards: in the other order of those of one
 * level. */
static char
answer(const struct layers *l, unsigned q, bool backwards)
{
	static const char letters[] = {'x', 'd', 0, 0, 'p'};
	const struct layers_list *found = NULL;
	size_t i;

	for (i = 0; i < l->nlists; i++) {
		const struct layers_list *const list = &l->list[i];

		if (found != NULL && (!backwards || list->level < found->level))
			break;
		if (list_holds(l, list, q))
			found = list;
	}
	if (found == NULL)
		return 0;
	if (found->kind == LAYERS_REDIRECT)
		return found->target[1] == '.' ? 'g' : 'h';
	return letters[found->kind];
}

/* --- the fewest ---------------------------------------------------------- */

struct search {
	const struct policy_of *p;
	char want[NAMES];
	bool decided[NAMES];
};

/* What an entry would have to say, which is asked before all that follow: -1
 * where it is of no use, -2 where it says what is wrong for some. */
static int
only_use(const struct search *s, bool wild, unsigned owner, bool *now)
{
	int say_it = -1;
	unsigned q;

	for (q = 1; q < NAMES; q++) {
		now[q] = s->decided[q];
		if (s->decided[q] || !holds(wild, owner, q))
			continue;
		if (say_it >= 0 && say_it != s->want[q])
			return -2;
		say_it = s->want[q];
		now[q] = true;
	}
	return say_it;
}

static bool
is_decided(const struct search *s)
{
	unsigned q;

	for (q = 1; q < NAMES; q++)
		if (!s->decided[q] && s->want[q] != 0)
			return false;
	return true;
}

static bool
can_do(const struct search *s, unsigned entries)
{
	struct search next = *s;
	unsigned owner, wild;

	if (is_decided(s))
		return true;
	if (entries == 0)
		return false;
	for (owner = 0; owner < NAMES; owner++)
		for (wild = owner == 0; wild < 2; wild++) {
			if (depth(owner) > DEPTH || has_label(owner, 2) ||
			    is_odd(s->p, owner) ||
			    only_use(s, wild, owner, next.decided) < 0)
				continue;
			if (can_do(&next, entries - 1))
				return true;
		}
	return false;
}

/* --- the rounds ---------------------------------------------------------- */

static void
make_policy(struct policy_of *p, unsigned records, unsigned most)
{
	static const char letters[] = "xxxxddghpppDt";
	unsigned n;

	*p = (struct policy_of){.list_meaning = rnd(8) == 0, .odd = rnd(6) == 0};
	for (n = 1 + rnd(records); n > 0;) {
		const unsigned i = rnd(NAMES);
		const char letter = letters[rnd(sizeof(letters) - 1)];

		if (depth(i) > most || has_label(i, 2))
			continue;
		n--;
		if (rnd(5) < 2)
			p->wild[i] = letter;
		else if (i != 0)
			p->exact[i] = letter;
	}
}

static void
round_of(unsigned records, unsigned most)
{
	struct search s = {0};
	struct policy_of p;
	struct layers l;
	unsigned q;
	char *text;
	size_t n;

	make_policy(&p, records, most);
	text = policy_text(&p, &n);
	load(&l, text, n);
	for (q = 1; q < NAMES; q++) {
		s.want[q] = wanted(&p, q);
		if (answer(&l, q, false) != s.want[q] ||
		    answer(&l, q, true) != s.want[q])
			break;
	}
	ok(q == NAMES, "query %u wants '%c' of %s", q, q < NAMES && s.want[q]
	   ? s.want[q] : '-', text);
	s.p = &p;
	if (q == NAMES && l.names > 0 && l.names <= SEARCH + 1)
		ok(!can_do(&s, (unsigned)l.names - 1),
		   "fewer than %u entries do for %s", (unsigned)l.names, text);
	layers_free(&l);
	free(text);
}

int
main(void)
{
	const char *seed = getenv("SEED"), *rounds = getenv("ROUNDS");
	const long n = rounds != NULL ? strtol(rounds, NULL, 10) : 200;
	long i;

	set_above();
	state = seed != NULL ? strtoull(seed, NULL, 10) : 1;
	printf("# SEED=%llu ROUNDS=%ld\n", (unsigned long long)state, n);
	for (i = 0; i < n; i++) {
		round_of(16, DEPTH);
		round_of(4, DEPTH);
		round_of(4, 2);
	}
	return done();
}
