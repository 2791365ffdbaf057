/*
 * What a server's certificate must be besides signed by an authority that is trusted, which mbedTLS sees to: for
 * the server's name, and in date. mbedTLS's own checks of these are not relied on. Its check of names falls back on
 * the common name and knows no addresses, and its check of dates is not even there where it was built without a
 * clock, as ESP-IDF builds it.
 */
#ifndef PIPIT_TLS_VERIFY_H
#define PIPIT_TLS_VERIFY_H

#include <mbedtls/ssl.h>

#include "failure.h"
#include "identity.h"
#include "tls.h"

struct verifier {
	struct identity identity;
	int64_t now; /* as in tls_settings */
	bool is_clock_set;
	uint8_t hash[TLS_MAX_HASH_SIZE]; /* of the server's certificate */
	size_t hash_size;
	bool is_done; /* whether a certificate was verified at all */
	struct failure failure;
};

/* Has every certificate of a handshake verified by it. It must last as long as the configuration. */
void verifier_attach(struct verifier* verifier, mbedtls_ssl_config* config);

/* Why mbedTLS said that a certificate cannot be verified. `flags` are its own words for that. */
void verifier_explain(struct verifier* verifier, uint32_t flags);

#endif
