/*
 * The differences between the versions of mbedTLS: 2.28 as Debian has it, 3.6 of ESP-IDF 5, 4.x of ESP-IDF 6.
 * Everything else in this folder is written in what they have in common.
 */
#ifndef PIPIT_MBEDTLS_COMPAT_H
#define PIPIT_MBEDTLS_COMPAT_H

#include <mbedtls/platform.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <stdbool.h>

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#include <psa/crypto.h>
#else
#define MBEDTLS_PRIVATE(member) member
#endif

/* Fields for which no version has a function, and that all of them have. */
#define TLS_SIGNATURE_HASH(certificate) ((certificate)->MBEDTLS_PRIVATE(sig_md))
#define TLS_IS_AUTHORITY(certificate) ((certificate)->MBEDTLS_PRIVATE(ca_istrue) != 0)
#define TLS_HAS_TICKET_OR_ID(session) \
	((session)->MBEDTLS_PRIVATE(id_len) > 0 || (session)->MBEDTLS_PRIVATE(ticket_len) > 0)
#define TLS_ALERT(ssl) ((ssl)->MBEDTLS_PRIVATE(in_msg)[1])

/* What has to be done before anything else, as often as one likes. */
static inline bool tls_start_mbedtls(void) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
	return psa_crypto_init() == PSA_SUCCESS;
#else
	return true;
#endif
}

static inline void tls_require_tls12(mbedtls_ssl_config* config) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
	mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
#else
	mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

/* From 4.0 on, mbedTLS asks the platform itself, through PSA. */
static inline void tls_use_random(mbedtls_ssl_config* config, int (*random)(void*, unsigned char*, size_t)) {
#if MBEDTLS_VERSION_NUMBER < 0x04000000
	mbedtls_ssl_conf_rng(config, random, NULL);
#endif
}

/* Has mbedTLS tell of tickets that TLS 1.3 sends behind the handshake, which 3.6 drops otherwise. */
static inline void tls_ask_for_tickets(mbedtls_ssl_config* config) {
#if defined(MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED) && defined(MBEDTLS_SSL_SESSION_TICKETS)
	mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
}

static inline bool tls_is_ticket(int result) {
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && defined(MBEDTLS_SSL_SESSION_TICKETS)
	return result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
#else
	return false;
#endif
}

static inline bool tls_is_tls13(const mbedtls_ssl_context* ssl) {
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
	return mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_3;
#else
	return false;
#endif
}

/* Whether an error says that the server wants a version that we do not have, or a lower one. */
static inline bool tls_is_version_error(int result) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
	return result == MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION;
#else
	return result == MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION;
#endif
}

#endif
