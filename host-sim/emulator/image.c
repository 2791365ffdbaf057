#include "image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* From the linker script; both are multiples of a page. */
extern char image_begin[], image_end[];

static char* next = image_begin;
static bool sealed;

#define ALIGNMENT 16

static void* take(size_t size) {
	if (size > (size_t)(image_end - next) - ALIGNMENT) return NULL;
	char* block = next;
	next += (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	return block;
}

static bool in_image(const void* block) {
	return (const char*)block >= image_begin && (const char*)block < image_end;
}

/*
 * The linker sends all calls of malloc(), realloc() and free() here (--wrap), those in picolibc too. Before a
 * block of the image stands its size.
 */
void* __real_malloc(size_t size);
void* __real_realloc(void* block, size_t size);
void __real_free(void* block);

void* __wrap_malloc(size_t size) {
	if (sealed) return __real_malloc(size);
	char* header = size > SIZE_MAX - 2 * ALIGNMENT ? NULL : take(ALIGNMENT + size);
	if (header == NULL) return NULL;
	*(size_t*)header = size;
	return header + ALIGNMENT;
}

void* __wrap_realloc(void* block, size_t size) {
	if (block != NULL && !in_image(block)) return __real_realloc(block, size);
	void* larger = __wrap_malloc(size);
	if (larger == NULL || block == NULL) return larger;
	size_t old = *(size_t*)((char*)block - ALIGNMENT);
	return memcpy(larger, block, old < size ? old : size);
}

/* What is freed while the image is made is a hole in it. */
void __wrap_free(void* block) {
	if (!in_image(block)) __real_free(block);
}

/*
 * Physical memory protection (RISC-V privileged architecture 3.7), which an ESP32-C3 has too. The second of
 * two entries reaches from the address in the first to its own, and is locked: it holds for the machine mode,
 * in which everything here runs, and until the next reset.
 */
void image_seal(void) {
	enum { READ = 1, TOP_OF_RANGE = 1 << 3, LOCKED = 1 << 7 };
	sealed = true;
	__asm__ volatile("csrw pmpaddr0, %0" : : "r"((uintptr_t)image_begin >> 2));
	__asm__ volatile("csrw pmpaddr1, %0" : : "r"((uintptr_t)image_end >> 2));
	__asm__ volatile("csrw pmpcfg0, %0" : : "r"((LOCKED | TOP_OF_RANGE | READ) << 8));
	__asm__ volatile("fence rw, rw" : : : "memory");
}
