/*
 * Any bytes as a DNS message: nothing crashes, a name read off it is the one
 * that its text says, and what becomes a line is one line.
 */
#include <stdlib.h>
#include <string.h>

#include "outside/dnsentry.h"
#include "outside/rrtext.h"
#include "outside/tsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good)
{
	if (!good)
		abort();
}

static void
check_name(const struct dns_msg *m, size_t at)
{
	char text[DNS_TEXT_MAX], *end;
	struct dname name, again;
	struct dns_labels labels;
	size_t behind = at;

	end = dns_name_text(m, at, text, &labels);
	if (!dns_name_read(m, &behind, &name)) {
		must(end == NULL);
		return;
	}
	must(end != NULL && end - text < DNS_TEXT_MAX);
	must(dname_parse(text, (size_t)(end - text), &again) == NAME_OK);
	must(dname_equal(&name, &again));
	must(labels.n == 0 || labels.at[0] == 0);
}

static void
check_record(struct rrtext *t, const struct dns_msg *m, const struct dns_rr *rr)
{
	struct dnsentry d;
	struct err e;

	check_name(m, rr->owner);
	if (rrtext_make(t, m, rr)) {
		must(t->n > 0 && t->n <= RRTEXT_MAX);
		must(memchr(t->p, '\n', t->n) == t->p + t->n - 1);
		must(memchr(t->p, '\0', t->n) == NULL);
	}
	if (rr->type != DNS_A && rr->type != DNS_AAAA && rr->type != DNS_APL &&
	    rr->type != DNS_TXT)
		return;
	dnsentry_init(&d, 10000, 1 << 20);
	(void)dnsentry_take(&d, m, rr, &e);
	dnsentry_free(&d);
}

static void
check_tsig(const struct dns_msg *m, size_t at)
{
	static const struct tsig_key key = {
		.name = {"\2tk", 4}, .text = "tk", .secret = "secret", .n = 6,
		.alg = {"hmac-sha256", "SHA256", 32, {"\13hmac-sha256", 13}}};
	struct tsig t;
	struct err e;

	must(tsig_open(&t, &key, "fuzz", &e) == 0);
	(void)tsig_take(&t, m, at, 0, &e);
	tsig_close(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rrtext t;
	struct dns_msg m;
	struct dns_rr rr;
	struct err e;
	size_t at = DNS_HEADER;
	unsigned i;

	if (size > DNS_MSG_MAX || !dns_msg_open(&m, data, size))
		return 0;
	must(t.p != NULL || rrtext_open(&t, &e) == 0);
	for (i = 0; i < m.questions && dns_name_skip(&m, &at); i++)
		at += 4;
	while (at < m.n && dns_rr_read(&m, &at, &rr)) {
		check_record(&t, &m, &rr);
		if (rr.type == DNS_TSIG && m.additionals > 0)
			check_tsig(&m, rr.owner);
	}
	return 0;
}
