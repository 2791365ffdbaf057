#include "crypto.h"
#include "xs-bytes.h"
#include "xs-tls.h"

static const struct hash* hash_of(xsMachine* the, xsSlot* slot) {
	const char* name = xsmcToString(*slot);
	const struct hash* hash = hash_named(name);
	if (hash == NULL) xsRangeError("there is no hash function \"%s\"", name);
	return hash;
}

static void return_bytes(xsMachine* the, bool done, const uint8_t* bytes, size_t size) {
	if (!done) xsUnknownError("there is not enough memory for a hash");
	xsmcSetArrayBuffer(xsResult, (void*)bytes, (xsIntegerValue)size);
}

void xs_digest(xsMachine* the) {
	const struct hash* hash = hash_of(the, &xsArg(0));
	uint8_t digest[HASH_MAX_SIZE];
	bool done = hash_digest(hash, xs_bytes(the, &xsArg(1)), digest);
	return_bytes(the, done, digest, hash_size(hash));
}

void xs_hmac(xsMachine* the) {
	const struct hash* hash = hash_of(the, &xsArg(0));
	uint8_t code[HASH_MAX_SIZE];
	bool done = hash_hmac(hash, xs_bytes(the, &xsArg(1)), xs_bytes(the, &xsArg(2)), code);
	return_bytes(the, done, code, hash_size(hash));
}

static void destroy(void* pbkdf2) {
	pbkdf2_destroy(pbkdf2);
}

void xs_pbkdf2_begin(xsMachine* the) {
	const struct hash* hash = hash_of(the, &xsArg(0));
	xsNumberValue iterations = xsmcToNumber(xsArg(3));
	if (!(iterations >= 1 && iterations <= UINT32_MAX)) xsRangeError("iterations: there must be 1 or more");
	xsResult = xsNewHostObject(destroy);
	struct bytes password = xs_bytes(the, &xsArg(1));
	struct bytes salt = xs_bytes(the, &xsArg(2));
	struct pbkdf2* pbkdf2 = pbkdf2_create(hash, password, salt, (uint32_t)iterations);
	if (pbkdf2 == NULL) xsUnknownError("there is not enough memory for PBKDF2");
	xsmcSetHostData(xsResult, pbkdf2);
}

void xs_pbkdf2_run(xsMachine* the) {
	struct pbkdf2* pbkdf2 = xsmcGetHostData(xsArg(0));
	if (pbkdf2 == NULL) xsUnknownError("PBKDF2 has ended");
	uint8_t key[HASH_MAX_SIZE];
	enum pbkdf2_state state = pbkdf2_run(pbkdf2, (uint32_t)xsmcToInteger(xsArg(1)), key);
	if (state == PBKDF2_RUNNING) return;
	size_t size = pbkdf2_size(pbkdf2);
	pbkdf2_destroy(pbkdf2);
	xsmcSetHostData(xsArg(0), NULL);
	return_bytes(the, state == PBKDF2_DONE, key, size);
}
