/* HMAC (RFC 2104) and PBKDF2 (RFC 8018 5.2). */
#ifndef PIPIT_XS_HMAC_H
#define PIPIT_XS_HMAC_H

#include "hash.h"

/* Ready for data. Copied in this state, it spares hashing the key again. */
struct hmac {
	struct hash_state inner;
	struct hash_state outer;
};

void hmac_key(struct hmac* hmac, const struct hash* hash, const void* key, size_t size);
void hmac_update(struct hmac* hmac, const void* data, size_t size);
void hmac_end(struct hmac* hmac, uint8_t* code);

/* One block of output: as many bytes as a digest has. */
void pbkdf2(const struct hash* hash, const void* password, size_t password_size, const void* salt, size_t salt_size,
	uint32_t iterations, uint8_t* key);

#endif
