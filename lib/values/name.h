/*
 * Domain names as text, and as keys that sort and nest.
 *
 * Text ("canonical"): lower case, labels parted by '.', no final dot. A first
 * label "*" makes it a wildcard; "*" alone is the wildcard of the root. Within
 * a label '.' and '\' are written "\." and "\\", bytes up to space and from DEL
 * on "\DDD" (RFC 1035 5.1, in its shortest form). Bounds of RFC 1035: a label
 * has 1..63 octets, the name 255 on the wire with its root.
 *
 * Key: the labels from the right, each closed by a 0 byte, so that memcmp on
 * keys is the canonical order of RFC 4034 6.1 and an ancestor's key is a prefix
 * of its descendants'. Octets 0 and 1 inside a label are written 1,1 and 1,2.
 * The wildcard "*.example.com" has the key of a child "*" of example.com.
 */
#ifndef TS_VALUES_NAME_H
#define TS_VALUES_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_WIRE_MAX 255
#define NAME_LABEL_MAX 63
#define NAME_LABELS_MAX 127
/* Every octet as \DDD, and the dots. */
#define NAME_TEXT_MAX 1024
#define NAME_KEY_MAX 512

enum name_result {
	NAME_OK = 0,
	NAME_EMPTY,    /* nothing, or the root alone */
	NAME_LABEL,    /* an empty label, or one over 63 octets */
	NAME_LONG,     /* over 255 octets */
	NAME_ESCAPE,   /* a broken \DDD or \ at the end */
	NAME_OCTET,    /* a byte that must be escaped: control, space, over 126 */
};

/*
 * Reads n bytes as a name, with or without a final dot, in any case; writes the
 * canonical text and a NUL into dst (NAME_TEXT_MAX). *len is without the NUL.
 */
enum name_result name_parse(const char *s, size_t n, char *dst, size_t *len);
/*
 * For readers at speed: the name at s, up to the first byte that is no part of a
 * name without escapes or that a master file takes for something else, in lower
 * case into dst. Its length as written, a final dot included; 0 where there is
 * none, or where a closer look is needed. Reads and writes at most
 * NAME_SCAN_READS bytes, no NUL among them.
 */
#define NAME_SCAN_READS 264
size_t name_scan(const char *s, char *dst);
/* True where the bytes are canonical text already; fast for plain names. */
bool name_is_canonical(const char *s, size_t n);
const char *name_strerror(enum name_result r);

/* From canonical text to key and back; both return the length written. */
size_t name_key(const char *s, size_t n, unsigned char *key /* NAME_KEY_MAX */);
size_t name_from_key(const unsigned char *key, size_t n,
		     char *dst /* NAME_TEXT_MAX */);

/* From uncompressed wire form (root included) to canonical text. */
enum name_result name_from_wire(const unsigned char *w, size_t n, char *dst,
				size_t *len);

static inline bool
name_is_wildcard(const char *s, size_t n)
{
	return n >= 1 && s[0] == '*' && (n == 1 || s[1] == '.');
}

#endif
