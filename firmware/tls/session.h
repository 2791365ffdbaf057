/*
 * Sessions that outlive their connection (RFC 5077; RFC 8446 2.2). A session taken up again has no certificate to
 * verify, so a saved one carries what it was verified for, and is good for the same alone.
 */
#ifndef PIPIT_TLS_SESSION_H
#define PIPIT_TLS_SESSION_H

#include <mbedtls/ssl.h>

#include "tls.h"

#define SESSION_SCOPE_SIZE 32

/* Writes what stands for the server's name and the trusted authorities. False: there is no memory. */
bool session_scope(const struct tls_settings* settings, uint8_t* scope);

/* Writes a connection's session. Returns its size; 0: there is none, or it does not fit. */
size_t session_save(const mbedtls_ssl_context* ssl, const uint8_t* scope, struct bytes certificate_hash, uint8_t* buffer,
	size_t size);

/*
 * Has a connection begin with a saved session, unless that is for something else or damaged. Gives back the hash
 * of the certificate that was verified for it, which is part of `saved`; nothing when it is not used.
 */
struct bytes session_restore(mbedtls_ssl_context* ssl, const uint8_t* scope, struct bytes saved);

#endif
