#include "values/mark.h"

#include <stdio.h>
#include <string.h>

#define WORD "ts-tools "
#define DEVICE_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
		     "0123456789-_"

const char *
mark_check(const char *device)
{
	const size_t n = strspn(device, DEVICE_CHARS);

	if (device[n] != '\0')
		return "only letters, digits, '-' and '_'";
	if (n < 1 || n > MARK_DEVICE_MAX)
		return "not 1 to 64 characters";
	return NULL;
}

void
mark_write(const char *device, char dst[MARK_MAX])
{
	(void)snprintf(dst, MARK_MAX, WORD "%s", device);
}

enum mark_owner
mark_read(const char *text, const char *ours, struct span *device,
	  struct span *rest)
{
	struct span d = {"", 0}, r = {"", 0};
	const size_t word = sizeof(WORD) - 1;

	if (text != NULL && strncmp(text, WORD, word) == 0) {
		text += word;
		d = (struct span){text, strspn(text, DEVICE_CHARS)};
		if (text[d.n] == ' ')
			r = (struct span){text + d.n + 1,
					  strlen(text + d.n + 1)};
		else if (text[d.n] != '\0')
			d = (struct span){"", 0};
	}
	if (device != NULL)
		*device = d;
	if (rest != NULL)
		*rest = r;
	if (d.n == 0)
		return MARK_NONE;
	return span_is(d, ours) ? MARK_OURS : MARK_OTHER;
}
