#include "system-heap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct system_heap system_heap;

/* Which count a block belongs to: what was allocated before a reset is not taken off when it is freed. */
static uint32_t generation;

struct header {
	size_t size;
	uint32_t generation;
} __attribute__((aligned(16))); /* malloc's own alignment, for what follows */

void system_heap_reset(void) {
	generation++;
	system_heap = (struct system_heap){0};
}

void* system_malloc(size_t size) {
	struct header* header = size > SIZE_MAX - sizeof *header ? NULL : malloc(sizeof *header + size);
	if (header == NULL) return NULL;
	header->size = size;
	header->generation = generation;
	system_heap.current += size;
	if (system_heap.current > system_heap.peak) system_heap.peak = system_heap.current;
	return header + 1;
}

void* system_calloc(size_t count, size_t size) {
	if (size != 0 && count > SIZE_MAX / size) return NULL;
	void* block = system_malloc(count * size);
	if (block != NULL) memset(block, 0, count * size);
	return block;
}

/* Both blocks exist for a moment, as on a heap without room behind the old one. */
void* system_realloc(void* block, size_t size) {
	void* larger = system_malloc(size);
	if (larger == NULL || block == NULL) return larger;
	size_t old = ((struct header*)block - 1)->size;
	memcpy(larger, block, old < size ? old : size);
	system_free(block);
	return larger;
}

void system_free(void* block) {
	if (block == NULL) return;
	struct header* header = (struct header*)block - 1;
	if (header->generation == generation) system_heap.current -= header->size;
	free(header);
}
