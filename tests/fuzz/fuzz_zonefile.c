/*
 * Any bytes as a master file and policy zone: nothing crashes, every entry ends,
 * lines only go up, owners and targets are canonical, and a trigger's address
 * is written as it was read.
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
check_record(const struct zonefile *z, const struct zone_rr *rr)
{
	char target[NAME_TEXT_MAX];
	size_t n;

	must(rr->nrdata > 0);
	must(rr->owner.p[rr->owner.n] == '\0');
	if (rr->owner.n == 0)
		return;
	must(name_is_canonical(rr->owner.p, rr->owner.n));
	check_trigger(rr);
	if (rr->type == ZONE_CNAME &&
	    zonefile_name(z, rr->rdata[0], target, &n) == NULL && n > 0)
		must(name_is_canonical(target, n));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct zonefile z;
	const int fd = memfd_create("zone", 0);
	uint64_t line = 0;
	struct zone_rr rr;
	char path[64];
	struct err e;
	enum zone_result r;

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (zonefile_open(&z, path, size % 2 ? "rpz.example" : NULL, &e) < 0) {
		(void)close(fd);
		return 0;
	}
	while ((r = zonefile_next(&z, &rr, &e)) > 0) {
		must(rr.line > line && rr.lines > 0);
		line = rr.line;
		must((r == ZONE_BAD) == (rr.why != NULL));
		if (r == ZONE_RECORD)
			check_record(&z, &rr);
	}
	zonefile_close(&z);
	(void)close(fd);
	return 0;
}
