#include "hash.h"

#include <string.h>

static uint32_t rotate_left(uint32_t x, int n) {
	return x << n | x >> (32 - n);
}

static uint32_t rotate_right(uint32_t x, int n) {
	return x >> n | x << (32 - n);
}

static uint32_t read_word(const uint8_t* bytes) {
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void write_word(uint8_t* bytes, uint32_t word) {
	for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z) {
	return (x & y) ^ (~x & z);
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z) {
	return (x & y) ^ (x & z) ^ (y & z);
}

/* FIPS 180-4 6.1.2 */
static void compress_sha1(uint32_t* words, const uint8_t* block) {
	uint32_t w[80];
	for (int t = 0; t < 16; t++) w[t] = read_word(block + 4 * t);
	for (int t = 16; t < 80; t++) w[t] = rotate_left(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	uint32_t a = words[0], b = words[1], c = words[2], d = words[3], e = words[4];
	for (int t = 0; t < 80; t++) {
		uint32_t f = t < 20   ? choose(b, c, d) + 0x5a827999
					 : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1
					 : t < 60 ? majority(b, c, d) + 0x8f1bbcdc
							  : (b ^ c ^ d) + 0xca62c1d6;
		uint32_t next = rotate_left(a, 5) + f + e + w[t];
		e = d;
		d = c;
		c = rotate_left(b, 30);
		b = a;
		a = next;
	}
	words[0] += a;
	words[1] += b;
	words[2] += c;
	words[3] += d;
	words[4] += e;
}

/* FIPS 180-4 4.2.2 */
static const uint32_t SHA256_CONSTANTS[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* FIPS 180-4 6.2.2 */
static void compress_sha256(uint32_t* words, const uint8_t* block) {
	uint32_t w[64];
	for (int t = 0; t < 16; t++) w[t] = read_word(block + 4 * t);
	for (int t = 16; t < 64; t++) {
		uint32_t s0 = rotate_right(w[t - 15], 7) ^ rotate_right(w[t - 15], 18) ^ w[t - 15] >> 3;
		uint32_t s1 = rotate_right(w[t - 2], 17) ^ rotate_right(w[t - 2], 19) ^ w[t - 2] >> 10;
		w[t] = s1 + w[t - 7] + s0 + w[t - 16];
	}
	uint32_t a = words[0], b = words[1], c = words[2], d = words[3];
	uint32_t e = words[4], f = words[5], g = words[6], h = words[7];
	for (int t = 0; t < 64; t++) {
		uint32_t s1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
		uint32_t t1 = h + s1 + choose(e, f, g) + SHA256_CONSTANTS[t] + w[t];
		uint32_t s0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
		uint32_t t2 = s0 + majority(a, b, c);
		h = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	words[0] += a;
	words[1] += b;
	words[2] += c;
	words[3] += d;
	words[4] += e;
	words[5] += f;
	words[6] += g;
	words[7] += h;
}

static const struct hash hashes[] = {
	{
		.name = "sha-1",
		.size = 20,
		.initial = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0},
		.compress = compress_sha1,
	},
	{
		.name = "sha-256",
		.size = 32,
		.initial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19},
		.compress = compress_sha256,
	},
};

const struct hash* hash_named(const char* name) {
	for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
		if (strcmp(hashes[i].name, name) == 0) return &hashes[i];
	return NULL;
}

void hash_begin(struct hash_state* state, const struct hash* hash) {
	state->hash = hash;
	state->size = 0;
	memcpy(state->words, hash->initial, sizeof state->words);
}

void hash_update(struct hash_state* state, const void* data, size_t size) {
	const uint8_t* bytes = data;
	while (size > 0) {
		size_t used = state->size % HASH_BLOCK_SIZE;
		size_t part = HASH_BLOCK_SIZE - used < size ? HASH_BLOCK_SIZE - used : size;
		memcpy(state->block + used, bytes, part);
		state->size += part;
		bytes += part;
		size -= part;
		if (used + part == HASH_BLOCK_SIZE) state->hash->compress(state->words, state->block);
	}
}

/* FIPS 180-4 5.1.1: a bit, zeros, and the size in bits. */
void hash_end(struct hash_state* state, uint8_t* digest) {
	static const uint8_t padding[HASH_BLOCK_SIZE] = {0x80};
	uint8_t size[8];
	write_word(size, (uint32_t)(state->size >> 29));
	write_word(size + 4, (uint32_t)(state->size << 3));
	hash_update(state, padding, 1 + (2 * HASH_BLOCK_SIZE - 9 - state->size % HASH_BLOCK_SIZE) % HASH_BLOCK_SIZE);
	hash_update(state, size, sizeof size);
	for (size_t i = 0; i < state->hash->size / 4; i++) write_word(digest + 4 * i, state->words[i]);
}
