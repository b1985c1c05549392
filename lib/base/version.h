/* The version that every tool prints; the Makefile takes it from CHANGES. */
#ifndef TS_BASE_VERSION_H
#define TS_BASE_VERSION_H

#ifndef TS_VERSION
#define TS_VERSION "unknown"
#endif

#endif
