/*
 * Any sequence of records as the answer to AXFR or IXFR: nothing crashes, and a
 * body that counts begins with the SOA, its only one, and has as many lines as
 * were said.
 *
 * The first byte tells whether there is a saved zone. Then come messages: number
 * of records, length (two octets), and the answer section; what is around it is
 * made here.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "outside/xfrstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In place of libc's: the ID of every query is 0. */
ssize_t
getrandom(void *p, size_t n, unsigned flags)
{
	(void)flags;
	memset(p, 0, n);
	return (ssize_t)n;
}

static void
must(bool good)
{
	if (!good)
		abort();
}

static const char saved[] =
	"z.\t1\tIN\tSOA\t. . 7 1 2 3 4\n"
	"a.z.\t1\tIN\tA\t192.0.2.1\n"
	"b.z.\t1\tIN\tCNAME\t.\n";

static void
answer(int fd, const uint8_t *p, size_t n, uint16_t type)
{
	uint8_t head[2 + DNS_HEADER + 7] = {0};
	const size_t len = get16(p + 1) < n - 3 ? get16(p + 1) : n - 3;

	put16(head, (unsigned)(sizeof(head) - 2 + len));
	put16(head + 4, DNS_QR | DNS_AA);
	put16(head + 6, 1);
	put16(head + 8, p[0]);
	memcpy(head + 2 + DNS_HEADER, "\1z", 3);
	put16(head + 17, type);
	put16(head + 19, DNS_CLASS_IN);
	must(send(fd, head, sizeof(head), MSG_NOSIGNAL) > 0);
	if (len > 0)
		must(send(fd, p + 3, len, MSG_NOSIGNAL) > 0);
}

static void
check_body(int fd, uint64_t records)
{
	static char text[1 << 22];
	const ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	uint64_t lines = 0;
	char *p = text;

	must(n > 0);
	text[n] = '\0';
	for (; *p != '\0'; lines++) {
		char *nl = strchr(p, '\n');

		must(nl != NULL);
		*nl = '\0';
		must((strstr(p, "\tIN\tSOA\t") != NULL) == (lines == 0));
		p = nl + 1;
	}
	must(lines == records);
}

static void
run(struct dnsio *io, const struct fetch_had *had, const struct dnsurl *u)
{
	const struct fetch_req req = {.max_bytes = 1 << 20, .max_records = 1000,
				      .accept_rollback = true};
	struct exchange x = {.io = *io};
	struct xfrstream s;
	struct out body;
	struct err e;

	must(out_open(&body, memfd_create("body", 0), "body", &e) == 0);
	must(xfrstream_open(&s, &req, had, u, &x, &body, &e) == 0);
	if (xfrstream_run(&s, &e) == 0 && !s.unchanged) {
		must(out_flush(&body, &e) == 0);
		check_body(body.fd, s.records);
	}
	xfrstream_close(&s);
	out_drop(&body);
	*io = x.io;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fetch_had had = {.has_serial = true, .serial = 7};
	struct dnsio io = {.deadline = clock_ms() + 10000, .idle = 10000};
	struct dnsurl u;
	struct err e;
	int pair[2];
	bool ixfr;

	if (size < 4 || size > 60000)
		return 0;
	ixfr = data[0] & 1;
	must(dnsurl_parse("axfr://x/z", &u, &e) == 0);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	for (data++, size--; size > 3;) {
		const size_t n = 3 + (size_t)get16(data + 1);

		answer(pair[1], data, size, ixfr ? DNS_IXFR : DNS_AXFR);
		data += n < size ? n : size;
		size -= n < size ? n : size;
	}
	must(shutdown(pair[1], SHUT_WR) == 0);
	had.body_fd = memfd_create("saved", 0);
	must(write(had.body_fd, saved, sizeof(saved) - 1) > 0);
	io.fd = pair[0];
	io.buf = malloc((size_t)4 * (2 + DNS_MSG_MAX));
	io.mark = clock_ms();
	run(&io, ixfr ? &had : NULL, &u);
	dnsio_close(&io);
	(void)close(pair[1]);
	(void)close(had.body_fd);
	return 0;
}
