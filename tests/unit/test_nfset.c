/* Kernel sets, in a user and network namespace of the test's own. */
#include "outside/nfset.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static struct cidr
v4(uint32_t addr, uint8_t len)
{
	return (struct cidr){(uint64_t)addr << 32, 0, CIDR_V4, len};
}

static int
count(void *arg, const struct nfset_entry *v, size_t n, struct err *e)
{
	uint64_t *sum = arg;
	size_t i;

	(void)e;
	for (i = 0; i < n; i++)
		*sum += v[i].packets + v[i].timeout + v[i].cidr.len;
	return 0;
}

static int
put(struct nfset *ns, const char *name, const struct nfset_shape *shape,
    enum nfset_op op, uint32_t n, struct err *e)
{
	uint32_t i;

	nfset_begin(ns, op, name, shape);
	for (i = 0; i < n; i++)
		if (nfset_put(ns, &(struct nfset_entry){
				  .cidr = v4(0x0a000000 + i, 32)}, e) < 0)
			return -1;
	return nfset_end(ns, e);
}

static void
test_sets(struct nfset *ns)
{
	const struct nfset_shape ip = {NFSET_IP, CIDR_V4, 1024, 100};
	const struct nfset_shape net = {NFSET_NET, CIDR_V6, 1024, 65536};
	struct nfset_info info;
	uint64_t sum = 0;
	struct err e;

	(void)ok(nfset_info(ns, "a", &info, &e) == 0, "no set yet");
	(void)ok(nfset_create(ns, "a", &ip, &e) == 0, "create");
	(void)ok(nfset_create(ns, "a", &ip, &e) < 0 && e.code == EX_TEMPFAIL,
		 "it is there: %s", e.msg);
	(void)ok(nfset_info(ns, "a", &info, &e) == 1 && info.ours &&
		 info.shape.type == NFSET_IP && info.shape.family == CIDR_V4 &&
		 info.shape.maxelem == 100, "its header");
	(void)ok(put(ns, "a", &ip, NFSET_ADD, 100, &e) == 0, "100 entries fit");
	(void)ok(put(ns, "a", &ip, NFSET_ADD, 101, &e) < 0 &&
		 e.code == EX_TEMPFAIL &&
		 strcmp(e.msg, "cannot add 10.0.0.100/32 to set 'a': the set "
			       "is full") == 0, "full: %s", e.msg);
	(void)ok(nfset_info(ns, "a", &info, &e) == 1 && info.entries == 100,
		 "those before it are in");
	(void)ok(put(ns, "a", &ip, NFSET_DEL, 200, &e) == 0,
		 "deleting what is not there is no error");
	nfset_begin(ns, NFSET_ADD, "a", &ip);
	(void)ok(nfset_put(ns, &(struct nfset_entry){
			   .cidr = v4(0x0a000001, 32), .timeout = 5000,
			   .packets = 100000, .bytes = 1}, &e) == 0 &&
		 nfset_end(ns, &e) == 0, "with timeout and counters");
	(void)ok(nfset_read(ns, "a", &info, count, &sum, &e) == 1 &&
		 info.entries == 1 && sum > 104900 &&
		 sum <= 105032, "read back: %lu", (unsigned long)sum);
	(void)ok(nfset_create(ns, "b", &net, &e) == 0 &&
		 nfset_swap(ns, "a", "b", &e) < 0 && e.code == EX_CONFIG,
		 "swap of two types: %s", e.msg);
	(void)ok(nfset_rename(ns, "b", "a", &e) < 0 && e.code == EX_TEMPFAIL,
		 "rename to one that is there: %s", e.msg);
	(void)ok(nfset_rename(ns, "b", "c", &e) == 0 &&
		 nfset_info(ns, "b", &info, &e) == 0, "rename");
	(void)ok(nfset_read(ns, "b", &info, count, &sum, &e) == 0,
		 "read of none");
	(void)ok(nfset_destroy(ns, "a", &e) == 0 &&
		 nfset_destroy(ns, "a", &e) == 0, "destroy, twice");
}

int
main(void)
{
	struct nfset *ns;
	struct err e;

	if (unshare(CLONE_NEWNET) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		printf("1..0 # SKIP no namespaces here\n");
		return 0;
	}
	ns = nfset_open(&e);
	if (ok(ns != NULL, "open"))
		test_sets(ns);
	nfset_close(ns);
	return done();
}
