/*
 * The system's heap: what is allocated from C beside the machine's own heaps. On a microcontroller it is the
 * same RAM, so it is counted.
 */
#ifndef PIPIT_XS_SYSTEM_HEAP_H
#define PIPIT_XS_SYSTEM_HEAP_H

#include <stddef.h>

struct system_heap {
	size_t current; /* bytes */
	size_t peak;
};

extern struct system_heap system_heap;

/* Counts from zero again: what was allocated so far stands for what a device has in flash. */
void system_heap_reset(void);

void* system_malloc(size_t size);
void* system_calloc(size_t count, size_t size);
void* system_realloc(void* block, size_t size);
void system_free(void* block);

#endif
