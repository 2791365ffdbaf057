/* What the modules of this folder get from C. native.ts says what each takes and returns. */
#ifndef PIPIT_XS_TLS_H
#define PIPIT_XS_TLS_H

#include "xs.h"

void xs_tls_create(xsMachine* the);
void xs_tls_close(xsMachine* the);
void xs_tls_state(xsMachine* the);
void xs_tls_failure(xsMachine* the);
void xs_tls_feed(xsMachine* the);
void xs_tls_readable(xsMachine* the);
void xs_tls_read(xsMachine* the);
void xs_tls_writable(xsMachine* the);
void xs_tls_write(xsMachine* the);
void xs_tls_end(xsMachine* the);
void xs_tls_pull(xsMachine* the);
void xs_tls_is_resumed(xsMachine* the);
void xs_tls_save_session(xsMachine* the);
void xs_tls_certificate_hash(xsMachine* the);
void xs_tls_export(xsMachine* the);

void xs_digest(xsMachine* the);
void xs_hmac(xsMachine* the);
void xs_pbkdf2_begin(xsMachine* the);
void xs_pbkdf2_run(xsMachine* the);

#endif
