/** What went wrong on a connection, from Node's error codes to words. */

import { TransportError } from "../../firmware/xmpp/errors.js";

/** The fields that Node puts on errors of sockets. */
export interface SocketError extends Error {
  code?: string;
  address?: string;
  port?: number;
}

const UNREACHABLE = new Set([
  "EACCES",
  "EADDRNOTAVAIL",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EMFILE",
  "ENETDOWN",
  "ENETUNREACH",
  "ENFILE",
  "EPERM",
]);

/** The peer ended the connection in good order. */
export function closedByPeer(): TransportError {
  return new TransportError("connection-closed", "the peer closed the connection");
}

/** An error of TCP itself: before or after the connection stood. */
export function connectionFailure(error: SocketError): TransportError {
  const code = error.code ?? "";
  if (code === "ECONNREFUSED") {
    return new TransportError(
      "connection-refused",
      `nothing accepts connections at ${error.address} port ${error.port}`,
    );
  }
  if (UNREACHABLE.has(code) || (code === "ETIMEDOUT" && error.address !== undefined)) {
    return new TransportError("unreachable", error.message);
  }
  return new TransportError("connection-lost", error.message);
}

/** Codes of OpenSSL's verification, as Node spells them, that are worth a sentence of their own. */
const CERTIFICATE_PROBLEMS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the server's certificate, or one that it rests on, has expired",
  CERT_NOT_YET_VALID:
    "the server's certificate, or one that it rests on, is not valid yet; is this machine's clock right?",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "the server's certificate is self-signed, and it is not among the trusted ones",
  SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate rests on an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT: "the server's certificate rests on an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the server's certificate rests on an authority that is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the server's certificate rests on an authority that is not trusted, or the server does not send the certificates between",
};

/** A certificate that does not prove what it should. Trying again soon brings the same one. */
export function certificateFailure(error: SocketError): TransportError {
  const code = error.code ?? "";
  const text = CERTIFICATE_PROBLEMS[code] ?? `the server's certificate: ${error.message}`;
  return new TransportError("certificate-invalid", text, "later");
}

/** Codes of OpenSSL's handshake that a setting or a port number explains. */
const HANDSHAKE_PROBLEMS: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: "the server does not speak TLS on this port",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "the server speaks neither TLS 1.2 nor 1.3",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "the server speaks neither TLS 1.2 nor 1.3",
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
    "the server accepts none of the offered application protocols (ALPN)",
};

/** An error of TLS, or of the TCP below it. */
export function tlsFailure(error: SocketError): TransportError {
  const code = error.code ?? "";
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_") || code === "EPROTO") {
    return new TransportError("tls-failure", HANDSHAKE_PROBLEMS[code] ?? error.message);
  }
  return connectionFailure(error);
}
