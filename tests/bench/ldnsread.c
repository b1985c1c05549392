/* ldnsread FILE: reads a master file by ldns's stream reader, one record after the
 * other, and prints their number. The peer of ts-rpz2list. */
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	FILE *const f = argc == 2 ? fopen(argv[1], "r") : NULL;
	ldns_rdf *origin = NULL, *prev = NULL;
	unsigned long records = 0;
	uint32_t ttl = 0;
	int line = 0;

	if (f == NULL)
		return 66;
	while (!feof(f)) {
		ldns_rr *rr = NULL;
		const ldns_status s = ldns_rr_new_frm_fp_l(&rr, f, &ttl, &origin,
							   &prev, &line);

		if (s == LDNS_STATUS_OK)
			records++;
		else if (s != LDNS_STATUS_SYNTAX_TTL &&
			 s != LDNS_STATUS_SYNTAX_ORIGIN &&
			 s != LDNS_STATUS_SYNTAX_EMPTY)
			return 65;
		ldns_rr_free(rr);
	}
	printf("%lu\n", records);
	return fclose(f) == 0 ? 0 : 74;
}
