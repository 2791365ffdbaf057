/*
 * The way from C into a sensor program. Included once for each, by a file that defines
 * PROGRAM     its name in C
 * LABEL       its name, a string
 * HEADER      what wasm2c wrote, a string
 * MEMORY      bytes that it needs, a multiple of 16
 * WINDOW, PARAMETERS, RECORDS  as in program.h
 */

#include <string.h>

#include "wasm-access.h"

#include HEADER
#include "program.h"
#include "wasm-runtime.h"

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define CALL(function) JOIN(Z_, PROGRAM, Z_##function)
#define OF_MODULE(function) JOIN(Z_, PROGRAM, function)

struct state {
	OF_MODULE(_instance_t) instance;
	_Alignas(16) uint8_t memory[MEMORY];
};

static bool begin(void* at, const void* config) {
	struct state* state = at;
	jmp_buf trap;
	memset(state, 0, sizeof *state);
	wasm_runtime_enter(&trap, state->memory, MEMORY);
	if (setjmp(trap) != 0) return false;
	OF_MODULE(_init_module)();
	OF_MODULE(_instantiate)(&state->instance, NULL);
	memcpy(state->memory + CALL(configAt)(&state->instance), config, PARAMETERS * sizeof(double));
	CALL(init)(&state->instance);
	return true;
}

static int32_t samples(void* at, const void* window, void* records) {
	struct state* state = at;
	jmp_buf trap;
	wasm_runtime_enter(&trap, NULL, 0);
	if (setjmp(trap) != 0) return -1;
	memcpy(state->memory + CALL(windowAt)(&state->instance), window, WINDOW * sizeof(double));
	int32_t count = (int32_t)CALL(samples)(&state->instance);
	if (count < 0) return -1;
	size_t told = count < RECORDS ? (size_t)count : RECORDS;
	memcpy(records, state->memory + CALL(recordsAt)(&state->instance), 3 * told * sizeof(double));
	return count;
}

const struct program JOIN(program_, PROGRAM, ) = {LABEL, sizeof(struct state), WINDOW, PARAMETERS, RECORDS, begin, samples};
