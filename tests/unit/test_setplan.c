/*
 * Order of writes: by tables, and by thousands of random changes carried out on
 * a small model, where after every step all that is covered before and after
 * must be covered. A seed may be given as argument.
 */
#include <stdlib.h>
#include <string.h>

#include "sense/setplan.h"
#include "tap.h"

#define SETS 6
#define CELLS 64 /* addresses 192.0.2.0 to .63 */
#define ACLS 2

struct world {
	struct setplan_set set[SETS];
	struct entries held[SETS], want[SETS];
	size_t n, capacity;
	/* the state while it is carried out; a bridge is a set too */
	bool there[SETS * 40], cell[SETS * 40][CELLS];
	bool refers[ACLS][SETS * 40];
};

static uint64_t seed = 20261124;

static unsigned
rnd(unsigned n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % n;
}

static struct cidr
at(unsigned cell, uint8_t len)
{
	struct cidr c = {(uint64_t)(0xc0000200U + cell) << 32, 0, CIDR_V4, len};

	cidr_truncate(&c);
	return c;
}

static void
mark(bool *cell, const struct cidr *c)
{
	const unsigned first = (unsigned)(c->hi >> 32) - 0xc0000200U;
	unsigned i;

	for (i = 0; i < 1U << (32 - c->len); i++)
		cell[first + i] = true;
}

static void
mark_entries(bool *cell, const struct entries *es)
{
	size_t i;

	for (i = 0; es != NULL && i < entries_count(es); i++) {
		const struct cidr c = entries_cidr(es, i);

		mark(cell, &c);
	}
}

static void
world_begin(struct world *w)
{
	size_t i;

	memset(w, 0, sizeof(*w));
	for (i = 0; i < SETS; i++) {
		entries_init(&w->held[i], CIDR_V4);
		entries_init(&w->want[i], CIDR_V4);
	}
}

static void
world_end(struct world *w)
{
	size_t i;

	for (i = 0; i < SETS; i++) {
		entries_free(&w->held[i]);
		entries_free(&w->want[i]);
	}
}

static void
add(struct entries *es, unsigned cell, uint8_t len)
{
	const struct cidr c = at(cell, len);
	struct err e;

	if (entries_add(es, &c, 0, &e) < 0)
		abort();
}

/* Up to max entries at random, hardly ever twice. */
static void
fill(struct entries *es, unsigned max)
{
	unsigned n = rnd(max + 1);
	struct err e;

	while (n-- > 0)
		add(es, rnd(CELLS), (uint8_t)(rnd(4) ? 32 : 29 + rnd(3)));
	if (entries_sort(es, &e) < 0)
		abort();
}

static bool
same(const struct entries *a, const struct entries *b)
{
	size_t i;

	if (entries_count(a) != entries_count(b))
		return false;
	for (i = 0; i < entries_count(a); i++) {
		const struct cidr x = entries_cidr(a, i), y = entries_cidr(b, i);

		if (cidr_cmp(&x, &y) != 0)
			return false;
	}
	return true;
}

static void
covered(const struct world *w, size_t nsets, int acl, bool *cell)
{
	size_t s, i;

	memset(cell, 0, CELLS);
	for (s = 0; s < nsets; s++)
		for (i = 0; w->refers[acl][s] && i < CELLS; i++)
			cell[i] |= w->cell[s][i];
}

/* One step; false where no target would take it. */
static bool
carry_out(struct world *w, const struct setplan *p,
	  const struct setplan_step *st)
{
	const bool bridge = st->set >= w->n;
	const struct entries *want = bridge ? NULL : w->set[st->set].want;
	size_t i;

	switch (st->op) {
	case SETPLAN_CREATE:
	case SETPLAN_WRITE:
		if (w->there[st->set] != (st->op == SETPLAN_WRITE) ||
		    (want != NULL ? entries_count(want) : 0) + st->n >
			    w->capacity)
			return false;
		w->there[st->set] = true;
		memset(w->cell[st->set], 0, CELLS);
		mark_entries(w->cell[st->set], want);
		for (i = 0; i < st->n; i++)
			mark(w->cell[st->set], &p->hold[st->at + i]);
		return true;
	case SETPLAN_DELETE:
		for (i = 0; i < ACLS; i++)
			if (w->refers[i][st->set])
				return false;
		w->there[st->set] = false;
		return true;
	default:
		return false;
	}
}

