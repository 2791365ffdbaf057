/*
 * A sensor program as native code: AssemblyScript made WebAssembly of it, wasm2c made C of that, and
 * program.c makes this of it. Nothing here is written at run time but the state that the caller owns.
 */
#ifndef PIPIT_PROGRAM_H
#define PIPIT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct program {
	const char* name;
	/* Of a state, in bytes; it begins at a multiple of 16. */
	size_t state_size;
	/* Numbers in a window, in the configuration, and the most records of three numbers each. */
	uint32_t window, parameters, records;
	/* Numbers are doubles, at any address. Fills in a state. Returns false when the program failed. */
	bool (*begin)(void* state, const void* config);
	/* Returns the number of records, which may be more than there is room for; -1 when the program failed. */
	int32_t (*samples)(void* state, const void* window, void* records);
};

/* All that this firmware was built with; NULL ends it. */
extern const struct program* const programs[];

const struct program* program_named(const char* name);

#endif
