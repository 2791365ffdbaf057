#include "hmac.h"

#include <string.h>

static void begin_padded(struct hash_state* state, const struct hash* hash, const uint8_t* key, uint8_t with) {
	uint8_t block[HASH_BLOCK_SIZE];
	for (size_t i = 0; i < sizeof block; i++) block[i] = key[i] ^ with;
	hash_begin(state, hash);
	hash_update(state, block, sizeof block);
}

void hmac_key(struct hmac* hmac, const struct hash* hash, const void* key, size_t size) {
	uint8_t block[HASH_BLOCK_SIZE] = {0};
	if (size > sizeof block) {
		hash_begin(&hmac->inner, hash);
		hash_update(&hmac->inner, key, size);
		hash_end(&hmac->inner, block);
	} else if (size > 0) {
		memcpy(block, key, size);
	}
	begin_padded(&hmac->inner, hash, block, 0x36);
	begin_padded(&hmac->outer, hash, block, 0x5c);
}

void hmac_update(struct hmac* hmac, const void* data, size_t size) {
	hash_update(&hmac->inner, data, size);
}

void hmac_end(struct hmac* hmac, uint8_t* code) {
	hash_end(&hmac->inner, code);
	hash_update(&hmac->outer, code, hmac->outer.hash->size);
	hash_end(&hmac->outer, code);
}

void pbkdf2(const struct hash* hash, const void* password, size_t password_size, const void* salt, size_t salt_size,
	uint32_t iterations, uint8_t* key) {
	static const uint8_t first_block[] = {0, 0, 0, 1};
	struct hmac keyed;
	hmac_key(&keyed, hash, password, password_size);

	struct hmac hmac = keyed;
	uint8_t u[HASH_MAX_SIZE];
	hmac_update(&hmac, salt, salt_size);
	hmac_update(&hmac, first_block, sizeof first_block);
	hmac_end(&hmac, u);
	memcpy(key, u, hash->size);
	for (uint32_t i = 1; i < iterations; i++) {
		hmac = keyed;
		hmac_update(&hmac, u, hash->size);
		hmac_end(&hmac, u);
		for (size_t j = 0; j < hash->size; j++) key[j] ^= u[j];
	}
}
