#include "crypto.h"

#include <mbedtls/md.h>
#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#include <string.h>

#define BLOCK_SIZE 64 /* bytes, of both functions */

struct hash {
	const char* name;
	mbedtls_md_type_t type;
	size_t size;
};

static const struct hash HASHES[] = {
	{"sha-1", MBEDTLS_MD_SHA1, 20},
	{"sha-256", MBEDTLS_MD_SHA256, 32},
};

const struct hash* hash_named(const char* name) {
	for (size_t i = 0; i < sizeof HASHES / sizeof *HASHES; i++)
		if (strcmp(HASHES[i].name, name) == 0) return &HASHES[i];
	return NULL;
}

size_t hash_size(const struct hash* hash) {
	return hash->size;
}

static const mbedtls_md_info_t* info_of(const struct hash* hash) {
	return mbedtls_md_info_from_type(hash->type);
}

bool hash_digest(const struct hash* hash, struct bytes data, uint8_t* digest) {
	return mbedtls_md(info_of(hash), data.at, data.size, digest) == 0;
}

/*
 * HMAC with a key, ready for any number of messages: each is hashed in a copy of these states, which spares hashing
 * the key again. mbedTLS has an HMAC, but no way to copy it, and from 4.0 on keeps it to itself.
 */
struct hmac {
	mbedtls_md_context_t inner;
	mbedtls_md_context_t outer;
	mbedtls_md_context_t work;
	size_t size;
};

static bool begin_padded(mbedtls_md_context_t* md, const uint8_t* key, uint8_t with) {
	uint8_t block[BLOCK_SIZE];
	for (size_t i = 0; i < sizeof block; i++) block[i] = key[i] ^ with;
	bool done = mbedtls_md_starts(md) == 0 && mbedtls_md_update(md, block, sizeof block) == 0;
	mbedtls_platform_zeroize(block, sizeof block);
	return done;
}

static void hmac_init(struct hmac* hmac) {
	mbedtls_md_init(&hmac->inner);
	mbedtls_md_init(&hmac->outer);
	mbedtls_md_init(&hmac->work);
}

static void hmac_free(struct hmac* hmac) {
	mbedtls_md_free(&hmac->inner);
	mbedtls_md_free(&hmac->outer);
	mbedtls_md_free(&hmac->work);
}

static bool hmac_key(struct hmac* hmac, const struct hash* hash, struct bytes key) {
	const mbedtls_md_info_t* info = info_of(hash);
	uint8_t block[BLOCK_SIZE] = {0};
	hmac->size = hash->size;
	if (key.size > sizeof block) {
		if (!hash_digest(hash, key, block)) return false;
	} else if (key.size > 0) {
		memcpy(block, key.at, key.size);
	}
	bool done = mbedtls_md_setup(&hmac->inner, info, 0) == 0 && mbedtls_md_setup(&hmac->outer, info, 0) == 0 &&
				mbedtls_md_setup(&hmac->work, info, 0) == 0 && begin_padded(&hmac->inner, block, 0x36) &&
				begin_padded(&hmac->outer, block, 0x5c);
	mbedtls_platform_zeroize(block, sizeof block);
	return done;
}

/* The code of two pieces of data, the second of which may be none. */
static bool hmac_code(struct hmac* hmac, struct bytes data, struct bytes more, uint8_t* code) {
	return mbedtls_md_clone(&hmac->work, &hmac->inner) == 0 &&
		   mbedtls_md_update(&hmac->work, data.at, data.size) == 0 &&
		   mbedtls_md_update(&hmac->work, more.at, more.size) == 0 && mbedtls_md_finish(&hmac->work, code) == 0 &&
		   mbedtls_md_clone(&hmac->work, &hmac->outer) == 0 &&
		   mbedtls_md_update(&hmac->work, code, hmac->size) == 0 && mbedtls_md_finish(&hmac->work, code) == 0;
}

bool hash_hmac(const struct hash* hash, struct bytes key, struct bytes data, uint8_t* code) {
	struct hmac hmac;
	hmac_init(&hmac);
	bool done = hmac_key(&hmac, hash, key) && hmac_code(&hmac, data, (struct bytes){0}, code);
	hmac_free(&hmac);
	return done;
}

struct pbkdf2 {
	struct hmac hmac;
	uint8_t u[HASH_MAX_SIZE]; /* the last U of RFC 8018 5.2, whose names these are */
	uint8_t t[HASH_MAX_SIZE]; /* the exclusive-or of all so far */
	uint32_t left;
};

struct pbkdf2* pbkdf2_create(const struct hash* hash, struct bytes password, struct bytes salt, uint32_t iterations) {
	static const uint8_t first_block[] = {0, 0, 0, 1};
	struct pbkdf2* pbkdf2 = mbedtls_calloc(1, sizeof *pbkdf2);
	if (pbkdf2 == NULL) return NULL;
	hmac_init(&pbkdf2->hmac);
	if (!hmac_key(&pbkdf2->hmac, hash, password) ||
		!hmac_code(&pbkdf2->hmac, salt, (struct bytes){first_block, sizeof first_block}, pbkdf2->u)) {
		pbkdf2_destroy(pbkdf2);
		return NULL;
	}
	memcpy(pbkdf2->t, pbkdf2->u, hash->size);
	pbkdf2->left = iterations - 1;
	return pbkdf2;
}

void pbkdf2_destroy(struct pbkdf2* pbkdf2) {
	if (pbkdf2 == NULL) return;
	hmac_free(&pbkdf2->hmac);
	mbedtls_platform_zeroize(pbkdf2, sizeof *pbkdf2);
	mbedtls_free(pbkdf2);
}

size_t pbkdf2_size(const struct pbkdf2* pbkdf2) {
	return pbkdf2->hmac.size;
}

enum pbkdf2_state pbkdf2_run(struct pbkdf2* pbkdf2, uint32_t iterations, uint8_t* key) {
	size_t size = pbkdf2->hmac.size;
	for (; iterations > 0 && pbkdf2->left > 0; iterations--, pbkdf2->left--) {
		if (!hmac_code(&pbkdf2->hmac, (struct bytes){pbkdf2->u, size}, (struct bytes){0}, pbkdf2->u)) return PBKDF2_FAILED;
		for (size_t i = 0; i < size; i++) pbkdf2->t[i] ^= pbkdf2->u[i];
	}
	if (pbkdf2->left > 0) return PBKDF2_RUNNING;
	memcpy(key, pbkdf2->t, size);
	return PBKDF2_DONE;
}
