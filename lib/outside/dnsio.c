#include "outside/dnsio.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define MS 1000
#define FRAME_MAX (2 + DNS_MSG_MAX)
#define BUFFER ((size_t)4 * FRAME_MAX)

static int64_t
min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Whether there is time left, and progress worth the name. */
static int
check_time(struct dnsio *io, struct err *e)
{
	const int64_t now = clock_ms();

	if (now >= io->deadline)
		return err_set(e, EX_TEMPFAIL, "%s: not done within the total "
			       "time limit", io->peer);
	if (now - io->mark < io->idle)
		return 0;
	io->given_up = io->since < (size_t)(io->idle * DNSIO_RATE_MIN / MS);
	if (io->given_up)
		return err_set(e, EX_TEMPFAIL, "%s: given up after %zu bytes "
			       "in %lld s", io->peer, io->since,
			       (long long)((now - io->mark) / MS));
	io->mark = now;
	io->since = 0;
	return 0;
}

static int
wait_for(struct dnsio *io, short events, struct err *e)
{
	for (;;) {
		struct pollfd p = {.fd = io->fd, .events = events};
		int64_t until = min64(io->deadline, io->mark + io->idle);
		int n;

		if (check_time(io, e) < 0)
			return -1;
		until -= clock_ms();
		n = poll(&p, 1, until < 0 ? 0 : (int)min64(until, INT32_MAX));
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_sys(e, EX_OSERR, "cannot poll");
	}
}

/* A step on the socket, as one of dnstls.h. */
static ssize_t
plain_step(const struct dnsio *io, ssize_t r, short events, struct err *e)
{
	if (r >= 0)
		return r;
	if (errno != EAGAIN && errno != EINTR)
		return err_sys(e, EX_TEMPFAIL, "%s: connection lost", io->peer);
	return events == POLLIN ? DNSTLS_READ : DNSTLS_WRITE;
}

/* The next bytes: how many, 0 at the end, -1 on error. */
static ssize_t
receive(struct dnsio *io, uint8_t *p, size_t n, struct err *e)
{
	ssize_t r;

	if (check_time(io, e) < 0)
		return -1;
	for (;;) {
		r = io->tls.ssl != NULL ? dnstls_recv(&io->tls, p, n, e)
		    : plain_step(io, recv(io->fd, p, n, 0), POLLIN, e);
		if (r >= DNSTLS_ERROR)
			return r;
		if (wait_for(io, r == DNSTLS_READ ? POLLIN : POLLOUT, e) < 0)
			return -1;
	}
}

static int
transmit(struct dnsio *io, const uint8_t *p, size_t n, struct err *e)
{
	while (n > 0) {
		const ssize_t w =
			io->tls.ssl != NULL ? dnstls_send(&io->tls, p, n, e)
			: plain_step(io, send(io->fd, p, n, MSG_NOSIGNAL),
				     POLLOUT, e);

		if (w == 0)
			return err_set(e, EX_TEMPFAIL, "%s: the server ended "
				       "the connection", io->peer);
		if (w == DNSTLS_ERROR)
			return -1;
		if (w > 0) {
			p += w;
			n -= (size_t)w;
		} else if (wait_for(io, w == DNSTLS_READ ? POLLIN : POLLOUT,
				    e) < 0) {
			return -1;
		}
	}
	return 0;
}

int
dnsio_send(struct dnsio *io, const uint8_t *msg, size_t n, struct err *e)
{
	uint8_t frame[2 + DNS_QUERY_MAX];

	if (n > DNS_QUERY_MAX)
		return err_set(e, EX_SOFTWARE, "query of %zu bytes", n);
	put16(frame, (unsigned)n);
	memcpy(frame + 2, msg, n);
	io->mark = clock_ms();
	io->since = 0;
	return transmit(io, frame, n + 2, e);
}

/* Has at least want unread bytes in the buffer: 1; 0 at the end of the stream. */
static int
fill(struct dnsio *io, size_t want, struct err *e)
{
	while (io->end - io->start < want) {
		ssize_t n;

		if (BUFFER - io->start < FRAME_MAX) {
			memmove(io->buf, io->buf + io->start,
				io->end - io->start);
			io->end -= io->start;
			io->start = 0;
		}
		n = receive(io, io->buf + io->end, BUFFER - io->end, e);
		if (n <= 0)
			return (int)n;
		io->end += (size_t)n;
		io->since += (size_t)n;
		io->bytes += (uint64_t)n;
	}
	return 1;
}

