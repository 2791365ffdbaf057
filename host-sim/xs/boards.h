/* The memory that builds give to the main machine on ESP32 boards. */
#ifndef PIPIT_XS_BOARDS_H
#define PIPIT_XS_BOARDS_H

#include <stddef.h>

/*
 * Slots in the stack, on all boards: `creation.stack` of manifests/esp32.json, which is what the Moddable SDK has
 * for an ESP32-C3. The deepest calls of a device over TLS take 315, and 30 more where its owner closes it from
 * inside `onPublished`.
 */
#define STACK_COUNT 384

struct board {
	const char* name;
	size_t static_size; /* bytes in one block for chunks, slots and stack; 0: separate heaps */
	int chunk_size; /* bytes */
	int chunk_increment;
	int slot_count;
	int slot_increment;
};

/* NULL: there is no such board. */
const struct board* board_named(const char* name);

#endif
