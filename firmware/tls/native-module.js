/* What Moddable's builds have of native.ts: functions in C by XS's own syntax, which only its compiler knows. */

function tlsCreate(serverName, authorities, protocols, now, isClockSet, session) @ "xs_tls_create";
function tlsClose(engine) @ "xs_tls_close";
function tlsState(engine) @ "xs_tls_state";
function tlsFailure(engine) @ "xs_tls_failure";
function tlsFeed(engine, bytes) @ "xs_tls_feed";
function tlsReadable(engine) @ "xs_tls_readable";
function tlsRead(engine, buffer) @ "xs_tls_read";
function tlsWritable(engine) @ "xs_tls_writable";
function tlsWrite(engine, bytes) @ "xs_tls_write";
function tlsEnd(engine) @ "xs_tls_end";
function tlsPull(engine, limit) @ "xs_tls_pull";
function tlsIsResumed(engine) @ "xs_tls_is_resumed";
function tlsSaveSession(engine) @ "xs_tls_save_session";
function tlsCertificateHash(engine) @ "xs_tls_certificate_hash";
function tlsExport(engine, label, size) @ "xs_tls_export";
function digest(hash, data) @ "xs_digest";
function hmac(hash, key, data) @ "xs_hmac";
function pbkdf2Begin(hash, password, salt, iterations) @ "xs_pbkdf2_begin";
function pbkdf2Run(pbkdf2, iterations) @ "xs_pbkdf2_run";

export const native = Object.freeze({
	tlsCreate, tlsClose, tlsState, tlsFailure, tlsFeed, tlsReadable, tlsRead, tlsWritable, tlsWrite, tlsEnd, tlsPull,
	tlsIsResumed, tlsSaveSession, tlsCertificateHash, tlsExport, digest, hmac, pbkdf2Begin, pbkdf2Run,
});