int
dnsio_recv(struct dnsio *io, const uint8_t **msg, size_t *n, struct err *e)
{
	int r = fill(io, 2, e);

	if (r > 0) {
		*n = get16(io->buf + io->start);
		r = fill(io, 2 + *n, e);
	}
	if (r == 0 && io->end > io->start)
		return err_set(e, EX_TEMPFAIL, "%s: the connection ended within "
			       "a message", io->peer);
	if (r <= 0)
		return r;
	*msg = io->buf + io->start + 2;
	io->start += 2 + *n;
	return 1;
}

static void
name_peer(struct dnsio *io, const struct addrinfo *a)
{
	char host[INET6_ADDRSTRLEN + 20], port[8];

	if (getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	(void)snprintf(io->peer, sizeof(io->peer),
		       a->ai_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
		       port);
}

/* To one address, until io->deadline. */
static int
connect_one(struct dnsio *io, const struct addrinfo *a, struct err *e)
{
	socklen_t len = sizeof(errno);
	const int on = 1;
	int cause = 0;

	io->fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);
	if (io->fd < 0)
		return err_sys(e, EX_TEMPFAIL, "cannot make a socket");
	(void)setsockopt(io->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(io->fd, a->ai_addr, a->ai_addrlen) == 0)
		return 0;
	if (errno == EINPROGRESS) {
		io->mark = clock_ms();
		if (wait_for(io, POLLOUT, e) < 0)
			return err_set(e, EX_TEMPFAIL, "cannot connect to %s: "
				       "no answer", io->peer);
		if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &cause, &len) < 0)
			return err_sys(e, EX_OSERR, "cannot ask a socket");
		errno = cause;
	}
	return errno == 0 ? 0 : err_sys(e, EX_TEMPFAIL, "cannot connect to %s",
					io->peer);
}

static int
resolve(const struct dnsurl *u, struct addrinfo **list, struct err *e)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_NUMERICSERV};
	const int r = getaddrinfo(u->host, u->port, &hints, list);

	if (r == 0)
		return 0;
	return err_set(e, r == EAI_NONAME ? EX_UNAVAILABLE : EX_TEMPFAIL,
		       "cannot resolve '%s': %s", u->host, gai_strerror(r));
}

/* The handshake, within the same limit. */
static int
secure(struct dnsio *io, struct err *e)
{
	ssize_t r;

	if (dnstls_begin(&io->tls, io->fd, io->peer, e) < 0)
		return -1;
	while ((r = dnstls_handshake(&io->tls, e)) != 1) {
		if (r == DNSTLS_ERROR)
			return -1;
		if (wait_for(io, r == DNSTLS_READ ? POLLIN : POLLOUT, e) < 0) {
			io->given_up = true;
			return err_set(e, EX_TEMPFAIL, "%s: no answer to the "
				       "TLS handshake", io->peer);
		}
	}
	return dnstls_trust(&io->tls, e);
}

int
dnsio_open(struct dnsio *io, const struct dnsurl *u, const struct fetch_req *req,
	   int64_t deadline, struct err *e)
{
	const int64_t limit = (int64_t)req->connect_s * MS;
	struct addrinfo *list, *a;
	int rc = -1;

	*io = (struct dnsio){.fd = -1};
	io->buf = malloc(BUFFER);
	if (io->buf == NULL)
		return err_mem(e);
	if ((u->tls && dnstls_open(&io->tls, u, req, e) < 0) ||
	    resolve(u, &list, e) < 0)
		return -1;
	for (a = list; a != NULL && rc < 0; a = a->ai_next) {
		if (io->fd >= 0)
			(void)close(io->fd);
		name_peer(io, a);
		io->deadline = min64(deadline, clock_ms() + limit);
		io->idle = limit;
		rc = connect_one(io, a, e);
		if (rc == 0 && u->tls)
			rc = secure(io, e);
	}
	freeaddrinfo(list);
	io->deadline = deadline;
	io->idle = (int64_t)req->idle_s * MS;
	return rc;
}

void
dnsio_close(struct dnsio *io)
{
	if (io->tls.ssl != NULL)
		dnstls_end(&io->tls, true);
	dnstls_close(&io->tls);
	if (io->buf != NULL && io->fd >= 0)
		(void)close(io->fd);
	free(io->buf);
	*io = (struct dnsio){.fd = -1};
}
