/* The check values that the catalogues give, whatever the pieces. */
#include <inttypes.h>
#include <string.h>

#include "tap.h"
#include "values/crc.h"

static const struct {
	const char *name;
	uint64_t poly;
	int bits;
	uint64_t check; /* of "123456789" */
	uint64_t zeros; /* of 32 bytes of nothing */
} kinds[] = {
	{"CRC-32", CRC32_POLY, 32, 0xcbf43926, 0x190a55ad},
	{"CRC-32C", CRC32C_POLY, 32, 0xe3069283, 0x8a9136aa},
	{"CRC-64/NVME", CRC64NVME_POLY, 64, UINT64_C(0xae8b14860a799888),
	 UINT64_C(0xcf3473434d4ecf3b)},
};

static uint64_t
whole(size_t i, const void *p, size_t n)
{
	static struct crc c;

	crc_begin(&c, kinds[i].poly, kinds[i].bits);
	crc_put(&c, p, n);
	return crc_end(&c);
}

int
main(void)
{
	static const char zeros[32], text[] = "the quick brown fox jumps over";
	static struct crc c;
	size_t i, cut;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const uint64_t v = whole(i, "123456789", 9);
		const uint64_t z = whole(i, zeros, sizeof(zeros));
		bool same = true;

		ok(v == kinds[i].check, "%s: %" PRIx64, kinds[i].name, v);
		ok(z == kinds[i].zeros, "%s of zeros: %" PRIx64, kinds[i].name,
		   z);
		for (cut = 0; cut <= strlen(text); cut++) {
			crc_begin(&c, kinds[i].poly, kinds[i].bits);
			crc_put(&c, text, cut);
			crc_put(&c, text + cut, strlen(text) - cut);
			same = same && crc_end(&c) ==
					       whole(i, text, strlen(text));
		}
		ok(same, "%s: the same wherever it is cut", kinds[i].name);
	}
	return done();
}
