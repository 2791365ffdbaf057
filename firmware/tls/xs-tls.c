#include "xs-tls.h"

#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#include <string.h>

#include "tls.h"
#include "xs-bytes.h"

/* Sessions that are larger are not kept: a ticket has a few hundred bytes, a server's certificate about a thousand. */
#define LARGEST_SESSION 3000

static void destroy(void* tls) {
	tls_destroy(tls);
}

static struct tls* tls_of(xsMachine* the) {
	struct tls* tls = xsmcGetHostData(xsArg(0));
	if (tls == NULL) xsUnknownError("the TLS engine is closed");
	return tls;
}

static struct bytes text_of(xsMachine* the, xsSlot* slot) {
	const char* text = xsmcToString(*slot);
	return (struct bytes){(const uint8_t*)text, strlen(text) + 1};
}

void xs_tls_create(xsMachine* the) {
	struct bytes nothing = {0};
	xsResult = xsNewHostObject(destroy);
	struct tls_settings settings = {
		.authorities = xsmcTypeOf(xsArg(1)) == xsStringType ? text_of(the, &xsArg(1)) : xs_bytes(the, &xsArg(1)),
		.protocols = xsmcTest(xsArg(2)) ? (const char*)xs_bytes(the, &xsArg(2)).at : NULL,
		.now = (int64_t)xsmcToNumber(xsArg(3)),
		.is_clock_set = xsmcToBoolean(xsArg(4)),
		.session = xsmcTest(xsArg(5)) ? xs_bytes(the, &xsArg(5)) : nothing,
		.server_name = xsmcToString(xsArg(0)),
	};
	struct tls* tls = tls_create(&settings);
	if (tls == NULL) xsUnknownError("there is not enough memory for TLS");
	xsmcSetHostData(xsResult, tls);
}

void xs_tls_close(xsMachine* the) {
	tls_destroy(xsmcGetHostData(xsArg(0)));
	xsmcSetHostData(xsArg(0), NULL);
}

void xs_tls_state(xsMachine* the) {
	xsmcSetInteger(xsResult, tls_state(tls_of(the)));
}

void xs_tls_failure(xsMachine* the) {
	const struct failure* failure = tls_failure(tls_of(the));
	if (failure->condition == NULL) return;
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 0);
	xsmcSetString(xsVar(0), (char*)failure->condition);
	xsmcSetIndex(xsResult, 0, xsVar(0));
	xsmcSetString(xsVar(0), (char*)failure->text);
	xsmcSetIndex(xsResult, 1, xsVar(0));
}

void xs_tls_feed(xsMachine* the) {
	struct tls* tls = tls_of(the);
	struct bytes bytes = {0};
	if (xsmcArgc > 1) bytes = xs_bytes(the, &xsArg(1));
	xsmcSetInteger(xsResult, (xsIntegerValue)tls_feed(tls, bytes.at, bytes.size));
}

void xs_tls_readable(xsMachine* the) {
	xsmcSetInteger(xsResult, (xsIntegerValue)tls_readable(tls_of(the)));
}

void xs_tls_read(xsMachine* the) {
	struct tls* tls = tls_of(the);
	void* at;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(1), &at, &size);
	xsmcSetInteger(xsResult, (xsIntegerValue)tls_read(tls, at, size));
}

void xs_tls_writable(xsMachine* the) {
	xsmcSetInteger(xsResult, (xsIntegerValue)tls_writable(tls_of(the)));
}

void xs_tls_write(xsMachine* the) {
	struct tls* tls = tls_of(the);
	struct bytes bytes = xs_bytes(the, &xsArg(1));
	if (bytes.size > tls_writable(tls)) xsRangeError("would block");
	xsmcSetBoolean(xsResult, tls_write(tls, bytes.at, bytes.size));
}

void xs_tls_end(xsMachine* the) {
	tls_end(tls_of(the));
}

void xs_tls_pull(xsMachine* the) {
	struct tls* tls = tls_of(the);
	size_t size = tls_output(tls);
	xsIntegerValue limit = xsmcToInteger(xsArg(1));
	if (size == 0 || limit <= 0) return;
	if (size > (size_t)limit) size = (size_t)limit;
	xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)size);
	tls_pull(tls, xsmcToArrayBuffer(xsResult), size);
}

void xs_tls_is_resumed(xsMachine* the) {
	xsmcSetBoolean(xsResult, tls_is_resumed(tls_of(the)));
}

void xs_tls_save_session(xsMachine* the) {
	struct tls* tls = tls_of(the);
	void* session = mbedtls_calloc(1, LARGEST_SESSION);
	size_t size = session == NULL ? 0 : tls_save_session(tls, session, LARGEST_SESSION);
	if (size > 0) xsmcSetArrayBuffer(xsResult, session, (xsIntegerValue)size);
	if (session != NULL) mbedtls_platform_zeroize(session, LARGEST_SESSION);
	mbedtls_free(session);
}

void xs_tls_certificate_hash(xsMachine* the) {
	uint8_t hash[TLS_MAX_HASH_SIZE];
	size_t size = tls_certificate_hash(tls_of(the), hash);
	if (size > 0) xsmcSetArrayBuffer(xsResult, hash, (xsIntegerValue)size);
}

void xs_tls_export(xsMachine* the) {
	struct tls* tls = tls_of(the);
	uint8_t key[64];
	xsIntegerValue size = xsmcToInteger(xsArg(2));
	if (size < 1 || size > (xsIntegerValue)sizeof key) xsRangeError("%d bytes of keying material", (int)size);
	if (tls_export(tls, xsmcToString(xsArg(1)), key, (size_t)size)) xsmcSetArrayBuffer(xsResult, key, size);
	mbedtls_platform_zeroize(key, sizeof key);
}
