import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { PeerCertificate } from "node:tls";
import { domainToASCII } from "node:url";
import { TransportError } from "../../firmware/xmpp/errors.js";

/** What may stand in a domain name, before and after its labels are made ASCII (RFC 5890 2.3.2.1). */
const UNICODE_NAME = /^[\w.\u{80}-\u{10ffff}-]+$/u;
const ASCII_NAME = /^[\w-]+(\.[\w-]+)*$/;

/**
 * The name as it stands in certificates and in SNI: an IP address, or a domain name in ASCII.
 * @throws TypeError when it is neither
 */
export function readServerName(serverName: string): string {
  if (isIP(serverName)) {
    return serverName;
  }
  const name = UNICODE_NAME.test(serverName) ? domainToASCII(serverName) : "";
  // It takes "127.1" for an address, and OpenSSL takes ".example.org" for every name below.
  if (typeof serverName !== "string" || !ASCII_NAME.test(name) || isIP(name)) {
    throw new TypeError(`secure.serverName: "${serverName}" is not a domain name or IP address`);
  }
  return name;
}

/**
 * Whether a certificate is for `name`, in place of Node's own check, which falls back on the subject's
 * common name. Only subject alternative names count, and a wildcard only as the whole left-most label
 * (RFC 9525 2 and 6.3; RFC 6120 13.7.2).
 * @returns what is wrong, or `undefined` when it is
 */
export function checkIdentity(
  name: string,
  { raw }: Pick<PeerCertificate, "raw">,
): TransportError | undefined {
  const certificate = new X509Certificate(raw);
  const match = isIP(name)
    ? certificate.checkIP(name)
    : certificate.checkHost(name, { subject: "never", partialWildcards: false });
  if (match !== undefined) {
    return undefined;
  }
  const names = certificate.subjectAltName?.replaceAll("DNS:", "").replaceAll("IP Address:", "");
  return new TransportError(
    "certificate-invalid",
    names === undefined
      ? `the server's certificate has no subject alternative name, so it is not for ${name}`
      : `the server's certificate is for ${names}, not for ${name}`,
    "later",
  );
}
