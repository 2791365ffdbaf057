#include "native-tls.h"

#include "system.h"
#include "tls.h"
#include "xs-tls.h"

const struct native tls_natives[] = {
	{"tlsCreate", xs_tls_create, 6},
	{"tlsClose", xs_tls_close, 1},
	{"tlsState", xs_tls_state, 1},
	{"tlsFailure", xs_tls_failure, 1},
	{"tlsFeed", xs_tls_feed, 2},
	{"tlsReadable", xs_tls_readable, 1},
	{"tlsRead", xs_tls_read, 2},
	{"tlsWritable", xs_tls_writable, 1},
	{"tlsWrite", xs_tls_write, 2},
	{"tlsEnd", xs_tls_end, 1},
	{"tlsPull", xs_tls_pull, 2},
	{"tlsIsResumed", xs_tls_is_resumed, 1},
	{"tlsSaveSession", xs_tls_save_session, 1},
	{"tlsCertificateHash", xs_tls_certificate_hash, 1},
	{"tlsExport", xs_tls_export, 3},
	{"digest", xs_digest, 2},
	{"hmac", xs_hmac, 3},
	{"pbkdf2Begin", xs_pbkdf2_begin, 4},
	{"pbkdf2Run", xs_pbkdf2_run, 2},
	{0},
};

int tls_random(void* context, unsigned char* bytes, size_t size) {
	return system_random(bytes, size) ? 0 : -1;
}
