#include "tls.h"

#include <mbedtls/error.h>
#include <string.h>

#include "mbedtls-compat.h"
#include "queue.h"
#include "session.h"
#include "verify.h"

#define MAX_PROTOCOLS 4

struct tls {
	mbedtls_ssl_config config;
	mbedtls_ssl_context ssl;
	mbedtls_x509_crt authorities;
	struct verifier verifier;
	const char* protocols[MAX_PROTOCOLS + 1]; /* into protocol_names; mbedTLS wants a list that lasts */
	char* protocol_names;
	uint8_t scope[SESSION_SCOPE_SIZE];
	enum tls_state state;
	struct failure failure;
	bool is_resumed;
	bool is_session_due; /* whether there is a session that was not saved yet */
	struct bytes input; /* what tls_feed was given and mbedTLS has not taken yet */
	struct queue cipher; /* records for the network */
	struct queue written; /* and no record yet */
	struct queue received; /* of records before the one that mbedTLS holds */
};

/*
 * What may wait for the network before nothing more is taken in. Else a server that takes nothing could have answers
 * pile up: refused renegotiations, updates of keys.
 */
#define OUTPUT_LIMIT (2 * MBEDTLS_SSL_OUT_CONTENT_LEN)

/* What may wait for the application, beside one record, before nothing more is taken in. */
#define RECEIVED_LIMIT 2048

/* Forward secrecy and authenticated encryption only (RFC 9325 4.2). mbedTLS skips those it was built without. */
static const int CIPHERSUITES[] = {
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
	MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
	MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
	MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
#endif
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	0,
};

/* Where mbedTLS takes its input from, and puts its output. */

static int receive(void* context, unsigned char* buffer, size_t size) {
	struct tls* tls = context;
	if (tls->input.size == 0 || tls->cipher.size > OUTPUT_LIMIT) return MBEDTLS_ERR_SSL_WANT_READ;
	size_t count = size < tls->input.size ? size : tls->input.size;
	memcpy(buffer, tls->input.at, count);
	tls->input.at += count;
	tls->input.size -= count;
	return (int)count;
}

static int send(void* context, const unsigned char* bytes, size_t size) {
	struct tls* tls = context;
	return queue_push(&tls->cipher, bytes, size) ? (int)size : MBEDTLS_ERR_SSL_ALLOC_FAILED;
}

/* Failures */

static const char* alert_text(int alert) {
	switch (alert) {
	case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
		return "the server shares no cipher or curve with us";
	case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION:
		return "the server does not speak a version of TLS that we do";
	case MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME:
		return "the server does not know the name that we ask for";
	case MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL:
		return "the server accepts none of the offered application protocols (ALPN)";
	default:
		return "the server broke TLS off";
	}
}

static const char* error_text(int error) {
	if (tls_is_version_error(error)) return "the server does not speak a version of TLS that we do";
	if (-error >= 0x2000 && -error < 0x3000) return "the server's certificate cannot be read"; /* of mbedTLS's X.509 */
	switch (error) {
	case MBEDTLS_ERR_SSL_INVALID_RECORD:
		return "the server does not speak TLS on this port, or what it sent was damaged on the way";
	case MBEDTLS_ERR_SSL_INVALID_MAC:
		return "what the server sent was damaged or forged on the way";
	case MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE:
		return "the server sent something that this build of mbedTLS cannot read";
	default:
		return "the server does not keep to the protocol";
	}
}

static bool is_out_of_memory(int error) {
	return error == MBEDTLS_ERR_SSL_ALLOC_FAILED || error == MBEDTLS_ERR_X509_ALLOC_FAILED;
}

