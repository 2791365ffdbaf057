/* What the C of wasm2c calls: memory of a fixed size, and traps. For one thread. */
#ifndef PIPIT_WASM_RUNTIME_H
#define PIPIT_WASM_RUNTIME_H

#include <setjmp.h>
#include <stdint.h>

/* From here on traps jump to `trap`, and a module that is made gets `memory`, zeroed, and no more of it. */
void wasm_runtime_enter(jmp_buf* trap, uint8_t* memory, uint32_t size);

#endif
