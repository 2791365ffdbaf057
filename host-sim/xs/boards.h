/* The memory that Moddable's builds give to the main machine on ESP32 boards. */
#ifndef PIPIT_XS_BOARDS_H
#define PIPIT_XS_BOARDS_H

#include <stddef.h>

/*
 * Slots in the stack. A manifest may choose (`creation.stack`), and ours has to: the 384 of an ESP32-C3 and the
 * 512 of an ESP32 do not carry the firmware's deepest calls.
 */
#define STACK_COUNT 768

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
