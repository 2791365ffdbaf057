#include "xsAll.h"

#include "arena.h"
#include "system.h"

struct arena* arena_new(size_t size) {
	struct arena* arena = calloc(1, sizeof *arena);
	char* bottom = size == 0 ? NULL : system_memory(size);
	if (arena == NULL || (size > 0 && bottom == NULL)) {
		fprintf(stderr, "no memory for a machine of %zu bytes\n", size);
		exit(EXIT_FAILURE);
	}
	*arena = (struct arena){
		.size = size,
		.bottom = bottom,
		.chunks_end = bottom,
		.slots_begin = bottom + size,
		.least_free = size,
	};
	return arena;
}

size_t arena_free(const struct arena* arena) {
	return (size_t)(arena->slots_begin - arena->chunks_end);
}

void arena_protect(struct arena* arena) {
	system_protect(arena->bottom, arena->size);
}

static bool has_room(struct arena* arena, const char* heap, size_t bytes) {
	if (bytes <= arena_free(arena)) return true;
	arena->failed.heap = heap;
	arena->failed.bytes = bytes;
	return false;
}

static void note_least_free(struct arena* arena) {
	if (arena_free(arena) < arena->least_free) arena->least_free = arena_free(arena);
}

/* XS calls this for a new machine; its context is the arena that it was created with (machine.c). */
void fxCreateMachinePlatform(txMachine* the) {
	the->arena = the->context;
}

/* Machines end with the process. */
void fxDeleteMachinePlatform(txMachine* the) {}

void* fxAllocateChunks(txMachine* the, txSize size) {
	struct arena* arena = the->arena;
	if (arena->size == 0) return malloc((size_t)size);
	if (!has_room(arena, "chunk", (size_t)size)) return NULL;
	char* chunks = arena->chunks_end;
	arena->chunks_end += size;
	note_least_free(arena);
	return chunks;
}

/* The static block never gives memory back: XS frees its heaps only with the machine. */
void fxFreeChunks(txMachine* the, void* chunks) {
	if (the->arena->size == 0) free(chunks);
}

txSlot* fxAllocateSlots(txMachine* the, txSize count) {
	struct arena* arena = the->arena;
	size_t bytes = (size_t)count * sizeof(txSlot);
	if (arena->size == 0) return malloc(bytes);
	if (!has_room(arena, "slot", bytes)) return NULL;
	arena->slots_begin -= bytes;
	note_least_free(arena);
	return (txSlot*)arena->slots_begin;
}

void fxFreeSlots(txMachine* the, void* slots) {
	if (the->arena->size == 0) free(slots);
}
