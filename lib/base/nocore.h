/*
 * No core file of this process and its children: for programs that hold keys.
 */
#ifndef TS_BASE_NOCORE_H
#define TS_BASE_NOCORE_H

void nocore(void);

#endif
