/*
 * The mark by which an applier knows what is its own at a target: "ts-tools
 * DEVICE", in a Description, a name or a creator id. What follows it there,
 * behind a blank, is the applier's own.
 */
#ifndef TS_VALUES_MARK_H
#define TS_VALUES_MARK_H

#include "values/stream.h"

#define MARK_DEVICE_MAX 64
#define MARK_MAX (sizeof("ts-tools ") + MARK_DEVICE_MAX)

enum mark_owner {
	MARK_NONE,  /* no mark of ours: somebody else's, or made by hand */
	MARK_OURS,  /* of this device */
	MARK_OTHER, /* of another device */
};

/* 1 to 64 letters, digits, '-' and '_': NULL, or what is wrong with it. */
const char *mark_check(const char *device);
void mark_write(const char *device, char dst[MARK_MAX]);
/* text may be NULL. device and rest may be NULL; *device is the device that the
 * text names, *rest what follows it, both empty where there is none. */
enum mark_owner mark_read(const char *text, const char *ours,
			  struct span *device, struct span *rest);

#endif
