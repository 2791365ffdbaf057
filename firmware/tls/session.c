#include "session.h"

#include <mbedtls/md.h>
#include <string.h>

#include "mbedtls-compat.h"

/* A saved session: the scope, the size of the certificate's hash in one byte, the hash, and mbedTLS's part. */

bool session_scope(const struct tls_settings* settings, uint8_t* scope) {
	mbedtls_md_context_t md;
	mbedtls_md_init(&md);
	bool done = mbedtls_md_setup(&md, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0) == 0 &&
				mbedtls_md_starts(&md) == 0 &&
				mbedtls_md_update(&md, (const uint8_t*)settings->server_name, strlen(settings->server_name) + 1) == 0 &&
				mbedtls_md_update(&md, settings->authorities.at, settings->authorities.size) == 0 &&
				mbedtls_md_finish(&md, scope) == 0;
	mbedtls_md_free(&md);
	return done;
}

size_t session_save(const mbedtls_ssl_context* ssl, const uint8_t* scope, struct bytes certificate_hash, uint8_t* buffer,
	size_t size) {
	size_t head = SESSION_SCOPE_SIZE + 1 + certificate_hash.size;
	if (certificate_hash.size == 0 || head > size) return 0;
	memcpy(buffer, scope, SESSION_SCOPE_SIZE);
	buffer[SESSION_SCOPE_SIZE] = (uint8_t)certificate_hash.size;
	memcpy(buffer + SESSION_SCOPE_SIZE + 1, certificate_hash.at, certificate_hash.size);

	mbedtls_ssl_session session;
	mbedtls_ssl_session_init(&session);
	size_t rest = 0;
	bool saved = mbedtls_ssl_get_session(ssl, &session) == 0 && TLS_HAS_TICKET_OR_ID(&session) &&
				 mbedtls_ssl_session_save(&session, buffer + head, size - head, &rest) == 0;
	mbedtls_ssl_session_free(&session);
	return saved ? head + rest : 0;
}

struct bytes session_restore(mbedtls_ssl_context* ssl, const uint8_t* scope, struct bytes saved) {
	const struct bytes nothing = {0};
	if (saved.size <= SESSION_SCOPE_SIZE || memcmp(saved.at, scope, SESSION_SCOPE_SIZE) != 0) return nothing;
	struct bytes hash = {saved.at + SESSION_SCOPE_SIZE + 1, saved.at[SESSION_SCOPE_SIZE]};
	size_t head = SESSION_SCOPE_SIZE + 1 + hash.size;
	if (hash.size > TLS_MAX_HASH_SIZE || saved.size <= head) return nothing;

	mbedtls_ssl_session session;
	mbedtls_ssl_session_init(&session);
	bool restored = mbedtls_ssl_session_load(&session, saved.at + head, saved.size - head) == 0 &&
					mbedtls_ssl_set_session(ssl, &session) == 0;
	mbedtls_ssl_session_free(&session);
	return restored ? hash : nothing;
}
