#include "outside/selfaddr_priv.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

#define FILE_CEILING ((size_t)256 * 1024)
#define PARENTS_MAX 32 /* processes looked at for SSH_CONNECTION */

void
selfaddr_free(struct selfaddrs *sa)
{
	free(sa->v);
	*sa = (struct selfaddrs){0};
}

int
selfaddr_add(struct selfaddrs *sa, const struct cidr *c, const char *what,
	     struct err *e)
{
	void *p = sa->v;
	size_t i;

	for (i = 0; i < sa->n; i++)
		if (cidr_cmp(&sa->v[i].cidr, c) == 0)
			return 0;
	if (array_grow(&p, &sa->cap, sa->n + 1, sizeof(*sa->v), SELFADDR_MAX,
		       "own addresses", e) < 0)
		return -1;
	sa->v = p;
	sa->v[sa->n++] = (struct selfaddr){*c, what};
	return 0;
}

/* What is not an address is passed over: the files are other people's. */
static int
add_text(struct selfaddrs *sa, const char *s, size_t n, const char *what,
	 struct err *e)
{
	const char *const zone = memchr(s, '%', n);
	struct cidr c;

	if (zone != NULL)
		n = (size_t)(zone - s);
	if (cidr_parse(s, n, false, &c) != CIDR_OK ||
	    c.len != cidr_max_len(c.family))
		return 0;
	/* ::ffff:a.b.c.d is IPv4 on the wire. */
	if (c.family == CIDR_V6 && c.hi == 0 && c.lo >> 32 == 0xffff)
		c = (struct cidr){c.lo << 32, 0, CIDR_V4, 32};
	return selfaddr_add(sa, &c, what, e);
}

/* The kernel answers to all of the loopback interface's prefix. */
static unsigned
mask_len(const struct ifaddrs *i, unsigned full)
{
	const struct sockaddr_in *mask;

	if (!(i->ifa_flags & IFF_LOOPBACK) || full != 32 ||
	    i->ifa_netmask == NULL)
		return full;
	mask = (const struct sockaddr_in *)(const void *)i->ifa_netmask;
	return (unsigned)__builtin_popcount(mask->sin_addr.s_addr);
}

static int
own_addresses(struct selfaddrs *sa, struct err *e)
{
	struct ifaddrs *all, *i;
	int rc = 0;

	if (getifaddrs(&all) < 0)
		return err_sys(e, EX_OSERR, "cannot read the own addresses");
	for (i = all; i != NULL && rc == 0; i = i->ifa_next) {
		const struct sockaddr *const a = i->ifa_addr;
		struct cidr c;

		if (a == NULL)
			continue;
		if (a->sa_family == AF_INET)
			c = cidr_from_bytes(CIDR_V4, (const uint8_t *)
				&((const struct sockaddr_in *)
				  (const void *)a)->sin_addr,
				(uint8_t)mask_len(i, 32));
		else if (a->sa_family == AF_INET6)
			c = cidr_from_bytes(CIDR_V6, (const uint8_t *)
				&((const struct sockaddr_in6 *)
				  (const void *)a)->sin6_addr, 128);
		else
			continue;
		rc = selfaddr_add(sa, &c, "own address", e);
	}
	freeifaddrs(all);
	return rc;
}

/* A file that may be missing or unreadable; true where it was read. */
static bool
slurp(const char *path, struct buf *b)
{
	struct err ignored;

	buf_init(b, FILE_CEILING);
	if (file_read(path, b, &ignored) == 0 && b->n > 0)
		return true;
	buf_free(b);
	return false;
}

/* Lines "nameserver ADDRESS". */
static int
name_servers(struct selfaddrs *sa, const char *path, struct err *e)
{
	static const char word[] = "nameserver";
	const size_t len = sizeof(word) - 1;
	const char *p, *end, *eol;
	struct buf b;
	int rc = 0;

	if (!slurp(path, &b))
		return 0;
	end = b.p + b.n;
	for (p = b.p; rc == 0 && p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			eol = end;
		if ((size_t)(eol - p) <= len || memcmp(p, word, len) != 0)
			continue;
		p += len;
		while (p < eol && (*p == ' ' || *p == '\t'))
			p++;
		rc = add_text(sa, p, strcspn(p, " \t\r\n"), "name server", e);
	}
	buf_free(&b);
	return rc;
}

/* The first word of SSH_CONNECTION. */
static int
add_peer(struct selfaddrs *sa, const char *value, struct err *e)
{
	return add_text(sa, value, strcspn(value, " "), "peer of SSH", e);
}

/* The value of SSH_CONNECTION in a process's environment, or NULL. */
static const char *
ssh_connection(const struct buf *environ_)
{
	static const char key[] = "SSH_CONNECTION=";
	const char *p = environ_->p;
	const char *const end = p + environ_->n;

	for (; p < end; p += strlen(p) + 1)
		if (strncmp(p, key, sizeof(key) - 1) == 0)
			return p + sizeof(key) - 1;
	return NULL;
}

static long
parent_of(long pid)
{
	char path[64];
	const char *p;
	struct buf b;
	long parent = 0;

	(void)snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	if (!slurp(path, &b))
		return 0;
	p = memmem(b.p, b.n, "\nPPid:", 6);
	if (p != NULL)
		parent = strtol(p + 6, NULL, 10);
	buf_free(&b);
	return parent;
}

/* sudo and su drop SSH_CONNECTION; the shell above them still has it. */
static int
ssh_peer(struct selfaddrs *sa, struct err *e)
{
	const char *value = getenv("SSH_CONNECTION");
	long pid = getppid();
	int i, rc = 0;

	if (value != NULL)
		return add_peer(sa, value, e);
	for (i = 0; i < PARENTS_MAX && pid > 1; i++, pid = parent_of(pid)) {
		char path[64];
		struct buf b;

		(void)snprintf(path, sizeof(path), "/proc/%ld/environ", pid);
		if (!slurp(path, &b))
			continue;
		value = ssh_connection(&b);
		if (value != NULL)
			rc = add_peer(sa, value, e);
		buf_free(&b);
		if (value != NULL)
			break;
	}
	return rc;
}

int
selfaddr_collect(struct selfaddrs *sa, struct err *e)
{
	*sa = (struct selfaddrs){0};
	if (own_addresses(sa, e) == 0 && selfaddr_gateways(sa, e) == 0 &&
	    name_servers(sa, "/etc/resolv.conf", e) == 0 &&
	    /* Behind the stub of systemd-resolved. */
	    name_servers(sa, "/run/systemd/resolve/resolv.conf", e) == 0 &&
	    ssh_peer(sa, e) == 0)
		return 0;
	selfaddr_free(sa);
	return -1;
}
