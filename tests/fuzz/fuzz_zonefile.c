/*
 * Any bytes as a master file and policy zone: nothing crashes, every entry ends,
 * lines only go up, owners and targets are canonical, a trigger's address is
 * written as it was read, and what is read at speed is what is read without.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "values/rpz.h"
#include "values/zonefile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good)
{
	if (!good)
		abort();
}

static void
check_trigger(const struct zone_rr *rr)
{
	char text[RPZ_ADDR_MAX];
	struct policy rec;
	enum rpz_trigger t;
	struct span self;

	if (rpz_trigger(rr->owner, &t, &self, &rec) != NULL)
		return;
	if (kind_is_name(rec.kind)) {
		must(name_is_canonical(rec.name.p, rec.name.n));
		return;
	}
	must(rpz_format_addr(&rec.cidr, text) == self.n &&
	     memcmp(text, self.p, self.n) == 0);
	must(rec.cidr.family == kind_family(rec.kind));
}

static void
check_record(const struct zone_rr *rr)
{
	must(rr->nrdata > 0);
	must(rr->owner.p[rr->owner.n] == '\0');
	if (rr->owner.n == 0)
		return;
	must(name_is_canonical(rr->owner.p, rr->owner.n));
	check_trigger(rr);
	if (rr->type != ZONE_CNAME)
		return;
	must(rr->target.p[rr->target.n] == '\0');
	must(rr->target.n == 0 ||
	     name_is_canonical(rr->target.p, rr->target.n));
}

static bool
equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static void
check_alike(const struct zone_rr *a, const struct zone_rr *b)
{
	must(a->line == b->line && a->lines == b->lines && a->why == b->why);
	must(a->same == b->same && equal(a->raw, b->raw));
	if (a->why != NULL)
		return;
	must(a->type == b->type && a->nrdata == b->nrdata);
	must(equal(a->owner, b->owner) && equal(a->target, b->target));
	must(equal(a->rdata[0], b->rdata[0]));
}

/* Reading at speed stops short of the end of the input: behind half of them,
 * a comment. */
static int
open_data(struct zonefile *z, const uint8_t *data, size_t size, char path[64])
{
	static const char pad[512] = {[0] = '\n', [1] = ';', [511] = '\n'};
	const int fd = memfd_create("zone", 0);
	const size_t npad = size % 4 < 2 ? sizeof(pad) : 0;
	struct err e;

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size &&
	     write(fd, pad, npad) == (ssize_t)npad);
	(void)snprintf(path, 64, "/proc/self/fd/%d", fd);
	if (zonefile_open(z, path, size % 2 ? "rpz.example" : NULL, &e) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct zonefile fast, plain;
	static char path[2][64];
	const int fd = open_data(&fast, data, size, path[0]);
	const int fd2 = open_data(&plain, data, size, path[1]);
	struct zone_rr rr, rr2;
	uint64_t line = 0;
	struct err e;
	enum zone_result r;

	must((fd < 0) == (fd2 < 0));
	if (fd < 0)
		return 0;
	while ((r = zonefile_next(&fast, &rr, &e)) > 0) {
		plain.ntails = 0;
		must(zonefile_next(&plain, &rr2, &e) == r);
		must(rr.line > line && rr.lines > 0);
		line = rr.line;
		must((r == ZONE_BAD) == (rr.why != NULL));
		check_alike(&rr, &rr2);
		if (r == ZONE_RECORD)
			check_record(&rr);
	}
	plain.ntails = 0;
	must(zonefile_next(&plain, &rr2, &e) == r);
	zonefile_close(&fast);
	zonefile_close(&plain);
	(void)close(fd);
	(void)close(fd2);
	return 0;
}
