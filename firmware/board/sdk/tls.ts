/** The TLS of `tls/` on an ESP32: its C, as the linker finds it, and whom to trust. */

import type { Timer, TLSConstructor, TLSOptions } from "../../io.js";
import type { NativeCrypto, NativeTLS } from "../../tls/native.js";
import { SessionCache } from "../../tls/session-cache.js";
import { TLSSocket } from "../../tls/tls-socket.js";
import { AUTHORITIES } from "./authorities.js";

/**
 * The TLS socket of this board.
 * @param clockFloor a time that surely has passed, in milliseconds since the epoch
 */
export function tlsSocket(timer: Timer, clockFloor: number): TLSConstructor {
  const platform = {
    native: nativeTLS(),
    timer,
    clockFloor,
    authorities: AUTHORITIES,
    sessions: new SessionCache(),
  };
  return class extends TLSSocket {
    constructor(options: TLSOptions) {
      super(options, platform);
    }
  };
}

/** Each is its C function and nothing else, as in `native.ts`. */
function nativeTLS(): NativeTLS {
  return {
    tlsCreate(serverName, authorities, protocols, now, isClockSet, session) {
      return native("xs_tls_create").call(
        this,
        serverName,
        authorities,
        protocols,
        now,
        isClockSet,
        session,
      ) as ReturnType<NativeTLS["tlsCreate"]>;
    },
    tlsClose(engine) {
      return native("xs_tls_close").call(this, engine) as ReturnType<NativeTLS["tlsClose"]>;
    },
    tlsState(engine) {
      return native("xs_tls_state").call(this, engine) as ReturnType<NativeTLS["tlsState"]>;
    },
    tlsFailure(engine) {
      return native("xs_tls_failure").call(this, engine) as ReturnType<NativeTLS["tlsFailure"]>;
    },
    tlsFeed(engine, ...bytes) {
      return native("xs_tls_feed").call(this, engine, ...bytes) as ReturnType<NativeTLS["tlsFeed"]>;
    },
    tlsReadable(engine) {
      return native("xs_tls_readable").call(this, engine) as ReturnType<NativeTLS["tlsReadable"]>;
    },
    tlsRead(engine, buffer) {
      return native("xs_tls_read").call(this, engine, buffer) as ReturnType<NativeTLS["tlsRead"]>;
    },
    tlsWritable(engine) {
      return native("xs_tls_writable").call(this, engine) as ReturnType<NativeTLS["tlsWritable"]>;
    },
    tlsWrite(engine, bytes) {
      return native("xs_tls_write").call(this, engine, bytes) as ReturnType<NativeTLS["tlsWrite"]>;
    },
    tlsEnd(engine) {
      return native("xs_tls_end").call(this, engine) as ReturnType<NativeTLS["tlsEnd"]>;
    },
    tlsPull(engine, limit) {
      return native("xs_tls_pull").call(this, engine, limit) as ReturnType<NativeTLS["tlsPull"]>;
    },
    tlsIsResumed(engine) {
      return native("xs_tls_is_resumed").call(this, engine) as ReturnType<
        NativeTLS["tlsIsResumed"]
      >;
    },
    tlsSaveSession(engine) {
      return native("xs_tls_save_session").call(this, engine) as ReturnType<
        NativeTLS["tlsSaveSession"]
      >;
    },
    tlsCertificateHash(engine) {
      return native("xs_tls_certificate_hash").call(this, engine) as ReturnType<
        NativeTLS["tlsCertificateHash"]
      >;
    },
    tlsExport(engine, label, size) {
      return native("xs_tls_export").call(this, engine, label, size) as ReturnType<
        NativeTLS["tlsExport"]
      >;
    },
  };
}

export function nativeCrypto(): NativeCrypto {
  return {
    digest(hash, data) {
      return native("xs_digest").call(this, hash, data) as ReturnType<NativeCrypto["digest"]>;
    },
    hmac(hash, key, data) {
      return native("xs_hmac").call(this, hash, key, data) as ReturnType<NativeCrypto["hmac"]>;
    },
    pbkdf2Begin(hash, password, salt, iterations) {
      return native("xs_pbkdf2_begin").call(this, hash, password, salt, iterations) as ReturnType<
        NativeCrypto["pbkdf2Begin"]
      >;
    },
    pbkdf2Run(pbkdf2, iterations) {
      return native("xs_pbkdf2_run").call(this, pbkdf2, iterations) as ReturnType<
        NativeCrypto["pbkdf2Run"]
      >;
    },
  };
}
