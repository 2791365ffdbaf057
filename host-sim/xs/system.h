/* What the host asks of the system that it runs on, beside a C library and a network (net.h). */
#ifndef PIPIT_XS_SYSTEM_H
#define PIPIT_XS_SYSTEM_H

#include <stddef.h>

#include "natives.h"

/* Milliseconds since some moment. It does not jump, whatever happens to the time of day. */
double system_monotonic(void);

/* Bytes that nobody can predict. Returns false when there are none. */
bool system_random(void* bytes, size_t size);

/* Memory for a machine, all zero. NULL: there is not as much. */
void* system_memory(size_t size);

/* Makes such memory read-only, where the system can do that. */
void system_protect(void* memory, size_t size);

/* The functions that only this system gives to programs. */
extern const struct native system_natives[];

#endif