static bool
refer(struct world *w, const struct setplan *p, enum setplan_op op, int acl)
{
	size_t s;

	for (s = 0; s < w->n + p->bridges; s++) {
		const bool wanted = s < w->n && w->set[s].want != NULL;

		if (wanted && !w->there[s])
			return false;
		w->refers[acl][s] = op == SETPLAN_REFER ? wanted : w->there[s];
	}
	return true;
}

/* What both the old and the new state cover is covered now, by each ACL. */
static bool
keeps(const struct world *w, const struct setplan *p, bool old[ACLS][CELLS],
      const bool *new)
{
	bool now[CELLS];
	size_t i;
	int a;

	for (a = 0; a < ACLS; a++) {
		covered(w, w->n + p->bridges, a, now);
		for (i = 0; i < CELLS; i++)
			if (old[a][i] && new[i] && !now[i])
				return false;
	}
	return true;
}

static bool
run(struct world *w, const struct setplan *p)
{
	bool old[ACLS][CELLS], new[CELLS] = {false}, now[CELLS];
	size_t i;
	int a;

	for (a = 0; a < ACLS; a++)
		covered(w, w->n, a, old[a]);
	for (i = 0; i < w->n; i++)
		mark_entries(new, w->set[i].want);
	for (i = 0; i < p->n; i++) {
		const struct setplan_step *st = &p->step[i];
		const bool refers = st->op == SETPLAN_REFER ||
				    st->op == SETPLAN_REFER_ALL;

		for (a = 0; a < (refers ? ACLS : 1); a++)
			if (!(refers ? refer(w, p, st->op, a)
				     : carry_out(w, p, st)) ||
			    !keeps(w, p, old, new)) {
				printf("# step %zu of %zu, op %d, set %u\n", i,
				       p->n, (int)st->op, st->set);
				return false;
			}
	}
	for (a = 0; a < ACLS; a++) {
		covered(w, w->n + p->bridges, a, now);
		if (memcmp(now, new, sizeof(now)) != 0)
			return false;
	}
	for (i = 0; i < w->n + p->bridges; i++)
		if (w->there[i] != (i < w->n && w->set[i].want != NULL))
			return false;
	return true;
}

static void
random_world(struct world *w)
{
	size_t i;

	world_begin(w);
	w->n = 1 + rnd(SETS);
	w->capacity = 4 + rnd(12);
	for (i = 0; i < w->n; i++) {
		struct setplan_set *s = &w->set[i];
		int a;

		*s = (struct setplan_set){.family = CIDR_V4,
					  .exists = rnd(5) > 0};
		fill(&w->want[i], (unsigned)w->capacity);
		if (s->exists && rnd(6) > 0)
			fill(&w->held[i], (unsigned)w->capacity);
		else if (s->exists)
			fill(&w->want[i], 0);
		s->held = s->exists ? &w->held[i] : NULL;
		s->want = rnd(5) > 0 || !s->exists ? &w->want[i] : NULL;
		s->differs = s->exists && s->want != NULL &&
			     !same(s->held, s->want);
		s->everywhere = s->exists;
		for (a = 0; a < ACLS; a++) {
			w->refers[a][i] = s->exists && rnd(7) > 0;
			s->referred |= w->refers[a][i];
			s->everywhere &= w->refers[a][i];
		}
		w->there[i] = s->exists;
		mark_entries(w->cell[i], s->held);
	}
}

static void
test_random(int rounds)
{
	static struct setplan p;
	size_t bridged = 0, held = 0;
	int i;

	for (i = 0; i < rounds; i++) {
		const uint64_t start = seed;
		struct world w;
		struct err e;

		random_world(&w);
		p = (struct setplan){0};
		if (setplan_make(&p, w.set, w.n, w.capacity, false, &e) < 0 ||
		    !run(&w, &p)) {
			ok(false, "change of seed %llu",
			   (unsigned long long)start);
			i = rounds;
		}
		bridged += p.bridges > 0;
		held += p.nhold > 0;
		setplan_free(&p);
		world_end(&w);
	}
	ok(true, "%d random changes", rounds);
	ok(bridged > 0 && held > bridged, "some with bridges (%zu), some with "
	   "a ring (%zu)", bridged, held);
}

