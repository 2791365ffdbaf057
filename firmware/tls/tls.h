/*
 * A TLS client that does no I/O. What the network brings is fed to it, what is for the network is pulled out of
 * it, and between the two are the application's bytes. Over mbedTLS; TLS 1.2, and 1.3 where mbedTLS has it.
 *
 * The server's certificate is always verified, for the name given. Nothing turns that off.
 */
#ifndef PIPIT_TLS_H
#define PIPIT_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "failure.h"

struct tls;

enum tls_state {
	TLS_HANDSHAKE,
	TLS_OPEN,
	TLS_ENDED, /* the server has said that it sends nothing more (close_notify) */
	TLS_FAILED, /* tls_failure says why; what can be pulled is an alert that tells the server */
};

struct tls_settings {
	const char* server_name; /* a domain name in ASCII, or an IP address */
	struct bytes authorities; /* those to trust: PEM text, with its NUL, or one certificate in DER */
	const char* protocols; /* for ALPN: names that each end in a NUL, and an empty one. NULL: none */
	int64_t now; /* seconds since the epoch; when the clock was never set, a time that surely has passed */
	bool is_clock_set;
	struct bytes session; /* what tls_save_session gave, to go on with it; or nothing */
};

/*
 * The settings are copied. When they cannot be used, it has failed at once, with the condition of a ConfigError.
 * NULL: there is no memory.
 */
struct tls* tls_create(const struct tls_settings* settings);

/* Wipes and frees everything. NULL is ignored. */
void tls_destroy(struct tls* tls);

enum tls_state tls_state(const struct tls* tls);
const struct failure* tls_failure(const struct tls* tls);

/*
 * Takes in bytes from the network, and does what they call for. Returns how many of them it took: fewer than
 * all when the application has to read first, or the network to take what waits for it.
 */
size_t tls_feed(struct tls* tls, const void* bytes, size_t size);

/* How many bytes wait for the application, and a way to take them. */
size_t tls_readable(const struct tls* tls);
size_t tls_read(struct tls* tls, void* buffer, size_t size);

/* How many bytes the application may write now; 0 unless the connection is open. */
size_t tls_writable(const struct tls* tls);

/* Takes a copy of at most tls_writable() bytes. False: there is no memory, and the connection has failed. */
bool tls_write(struct tls* tls, const void* bytes, size_t size);

/* Says that we send nothing more (close_notify), behind what was written. */
void tls_end(struct tls* tls);

/*
 * How many bytes wait for the network, and a way to take them. What was written becomes a record only when nothing
 * waits before it, so that small writes behind a slow network become one.
 */
size_t tls_output(struct tls* tls);
size_t tls_pull(struct tls* tls, void* buffer, size_t size);

/* Whether the handshake took up a session that was saved, for which no certificate is sent or verified. */
bool tls_is_resumed(const struct tls* tls);

/*
 * A session that the next connection to the same server can begin with, its secrets included. Each is given
 * once, and none when the server offers none. Returns its size; 0: there is none, or it does not fit.
 */
size_t tls_save_session(struct tls* tls, void* buffer, size_t size);

/*
 * The hash of the server's certificate, for channel binding by tls-server-end-point (RFC 5929 4). Returns its
 * size, at most TLS_MAX_HASH_SIZE; 0: the handshake is not done.
 */
#define TLS_MAX_HASH_SIZE 64
size_t tls_certificate_hash(const struct tls* tls, uint8_t* hash);

/*
 * Fills `key` with keying material (RFC 8446 7.5), for channel binding by tls-exporter (RFC 9266). False: it is not
 * to be had, with TLS 1.2 for one, where it may be the same for two connections.
 */
bool tls_export(struct tls* tls, const char* label, uint8_t* key, size_t size);

/*
 * What the platform brings: bytes that nobody can predict. 0, or an error of mbedTLS.
 * `context` is NULL.
 */
int tls_random(void* context, unsigned char* bytes, size_t size);

#endif
