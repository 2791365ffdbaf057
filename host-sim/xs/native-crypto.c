#include "native-crypto.h"

#include "hmac.h"
#include "xs.h"
#include "xsmc.h"

/* They point into the machine's heap, where everything may move as soon as something is allocated. */
struct bytes {
	const uint8_t* at;
	size_t size;
};

static struct bytes bytes_of(xsMachine* the, xsSlot* slot) {
	void* at;
	xsUnsignedValue size;
	xsmcGetBufferReadable(*slot, &at, &size);
	return (struct bytes){at, size};
}

static const struct hash* hash_of(xsMachine* the, xsSlot* slot) {
	const char* name = xsmcToString(*slot);
	const struct hash* hash = hash_named(name);
	if (hash == NULL) xsRangeError("there is no hash function \"%s\"", name);
	return hash;
}

void native_digest(xsMachine* the) {
	const struct hash* hash = hash_of(the, &xsArg(0));
	struct bytes data = bytes_of(the, &xsArg(1));
	struct hash_state state;
	uint8_t digest[HASH_MAX_SIZE];
	hash_begin(&state, hash);
	hash_update(&state, data.at, data.size);
	hash_end(&state, digest);
	xsmcSetArrayBuffer(xsResult, digest, (xsIntegerValue)hash->size);
}

void native_hmac(xsMachine* the) {
	const struct hash* hash = hash_of(the, &xsArg(0));
	struct bytes key = bytes_of(the, &xsArg(1));
	struct bytes data = bytes_of(the, &xsArg(2));
	struct hmac hmac;
	uint8_t code[HASH_MAX_SIZE];
	hmac_key(&hmac, hash, key.at, key.size);
	hmac_update(&hmac, data.at, data.size);
	hmac_end(&hmac, code);
	xsmcSetArrayBuffer(xsResult, code, (xsIntegerValue)hash->size);
}

void native_pbkdf2(xsMachine* the) {
	const struct hash* hash = hash_of(the, &xsArg(0));
	xsIntegerValue iterations = xsmcToInteger(xsArg(3));
	if (iterations < 1) xsRangeError("%d iterations: there must be 1 or more", (int)iterations);
	struct bytes password = bytes_of(the, &xsArg(1));
	struct bytes salt = bytes_of(the, &xsArg(2));
	uint8_t key[HASH_MAX_SIZE];
	pbkdf2(hash, password.at, password.size, salt.at, salt.size, (uint32_t)iterations, key);
	xsmcSetArrayBuffer(xsResult, key, (xsIntegerValue)hash->size);
}