/* Sets by letters a… for addresses .0…: before and after, then the steps. */
static const struct {
	const char *before, *after; /* sets parted by '/'; '-' for none */
	bool refer;
	const char *steps; /* C, W, R, D, A (refer to all) and the set */
} tables[] = {
	{"abc/def", "abc/def", false, ""},
	{"abc/def", "abc/def", true, "R"},
	{"abc/def", "ab/def", false, "W0"},
	{"abc/def", "abx/dey", false, "W0 W1"},
	/* c moves from 0 to 1: 1 first */
	{"abc/def", "ab/cdef", false, "W1 W0"},
	/* a ring that has room in one of them */
	{"abc/de", "abd/ce", false, "W1+1 W0 W1"},
	/* a ring of full sets */
	{"abcd/efgh", "abce/dfgh", false, "C2+2 A W0 W1 R D2"},
	/* another one has room for it */
	{"abcd/efgh/x", "abce/dfgh/x", false, "W2+2 W0 W1 W2"},
	{"abcd/efgh/x", "abce/dfgh/xy", false, "W2+2 W0 W1 W2"},
	/* a new set takes over */
	{"abcd", "ab/cd", false, "C1 R W0"},
	{"abcd", "abx/cde", false, "C1 R W0"},
	/* a set goes, into another one */
	{"ab/cd", "abcd/-", false, "W0 R D1"},
	/* … which itself gives up to a new one */
	{"abc/d/-", "abd/-/c", false, "C2 W0+1 R W0 D1"},
	{"-", "ab", false, "C0 R"},
	{"ab", "-", false, "R D0"},
	{"ab", "", false, "W0"},
};

static void
parse_sets(const char *text, struct entries *es, bool *is, size_t *n)
{
	size_t i = 0;

	is[0] = *text != '-';
	for (; *text != '\0'; text++) {
		if (*text == '/')
			is[++i] = text[1] != '-';
		else if (*text != '-')
			add(&es[i], (unsigned)(*text - 'a'), 32);
	}
	*n = i + 1 > *n ? i + 1 : *n;
}

static void
print_steps(const struct setplan *p, char *text, size_t size)
{
	static const char op[] = "CWARD";
	size_t i, n = 0;

	*text = '\0';
	for (i = 0; i < p->n; i++) {
		const struct setplan_step *st = &p->step[i];
		char set[16] = "", more[24] = "";

		if (op[st->op] != 'A' && op[st->op] != 'R')
			(void)snprintf(set, sizeof(set), "%u", st->set);
		if (st->n > 0)
			(void)snprintf(more, sizeof(more), "+%zu", st->n);
		n += (size_t)snprintf(text + n, size - n, "%s%c%s%s",
				      i > 0 ? " " : "", op[st->op], set, more);
	}
}

static void
test_tables(void)
{
	static struct setplan p;
	size_t i, s;

	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		bool there[SETS] = {false}, wanted[SETS] = {false};
		struct world w;
		char got[256];
		struct err e;

		world_begin(&w);
		parse_sets(tables[i].before, w.held, there, &w.n);
		parse_sets(tables[i].after, w.want, wanted, &w.n);
		for (s = 0; s < w.n; s++)
			w.set[s] = (struct setplan_set){
				.family = CIDR_V4,
				.exists = there[s],
				.referred = there[s],
				.everywhere = there[s],
				.differs = there[s] && wanted[s] &&
					   !same(&w.held[s], &w.want[s]),
				.held = there[s] ? &w.held[s] : NULL,
				.want = wanted[s] ? &w.want[s] : NULL};
		p = (struct setplan){0};
		if (setplan_make(&p, w.set, w.n, 4, tables[i].refer, &e) < 0)
			ok(false, "'%s' to '%s': %s", tables[i].before,
			   tables[i].after, e.msg);
		print_steps(&p, got, sizeof(got));
		ok(strcmp(got, tables[i].steps) == 0, "'%s' to '%s' is '%s', "
		   "not '%s'", tables[i].before, tables[i].after, got,
		   tables[i].steps);
		setplan_free(&p);
		world_end(&w);
	}
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	test_tables();
	test_random(argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1000);
	return done();
}
