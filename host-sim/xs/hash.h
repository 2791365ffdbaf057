/* SHA-1 and SHA-256 (FIPS 180-4). */
#ifndef PIPIT_XS_HASH_H
#define PIPIT_XS_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_MAX_SIZE 32 /* bytes */
#define HASH_BLOCK_SIZE 64 /* of both */

struct hash {
	const char* name;
	size_t size; /* bytes in a digest */
	uint32_t initial[8];
	void (*compress)(uint32_t* words, const uint8_t* block);
};

struct hash_state {
	const struct hash* hash;
	uint32_t words[8];
	uint64_t size; /* bytes so far; those that do not fill a block are in it */
	uint8_t block[HASH_BLOCK_SIZE];
};

/* By the names of io.ts: "sha-1", "sha-256". NULL: there is no such function. */
const struct hash* hash_named(const char* name);

void hash_begin(struct hash_state* state, const struct hash* hash);
void hash_update(struct hash_state* state, const void* data, size_t size);
void hash_end(struct hash_state* state, uint8_t* digest);

#endif
