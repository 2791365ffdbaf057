/*
 * Included before the C of wasm2c. AssemblyScript keeps numbers where they belong, so they need not be
 * fetched byte by byte, as they would be on chips that cannot do otherwise.
 */
#include "wasm-rt.h"

#undef wasm_rt_memcpy
#define wasm_rt_memcpy(to, from, size) \
	__builtin_memcpy(__builtin_assume_aligned(to, size), __builtin_assume_aligned(from, size), size)