static void fail(struct tls* tls, int error) {
	tls->state = TLS_FAILED;
	/* Not every certificate that is refused has an error that says so. */
	uint32_t flags = tls->verifier.is_done ? mbedtls_ssl_get_verify_result(&tls->ssl) : 0;
	if (error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || (flags != 0 && flags != UINT32_MAX)) {
		verifier_explain(&tls->verifier, flags);
		tls->failure = tls->verifier.failure;
	} else if (is_out_of_memory(error)) {
		failure_set(&tls->failure, "tls-failure", "there is not enough memory for TLS");
	} else if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
		int alert = TLS_ALERT(&tls->ssl);
		failure_set(&tls->failure, "tls-failure", "%s (alert %d)", alert_text(alert), alert);
	} else {
		failure_set(&tls->failure, "tls-failure", "%s (mbedTLS: -0x%04x)", error_text(error), (unsigned)-error);
	}
}

/* Set-up */

#define refuse(tls, ...) ((tls)->state = TLS_FAILED, failure_set(&(tls)->failure, __VA_ARGS__))

static bool read_protocols(struct tls* tls, const char* names) {
	if (names == NULL) return true;
	size_t size = 0;
	size_t count = 0;
	for (; names[size] != '\0'; count++) size += strlen(names + size) + 1;
	if (count > MAX_PROTOCOLS) {
		refuse(tls, "bad-protocol", "at most %d application protocols (ALPN) can be offered", MAX_PROTOCOLS);
		return false;
	}
	tls->protocol_names = mbedtls_calloc(1, size + 1);
	if (tls->protocol_names == NULL) {
		fail(tls, MBEDTLS_ERR_SSL_ALLOC_FAILED);
		return false;
	}
	memcpy(tls->protocol_names, names, size);
	const char* at = tls->protocol_names;
	for (size_t i = 0; i < count; at += strlen(at) + 1) tls->protocols[i++] = at;
	return true;
}

static bool read_authorities(struct tls* tls, struct bytes authorities) {
	int result = mbedtls_x509_crt_parse(&tls->authorities, authorities.at, authorities.size);
	if (result == 0) return true;
	if (is_out_of_memory(result)) fail(tls, result);
	else if (result > 0) refuse(tls, "bad-certificate", "certificates to trust that cannot be read: %d", result);
	else
		refuse(tls, "bad-certificate",
			"what to trust is neither PEM (-----BEGIN CERTIFICATE----- ...) nor a certificate in DER (mbedTLS: -0x%04x)",
			(unsigned)-result);
	return false;
}

static int set_up(struct tls* tls, struct bytes session) {
	mbedtls_ssl_config* config = &tls->config;
	int result = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
		MBEDTLS_SSL_PRESET_DEFAULT);
	if (result != 0) return result;
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_chain(config, &tls->authorities, NULL);
	mbedtls_ssl_conf_cert_profile(config, &mbedtls_x509_crt_profile_next); /* 112 bits of security, RFC 9325 4.5 */
	mbedtls_ssl_conf_ciphersuites(config, CIPHERSUITES);
	tls_require_tls12(config);
	tls_use_random(config, tls_random);
	tls_ask_for_tickets(config);
	verifier_attach(&tls->verifier, config);
	if (tls->protocols[0] != NULL && (result = mbedtls_ssl_conf_alpn_protocols(config, tls->protocols)) != 0) return result;

	if ((result = mbedtls_ssl_setup(&tls->ssl, config)) != 0) return result;
	/* SNI carries no addresses (RFC 6066 3). */
	const char* name = tls->verifier.identity.address_size == 0 ? tls->verifier.identity.name : NULL;
	if ((result = mbedtls_ssl_set_hostname(&tls->ssl, name)) != 0) return result;
	mbedtls_ssl_set_bio(&tls->ssl, tls, send, receive, NULL);
	struct bytes hash = session_restore(&tls->ssl, tls->scope, session);
	if (hash.size > 0) memcpy(tls->verifier.hash, hash.at, hash.size);
	tls->verifier.hash_size = hash.size;
	return 0;
}

