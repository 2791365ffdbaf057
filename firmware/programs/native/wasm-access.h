/*
 * Included before the C of wasm2c, instead of its wasm-rt.h. Every access is checked to be within the memory.
 * AssemblyScript keeps numbers where they belong, so they need not be fetched byte by byte, as they would be on
 * chips that cannot do otherwise.
 */
#ifndef PIPIT_WASM_ACCESS_H
#define PIPIT_WASM_ACCESS_H

#define NDEBUG
#define WASM_RT_MEMCHECK_SIGNAL_HANDLER 0
#include "wasm-rt.h"

#undef wasm_rt_memcpy
#define wasm_rt_memcpy(to, from, size) \
	__builtin_memcpy(__builtin_assume_aligned(to, size), __builtin_assume_aligned(from, size), size)

#endif
