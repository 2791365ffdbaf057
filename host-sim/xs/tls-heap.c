#include "tls-heap.h"

#include <stdint.h>
#include <stdlib.h>

struct system_heap tls_heap;

struct header {
	size_t size;
} __attribute__((aligned(16))); /* malloc's own alignment, for what follows */

void* tls_heap_calloc(size_t count, size_t size) {
	if (size != 0 && count > (SIZE_MAX - sizeof(struct header)) / size) return NULL;
	struct header* header = calloc(1, sizeof *header + count * size);
	if (header == NULL) return NULL;
	header->size = count * size;
	tls_heap.current += header->size;
	if (tls_heap.current > tls_heap.peak) tls_heap.peak = tls_heap.current;
	return header + 1;
}

void tls_heap_free(void* block) {
	if (block == NULL) return;
	struct header* header = (struct header*)block - 1;
	tls_heap.current -= header->size;
	free(header);
}
