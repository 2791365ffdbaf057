/* The memory that builds give to the main machine on ESP32 boards. */
#ifndef PIPIT_XS_BOARDS_H
#define PIPIT_XS_BOARDS_H

#include <stddef.h>

/*
 * Slots in the stack, on all boards: `creation.stack` of manifests/esp32.json, which is what the Moddable SDK has
 * for an ESP32. A device's deepest call, which sends the next item from inside the answer to the one before, takes
 * some 370, so that the 384 that the SDK has for an ESP32-C3 would hold, but with nothing to spare.
 */
#define STACK_COUNT 512

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
