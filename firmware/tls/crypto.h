/* Digests, HMAC (RFC 2104) and PBKDF2 (RFC 8018 5.2), over mbedTLS. */
#ifndef PIPIT_TLS_CRYPTO_H
#define PIPIT_TLS_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

#define HASH_MAX_SIZE 32 /* bytes */

struct hash;

/* By the names of io.ts: "sha-1", "sha-256". NULL: there is no such function. */
const struct hash* hash_named(const char* name);

/* How many bytes a digest has. */
size_t hash_size(const struct hash* hash);

/* What follows is false when there is no memory. */
bool hash_digest(const struct hash* hash, struct bytes data, uint8_t* digest);
bool hash_hmac(const struct hash* hash, struct bytes key, struct bytes data, uint8_t* code);

/* One block of PBKDF2's output, made in slices, so that other work goes on and no watchdog bites. */
struct pbkdf2;

/* @param iterations 1 or more. NULL: there is no memory. */
struct pbkdf2* pbkdf2_create(const struct hash* hash, struct bytes password, struct bytes salt, uint32_t iterations);

/* Wipes and frees it. NULL is ignored. */
void pbkdf2_destroy(struct pbkdf2* pbkdf2);

enum pbkdf2_state {
	PBKDF2_RUNNING,
	PBKDF2_DONE, /* the key is written */
	PBKDF2_FAILED, /* there is no memory */
};

/* How many bytes the key has. */
size_t pbkdf2_size(const struct pbkdf2* pbkdf2);

/* Does `iterations` more, or what is left. */
enum pbkdf2_state pbkdf2_run(struct pbkdf2* pbkdf2, uint32_t iterations, uint8_t* key);

#endif
