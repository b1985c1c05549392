#include "base/bulk.h"

#include <stdint.h>
#include <sys/mman.h>

#define HUGE ((size_t)2 << 20)
#define FIRST ((size_t)256 << 10)

/* Address space that begins where a huge page may. */
static void *
map_aligned(size_t size)
{
	char *p = mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (p == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)p & (HUGE - 1);
	if (before > 0)
		(void)munmap(p, before);
	(void)munmap(p + before + size, HUGE - before);
	return p + before;
}

int
bulk_grow(struct bulk *b, size_t size, struct err *e)
{
	size_t want = b->size == 0 ? FIRST : b->size;
	void *p;

	if (size <= b->size)
		return 0;
	while (want < size)
		if (__builtin_mul_overflow(want, 2, &want))
			return err_mem(e);
	p = map_aligned(want);
	if (p == NULL)
		return err_mem(e);
	if (want >= HUGE)
		(void)madvise(p, want, MADV_HUGEPAGE);
	if (b->size > 0 && mremap(b->p, b->size, b->size,
				  MREMAP_MAYMOVE | MREMAP_FIXED, p) ==
				   MAP_FAILED) {
		(void)munmap(p, want);
		return err_mem(e);
	}
	b->p = p;
	b->size = want;
	return 0;
}

void
bulk_free(struct bulk *b)
{
	if (b->size > 0)
		(void)munmap(b->p, b->size);
	*b = (struct bulk){0};
}
