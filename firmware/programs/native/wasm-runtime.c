#include "wasm-runtime.h"

#include "program.h"
#include "wasm-access.h"

#include <string.h>

/* Whose turn it is: a program runs from its call to its return, and nothing else in between. */
static jmp_buf* trap_of_turn;
static uint8_t* memory_of_turn;
static uint32_t size_of_turn;

#if WASM_RT_USE_STACK_DEPTH_COUNT
uint32_t wasm_rt_call_stack_depth;
#endif

void wasm_runtime_enter(jmp_buf* trap, uint8_t* memory, uint32_t size) {
	trap_of_turn = trap;
	memory_of_turn = memory;
	size_of_turn = size;
#if WASM_RT_USE_STACK_DEPTH_COUNT
	wasm_rt_call_stack_depth = 0; /* a trap leaves it as it was */
#endif
}

void wasm_rt_trap(wasm_rt_trap_t code) {
	longjmp(*trap_of_turn, 1 + (int)code);
}

/* AssemblyScript's way to say that an index is out of range. */
struct Z_env_instance_t;
void Z_envZ_abort(struct Z_env_instance_t* env, uint32_t message, uint32_t file, uint32_t line, uint32_t column) {
	wasm_rt_trap(WASM_RT_TRAP_UNREACHABLE);
}

/* A page is 64 kB, which a chip does not have. What lies beyond the end of the memory given is checked for. */
void wasm_rt_allocate_memory(wasm_rt_memory_t* memory, uint32_t initial, uint32_t most) {
	memory->data = memory_of_turn;
	memory->size = size_of_turn;
	memory->pages = initial;
	memory->max_pages = most;
}

uint32_t wasm_rt_grow_memory(wasm_rt_memory_t* memory, uint32_t more) {
	return UINT32_MAX;
}

void wasm_rt_free_memory(wasm_rt_memory_t* memory) {}

uint32_t wasm_rt_register_func_type(uint32_t parameters, uint32_t results, ...) {
	return 1;
}

const struct program* program_named(const char* name) {
	for (const struct program* const* program = programs; *program != NULL; program++)
		if (strcmp((*program)->name, name) == 0) return *program;
	return NULL;
}
