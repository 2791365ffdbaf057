import { X509Certificate } from "node:crypto";
import * as tls from "node:tls";
import { ConfigError } from "../../firmware/xmpp/errors.js";

/**
 * One context for each set of trusted authorities, for as long as the process lives: OpenSSL's copy of
 * the system's authorities alone takes more memory than a whole device.
 */
const contexts = new Map<string, tls.SecureContext>();

/**
 * The TLS settings that trust these authorities, or those that Node comes with. TLS 1.2 is the least
 * (RFC 9325 3.1.1), and so are 112 bits of security (4.5), which `SECLEVEL=2` stands for.
 * @throws ConfigError `bad-certificate` as `readCertificates` does
 */
export function secureContext(certificate?: string | Uint8Array): tls.SecureContext {
  const key =
    typeof certificate === "object" ? Buffer.from(certificate).toString("hex") : certificate;
  let context = contexts.get(key ?? "");
  if (context === undefined) {
    context = tls.createSecureContext({
      minVersion: "TLSv1.2",
      ciphers: `${tls.DEFAULT_CIPHERS}:@SECLEVEL=2`,
      ...(certificate !== undefined && { ca: readCertificates(certificate) }),
    });
    contexts.set(key ?? "", context);
  }
  return context;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * The certificates in a PEM text, or the one that is given as DER, each as PEM.
 * @throws ConfigError `bad-certificate` when there is none, or one cannot be read
 */
export function readCertificates(source: string | Uint8Array): string[] {
  const encoded = typeof source === "string" ? source.match(PEM_CERTIFICATE) : [source];
  if (encoded === null) {
    throw new ConfigError(
      "bad-certificate",
      "there is no PEM certificate (-----BEGIN CERTIFICATE----- …)",
    );
  }
  return encoded.map((certificate, index) => {
    try {
      return new X509Certificate(certificate).toString();
    } catch (error) {
      const reason = (error as Error).message;
      throw new ConfigError("bad-certificate", `certificate ${index + 1} is damaged: ${reason}`);
    }
  });
}
