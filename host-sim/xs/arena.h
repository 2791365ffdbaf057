/*
 * The RAM of a machine. Moddable gives a machine either one static block, in which chunks (strings, buffers,
 * arrays) grow up from the bottom and slots (objects, properties) and the stack down from the top, or, when
 * `size` is 0, a heap of its own for each.
 */
#ifndef PIPIT_XS_ARENA_H
#define PIPIT_XS_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena {
	size_t size; /* bytes in the static block; 0: there is none */
	char* bottom;
	char* chunks_end;
	char* slots_begin;
	size_t least_free; /* the smallest gap there ever was between the two */

	/* The request that could not be met: what an out-of-memory message is about. */
	struct {
		const char* heap; /* "chunk" or "slot"; NULL: none so far */
		size_t bytes;
	} failed;
};

/* Exits when there is not that much memory here. */
struct arena* arena_new(size_t size);

/* Makes it read-only. */
void arena_protect(struct arena* arena);

size_t arena_free(const struct arena* arena);

#endif