struct tls* tls_create(const struct tls_settings* settings) {
	struct tls* tls = mbedtls_calloc(1, sizeof *tls);
	if (tls == NULL) return NULL;
	mbedtls_ssl_config_init(&tls->config);
	mbedtls_ssl_init(&tls->ssl);
	mbedtls_x509_crt_init(&tls->authorities);
	tls->verifier.now = settings->now;
	tls->verifier.is_clock_set = settings->is_clock_set;
	if (!identity_read(&tls->verifier.identity, settings->server_name)) {
		refuse(tls, "bad-server-name", "\"%.100s\" is no domain name in ASCII, and no IP address", settings->server_name);
	} else if (!tls_start_mbedtls() || !session_scope(settings, tls->scope)) {
		fail(tls, MBEDTLS_ERR_SSL_ALLOC_FAILED);
	} else if (read_protocols(tls, settings->protocols) && read_authorities(tls, settings->authorities)) {
		int result = set_up(tls, settings->session);
		if (result != 0) fail(tls, result);
	}
	return tls;
}

void tls_destroy(struct tls* tls) {
	if (tls == NULL) return;
	mbedtls_ssl_free(&tls->ssl);
	mbedtls_ssl_config_free(&tls->config);
	mbedtls_x509_crt_free(&tls->authorities);
	mbedtls_free(tls->protocol_names);
	queue_drop(&tls->cipher, tls->cipher.size);
	queue_drop(&tls->written, tls->written.size);
	queue_drop(&tls->received, tls->received.size);
	mbedtls_free(tls);
}

/* The connection */

enum tls_state tls_state(const struct tls* tls) {
	return tls->state;
}

const struct failure* tls_failure(const struct tls* tls) {
	return &tls->failure;
}

bool tls_is_resumed(const struct tls* tls) {
	return tls->is_resumed;
}

/* Goes on with the handshake. Returns whether it is done. */
static bool shake_hands(struct tls* tls) {
	int result = mbedtls_ssl_handshake(&tls->ssl);
	if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE) return false;
	bool is_resumed = !tls->verifier.is_done;
	/* A session taken up again is one that was verified; whatever mbedTLS thinks, there is no other way in. */
	if (result == 0 && is_resumed && tls->verifier.hash_size == 0) result = MBEDTLS_ERR_X509_CERT_VERIFY_FAILED;
	if (result != 0) {
		fail(tls, result);
		return false;
	}
	tls->is_resumed = is_resumed;
	tls->state = TLS_OPEN;
	tls->is_session_due = !tls_is_tls13(&tls->ssl);
	return true;
}

/* What waits in the record that mbedTLS holds. */
static size_t unread(const struct tls* tls) {
	return mbedtls_ssl_get_bytes_avail(&tls->ssl);
}

/* Puts aside what waits in a record, for the next to be received. Returns whether the next may be. */
static bool make_room(struct tls* tls) {
	size_t size = unread(tls);
	if (size == 0) return true;
	if (size + tls->received.size > RECEIVED_LIMIT) return false;
	uint8_t* room = queue_extend(&tls->received, size);
	if (room == NULL) fail(tls, MBEDTLS_ERR_SSL_ALLOC_FAILED);
	else mbedtls_ssl_read(&tls->ssl, room, size);
	return room != NULL;
}

/*
 * Deals with one record; nothing of it is read yet, for that is of no bytes at all. Returns whether mbedTLS may have
 * more to do without more input, as with a ticket, which takes two turns.
 */
static bool receive_record(struct tls* tls) {
	unsigned char nothing[1];
	int result = mbedtls_ssl_read(&tls->ssl, nothing, 0);
	if (tls_is_ticket(result)) return tls->is_session_due = true;
	if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) tls->state = TLS_ENDED;
	else if (result < 0 && result != MBEDTLS_ERR_SSL_WANT_READ && result != MBEDTLS_ERR_SSL_WANT_WRITE) fail(tls, result);
	return false;
}

