import { isIP } from "node:net";
import * as tls from "node:tls";
import type { SecureOptions, TLSOptions } from "../../firmware/io.js";
import { TransportError } from "../../firmware/xmpp/errors.js";
import { certificateFailure, type SocketError, tlsFailure } from "./failures.js";
import { checkIdentity, readServerName } from "./identity.js";
import { NodeSocket } from "./socket.js";
import { TCP } from "./tcp.js";
import { secureContext } from "./trust.js";

/**
 * TLS 1.2 and 1.3 over `node:tls`. The server's certificate is always verified, for `secure.serverName`;
 * nothing turns that off, `NODE_TLS_REJECT_UNAUTHORIZED` included. Dates are checked against the clock of
 * this machine, whatever the device thinks the time is.
 */
export class TLSSocket extends NodeSocket {
  /**
   * @throws TypeError, RangeError, Error as {@link TCP}'s constructor does, and for bad names in `secure`
   * @throws ConfigError `bad-certificate` when `secure.certificate` cannot be read
   */
  constructor(options: TLSOptions) {
    super(options);
    const settings = readSettings(options.secure);
    const { TCP: transport, secure, onReadable, onWritable, onError, ...source } = options;
    const plain = new transport.io(source);
    if (!(plain instanceof TCP)) {
      plain.close();
      throw new TypeError("TCP.io must be this host's TCP, or extend it");
    }
    this.layOver(plain, (socket) => tls.connect({ ...settings, socket }));
  }

  protected override explain(error: SocketError, socket: tls.TLSSocket): TransportError {
    if (error instanceof TransportError) {
      return error;
    }
    return socket.authorizationError ? certificateFailure(error) : tlsFailure(error);
  }
}

/** What `secure` asks for, in the terms of `tls.connect`. */
function readSettings({
  serverName,
  certificate,
  applicationLayerProtocolNegotiation: protocols = [],
}: SecureOptions): tls.ConnectionOptions {
  const name = readServerName(serverName);
  if (!protocols.every((protocol) => protocol.length > 0 && protocol.length < 256)) {
    throw new RangeError("the names of application protocols (ALPN) have 1 to 255 bytes");
  }
  return {
    secureContext: secureContext(certificate),
    rejectUnauthorized: true,
    checkServerIdentity: checkIdentity,
    // SNI carries no addresses (RFC 6066 3); as `host`, the name only reaches `checkIdentity`.
    ...(isIP(name) ? { host: name } : { servername: name }),
    ...(protocols.length > 0 && { ALPNProtocols: [...protocols] }),
  };
}