size_t tls_feed(struct tls* tls, const void* bytes, size_t size) {
	tls->input = (struct bytes){bytes, size};
	size_t before;
	bool has_more;
	do {
		before = tls->input.size;
		has_more = false;
		if (tls->state == TLS_HANDSHAKE && !shake_hands(tls)) continue;
		if (tls->state == TLS_OPEN && make_room(tls)) has_more = receive_record(tls);
	} while (has_more || (tls->input.size > 0 && tls->input.size < before));
	size_t rest = tls->input.size;
	tls->input = (struct bytes){0};
	return size - rest;
}

size_t tls_readable(const struct tls* tls) {
	return tls->received.size + unread(tls);
}

size_t tls_read(struct tls* tls, void* buffer, size_t size) {
	size_t first = size < tls->received.size ? size : tls->received.size;
	if (first > 0) {
		memcpy(buffer, queue_bytes(&tls->received), first);
		queue_drop(&tls->received, first);
	}
	size_t rest = size - first;
	if (rest > unread(tls)) rest = unread(tls);
	if (rest > 0) mbedtls_ssl_read(&tls->ssl, (uint8_t*)buffer + first, rest);
	return first + rest;
}

size_t tls_writable(const struct tls* tls) {
	if (tls->state != TLS_OPEN) return 0;
	int room = mbedtls_ssl_get_max_out_record_payload(&tls->ssl);
	return room > 0 && (size_t)room > tls->written.size ? (size_t)room - tls->written.size : 0;
}

bool tls_write(struct tls* tls, const void* bytes, size_t size) {
	if (queue_push(&tls->written, bytes, size)) return true;
	fail(tls, MBEDTLS_ERR_SSL_ALLOC_FAILED);
	return false;
}

/* Makes a record of what was written. */
static void make_record(struct tls* tls) {
	int result = mbedtls_ssl_write(&tls->ssl, queue_bytes(&tls->written), tls->written.size);
	if (result > 0) queue_drop(&tls->written, (size_t)result);
	else fail(tls, result);
}

void tls_end(struct tls* tls) {
	if (tls->state != TLS_OPEN && tls->state != TLS_ENDED) return;
	while (tls->state == TLS_OPEN && tls->written.size > 0) make_record(tls);
	int result = mbedtls_ssl_close_notify(&tls->ssl);
	if (result != 0) fail(tls, result);
}

size_t tls_output(struct tls* tls) {
	if (tls->cipher.size == 0 && tls->written.size > 0 && tls->state == TLS_OPEN) make_record(tls);
	return tls->cipher.size;
}

size_t tls_pull(struct tls* tls, void* buffer, size_t size) {
	size_t available = tls_output(tls);
	if (size > available) size = available;
	if (size > 0) {
		memcpy(buffer, queue_bytes(&tls->cipher), size);
		queue_drop(&tls->cipher, size);
	}
	return size;
}

size_t tls_save_session(struct tls* tls, void* buffer, size_t size) {
	if (!tls->is_session_due) return 0;
	tls->is_session_due = false;
	return session_save(&tls->ssl, tls->scope, (struct bytes){tls->verifier.hash, tls->verifier.hash_size}, buffer, size);
}

size_t tls_certificate_hash(const struct tls* tls, uint8_t* hash) {
	if (tls->state == TLS_HANDSHAKE || tls->state == TLS_FAILED) return 0;
	memcpy(hash, tls->verifier.hash, tls->verifier.hash_size);
	return tls->verifier.hash_size;
}

bool tls_export(struct tls* tls, const char* label, uint8_t* key, size_t size) {
#if defined(MBEDTLS_SSL_KEYING_MATERIAL_EXPORT)
	return tls->state == TLS_OPEN && tls_is_tls13(&tls->ssl) &&
		   mbedtls_ssl_export_keying_material(&tls->ssl, key, size, label, strlen(label), NULL, 0, 1) == 0;
#else
	return false;
#endif
}
